"""`webkiln cancel`: end a batch or a crawl."""

from __future__ import annotations

from typing import Annotated

import typer

from webkiln.cli import options  # noqa: TC001 (typer reads the annotations)
from webkiln.cli.output import DONE, finish, print_result
from webkiln.cli.reach import Target, reach


def cancel(
    job_id: Annotated[str, typer.Argument(help="Id of the batch or crawl.", metavar="ID")],
    *,
    api_url: options.ApiUrl = None,
    api_key: options.ApiKey = None,
) -> None:
    """Cancel a batch or a crawl; what is done by then stays readable.

    Exit codes: 0 cancelled, 1 no such job or completed already, 3 no server or no valid key.
    """
    finish(cancel_job(job_id, Target(api_url, api_key)))


async def cancel_job(job_id: str, target: Target) -> int:
    """Cancel a job on the server."""
    async with reach(target, None) as (client, _):
        await client.cancel(await client.find(job_id))
    print_result("cancelled\n")
    return DONE
