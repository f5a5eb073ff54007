"""`webkiln follow`: watch a batch or a crawl that runs already, as if this command had started it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from webkiln.cli import options  # noqa: TC001 (typer reads the annotations)
from webkiln.cli.client import CRAWL, Client, Job
from webkiln.cli.output import finish, sink_for
from webkiln.cli.progress import BatchProgress, CrawlProgress
from webkiln.cli.reach import Target, reach
from webkiln.cli.site_folder import site_sink
from webkiln.cli.watching import see_through

if TYPE_CHECKING:
    from webkiln.cli.progress import JobProgress


def follow(
    job_id: Annotated[str, typer.Argument(help="Id of the batch or crawl.", metavar="ID")],
    *,
    output: Annotated[
        str | None,
        typer.Option("--output", "-o", help="All documents, from the first on: results.jsonl, or a folder."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="In a folder, whole documents as JSON.")] = False,
    api_url: options.ApiUrl = None,
    api_key: options.ApiKey = None,
) -> None:
    """Watch a batch or a crawl to its end, and take its documents.

    Documents go to -o, or as JSON lines to a pipe. Exit codes: 0 all pages done, 1 some failed or no
    such job, 3 no server or no valid key, 4 cancelled, 130 left running.
    """
    keep = output is not None or not sys.stdout.isatty()
    finish(follow_job(job_id, Target(api_url, api_key), output, json=json, keep=keep))


async def follow_job(job_id: str, target: Target, output: str | None, *, json: bool, keep: bool) -> int:
    """Follow a job of the server's to its end or the reader's, and return the exit code."""
    async with reach(target, None) as (client, _):
        job = await client.find(job_id)
        sink = None
        if keep:
            sink = (site_sink if job.kind == CRAWL else sink_for)(output, json=json)
        try:
            return await see_through(client, job, sink, await _progress(client, job), own=False)
        finally:
            if sink is not None:
                sink.close()


async def _progress(client: Client, job: Job) -> JobProgress:
    """Return what shows the job from where it stands."""
    if job.kind == CRAWL:
        return CrawlProgress()
    page = await client.status(job, limit=1)
    return BatchProgress(page.total + len((await client.failures(job)).pages))
