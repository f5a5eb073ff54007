"""`webkiln status`: how a batch or a crawl stands, and its documents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from webkiln.cli import options  # noqa: TC001 (typer reads the annotations)
from webkiln.cli.client import CRAWL
from webkiln.cli.output import DONE, as_json, finish, note, print_result, sink_for
from webkiln.cli.reach import Target, reach
from webkiln.cli.site_folder import site_sink

if TYPE_CHECKING:
    from webkiln.cli.client import Client, Failures, Job


def status(
    job_id: Annotated[str, typer.Argument(help="Id of the batch or crawl.", metavar="ID")],
    *,
    json: Annotated[bool, typer.Option("--json", help="Print the status as JSON.")] = False,
    output: Annotated[
        str | None,
        typer.Option("--output", "-o", help="Fetch the documents so far: results.jsonl, or a folder."),
    ] = None,
    api_url: options.ApiUrl = None,
    api_key: options.ApiKey = None,
) -> None:
    """Show how a batch or a crawl stands; with -o, fetch what it has so far.

    Exit codes: 0 shown, 1 no such job, 3 no server or no valid key.
    """
    finish(show_status(job_id, Target(api_url, api_key), output, json=json))


async def show_status(job_id: str, target: Target, output: str | None, *, json: bool) -> int:
    """Print a job's status, after fetching its documents when `output` names a place."""
    async with reach(target, None) as (client, _):
        job = await client.find(job_id)
        page = await client.status(job, limit=1)
        failures = await client.failures(job)
        if output is not None:
            await fetch(client, job, output, failures)
    shown = {key: value for key, value in page.body.items() if key not in ("success", "data", "next")}
    shown["failed"] = len(failures.pages)
    if json:
        print_result(as_json({**shown, "errors": failures.errors, "robotsBlocked": failures.forbidden}))
    else:
        print_result(described(job, shown, failures))
    return DONE


async def fetch(client: Client, job: Job, output: str, failures: Failures) -> None:
    """Write the documents there are now; pages that finish meanwhile may or may not be among them."""
    sink = site_sink(output) if job.kind == CRAWL else sink_for(output)
    count = 0
    try:
        page = await client.status(job)
        sink.begin()
        while page.documents:
            for document in page.documents:
                sink.write(document)
            count += len(page.documents)
            if page.next is None:
                break
            page = await client.page(page.next)
        sink.failed(failures.errors)
    finally:
        sink.close()
    note(f"{count} documents in {sink.where}")


def described(job: Job, shown: dict[str, Any], failures: Failures) -> str:
    """Return the status as lines of name and value, failed pages last."""
    names = {
        "status": "Status",
        "completed": "Done",
        "failed": "Failed",
        "total": "Done or to come",
        "creditsUsed": "Credits",
        "createdAt": "Created",
        "completedAt": "Ended",
        "duration": "Seconds",
        "expiresAt": "Kept until",
        "warning": "Warning",
    }
    rows = [(job.kind.noun.capitalize(), job.id)]
    rows += [(title, str(shown[key])) for key, title in names.items() if key in shown]
    if shown.get("paused"):
        rows.insert(2, ("Paused", f"yes; `webkiln resume {job.id}` lets it go on"))
    lines = [f"{title + ':':<17}{value}" for title, value in rows]
    lines += [f"  {error.get('url')}: {error.get('error')}" for error in failures.errors]
    lines += [f"  {url}: robots.txt forbids it" for url in failures.forbidden]
    return "".join(line.replace("\n", " ") + "\n" for line in lines)
