"""`webkiln pause` and `webkiln resume`: hold a batch or a crawl back, and let it go on."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import typer

from webkiln.cli import options  # noqa: TC001 (typer reads the annotations)
from webkiln.cli.output import DONE, finish, print_result
from webkiln.cli.reach import Target, reach

JobId: TypeAlias = Annotated[str, typer.Argument(help="Id of the batch or crawl.", metavar="ID")]


def pause(job_id: JobId, *, api_url: options.ApiUrl = None, api_key: options.ApiKey = None) -> None:
    """Pause a batch or a crawl: pages in flight come to their end, no others begin.

    Exit codes: 0 paused, 1 no such job or ended already, 3 no server or no valid key.
    """
    finish(pause_job(job_id, Target(api_url, api_key), paused=True))


def resume(job_id: JobId, *, api_url: options.ApiUrl = None, api_key: options.ApiKey = None) -> None:
    """Let a paused batch or crawl go on.

    Exit codes: 0 it goes on, 1 no such job or ended already, 3 no server or no valid key.
    """
    finish(pause_job(job_id, Target(api_url, api_key), paused=False))


async def pause_job(job_id: str, target: Target, *, paused: bool) -> int:
    """Pause or resume a job on the server."""
    async with reach(target, None) as (client, _):
        await client.pause(await client.find(job_id), paused=paused)
    print_result("paused\n" if paused else "resumed\n")
    return DONE
