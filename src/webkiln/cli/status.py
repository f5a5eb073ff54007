"""`webkiln status`: how a batch stands, and its documents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from webkiln.cli import options  # noqa: TC001 (typer reads the annotations)
from webkiln.cli.client import Target, reach
from webkiln.cli.output import DONE, as_json, finish, note, print_result, sink_for

if TYPE_CHECKING:
    from webkiln.cli.client import Client


def status(
    job_id: Annotated[str, typer.Argument(help="Id of the batch.", metavar="ID")],
    *,
    json: Annotated[bool, typer.Option("--json", help="Print the status as JSON.")] = False,
    output: Annotated[
        str | None,
        typer.Option("--output", "-o", help="Fetch the documents so far: results.jsonl, or a folder."),
    ] = None,
    api_url: options.ApiUrl = None,
    api_key: options.ApiKey = None,
) -> None:
    """Show how a batch stands; with -o, fetch what it has so far.

    Exit codes: 0 shown, 1 no such batch, 3 no server or no valid key.
    """
    finish(show_status(job_id, Target(api_url, api_key), output, json=json))


async def show_status(job_id: str, target: Target, output: str | None, *, json: bool) -> int:
    """Print a batch's status, after fetching its documents when `output` names a place."""
    async with reach(target, None) as (client, _):
        page = await client.status(job_id, limit=1)
        errors = await client.errors(job_id)
        if output is not None:
            await fetch(client, job_id, output, errors)
    shown = {key: value for key, value in page.body.items() if key not in ("success", "data", "next")}
    shown["failed"] = len(errors)
    if json:
        print_result(as_json({**shown, "errors": errors}))
    else:
        print_result(described(job_id, shown, errors))
    return DONE


async def fetch(client: Client, job_id: str, output: str, errors: list[dict[str, Any]]) -> None:
    """Write the documents there are now; pages that finish meanwhile may or may not be among them."""
    sink = sink_for(output)
    count = 0
    try:
        page = await client.status(job_id)
        sink.begin()
        while page.documents:
            for document in page.documents:
                sink.write(document)
            count += len(page.documents)
            if page.next is None:
                break
            page = await client.page(page.next)
        sink.failed(errors)
    finally:
        sink.close()
    note(f"{count} documents in {sink.where}")


def described(job_id: str, shown: dict[str, Any], errors: list[dict[str, Any]]) -> str:
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
    rows = [("Batch", job_id), *((title, str(shown[key])) for key, title in names.items() if key in shown)]
    lines = [f"{title + ':':<17}{value}" for title, value in rows]
    lines += [f"  {error.get('url')}: {error.get('error')}" for error in errors]
    return "".join(line.replace("\n", " ") + "\n" for line in lines)
