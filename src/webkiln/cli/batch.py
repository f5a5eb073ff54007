"""`webkiln batch`: scrape many pages, watch it, and decide at Ctrl-C."""

from __future__ import annotations

import asyncio
import re
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from webkiln.cli import options
from webkiln.cli.client import (
    ApiError,
    Client,
    ClientError,
    LocalServer,
    Started,
    StatusPage,
    Target,
    in_process,
    reach,
)
from webkiln.cli.follow import follow
from webkiln.cli.interrupt import ask, interrupts
from webkiln.cli.output import CANCELLED, DONE, FAILED, INTERRUPTED, Sink, finish, note, sink_for
from webkiln.cli.progress import BatchProgress, clock_time

if TYPE_CHECKING:
    from collections.abc import Iterable

_HOST = re.compile(r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+(?=[:/?#]|$)")
LIST_ENDINGS = (".txt", ".csv", ".tsv", ".list", ".lst", ".urls", ".json", ".jsonl")
FEW = 5  # failed pages that are named at the end


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to scrape, and where the documents go.

    `keep` False leaves them on the server: nobody wants a thousand pages in a terminal.
    """

    urls: list[str]
    options: dict[str, Any]
    output: str | None = None
    json: bool = False
    keep: bool = True


def batch(
    sources: Annotated[
        list[str],
        typer.Argument(
            help="URLs, files with one URL a line, or - for standard input.", metavar="FILE|URL|-..."
        ),
    ],
    *,
    formats: options.Formats = None,
    only_main_content: options.MainContent = True,
    timeout: options.Timeout = None,
    max_concurrency: Annotated[
        int | None, typer.Option("--max-concurrency", min=1, help="Most pages at once.")
    ] = None,
    output: Annotated[
        str | None,
        typer.Option("--output", "-o", help="results.jsonl, or a folder (pages/) of one file a page."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="In a folder, whole documents as JSON.")] = False,
    api_url: options.ApiUrl = None,
    api_key: options.ApiKey = None,
    local: options.Local = False,
) -> None:
    """Scrape many pages and watch them come.

    Documents go to -o, or as JSON lines to a pipe. Works with a running server, or without one.
    Exit codes: 0 all pages done, 1 some failed, 3 no server or no valid key, 4 cancelled,
    130 left running.
    """
    asked = options.scrape_options(formats, only_main_content=only_main_content, timeout=timeout)
    if max_concurrency is not None:
        asked["maxConcurrency"] = max_concurrency
    keep = output is not None or not sys.stdout.isatty()
    wanted = Wanted(read_urls(sources), asked, output, json, keep)
    finish(run_batch(wanted, Target(api_url, api_key, local), in_process))


def read_urls(sources: list[str]) -> list[str]:
    """Return the URLs that the arguments name or hold, in order; blank lines and # lines are none."""
    urls: list[str] = []
    for source in sources:
        if source == "-":
            urls += _lines(sys.stdin.buffer.read(), "standard input")
        elif "://" in source:
            urls.append(source)
        elif Path(source).is_file():
            urls += _lines(Path(source).read_bytes(), source)
        elif _is_address(source):
            urls.append(source)
        else:
            raise typer.BadParameter(f"{source!r} is neither a file nor a URL")
    if not urls:
        raise typer.BadParameter("there are no URLs in it")
    return urls


def _is_address(text: str) -> bool:
    """Return whether a text without a scheme is meant as a URL, and not as a file that is missing."""
    host = _HOST.match(text)
    return host is not None and not host[0].endswith(LIST_ENDINGS)


def _lines(raw: bytes, name: str) -> Iterable[str]:
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise typer.BadParameter(f"{name} is not UTF-8 text") from None
    lines = (line.strip() for line in text.splitlines())
    return [line for line in lines if line and not line.startswith("#")]


async def run_batch(wanted: Wanted, target: Target, local_server: LocalServer) -> int:
    """Start the batch, follow it to its end or the reader's, and return the exit code."""
    async with reach(target, local_server) as (client, own):
        if own and not wanted.keep:
            raise typer.BadParameter(
                "without a server, name where the pages go: -o results.jsonl or -o pages/"
            )
        # Opened first: a place that cannot be written to must not leave a batch behind.
        sink = sink_for(wanted.output, json=wanted.json) if wanted.keep else None
        try:
            started = await client.start_batch(wanted.urls, wanted.options)
            _announce(started, client, own=own)
            return await _see_through(client, started, wanted, sink, own=own)
        finally:
            if sink is not None:
                sink.close()


async def _see_through(
    client: Client, started: Started, wanted: Wanted, sink: Sink | None, *, own: bool
) -> int:
    """Follow a started batch, hand out what it gives, and tell how it ended."""
    began = time.monotonic()
    progress = BatchProgress(len(wanted.urls) - len(started.invalid_urls))
    try:
        if sink is not None:
            sink.begin()
        last = await _watch(client, started, sink, progress, own=own)
        if last is None:
            return INTERRUPTED
        errors = await _errors(client, started)
        if sink is not None:
            sink.failed(errors)
    except (ClientError, OSError):
        if not own:
            note(f"Batch {started.id} may still be running; `webkiln cancel {started.id}` ends it.")
        raise
    progress.failed = len(errors)
    _summarise(last, progress, errors, time.monotonic() - began)
    if sink is not None:
        note(f"Results: {sink.where}")
    else:
        note(f"Results stay on the server until {last.body.get('expiresAt', 'they expire')};")
        note(f"`webkiln status {started.id} -o results.jsonl` fetches them.")
    return exit_code(last, failed=len(errors) + len(started.invalid_urls))


def exit_code(last: StatusPage, *, failed: int) -> int:
    """Return what the end of a batch means for whoever called the command."""
    if last.status == "cancelled":
        return CANCELLED
    return DONE if last.status == "completed" and not failed else FAILED


async def _watch(
    client: Client, started: Started, sink: Sink | None, progress: BatchProgress, *, own: bool
) -> StatusPage | None:
    """Follow the batch; at Ctrl-C do as the reader says. None when it was left running."""
    with interrupts() as interrupted, progress:
        following = asyncio.create_task(follow(client, started.id, sink, progress.seen))
        try:
            while not following.done():
                again = asyncio.create_task(interrupted.wait())
                await asyncio.wait([following, again], return_when=asyncio.FIRST_COMPLETED)
                again.cancel()
                if following.done():
                    break
                interrupted.clear()
                progress.pause()
                wish = await _wish(started.id, interrupted, own=own)
                if wish == "leave":
                    note(f"Batch {started.id} goes on; `webkiln cancel {started.id}` ends it.")
                    return None
                if wish == "cancel":
                    await _cancel(client, started.id)
                interrupted.clear()
                progress.resume()
            return await following
        finally:
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)


async def _wish(job_id: str, interrupted: asyncio.Event, *, own: bool) -> str:
    """Ask what Ctrl-C is to mean: cancel, leave or go on.

    With nobody to ask, or at a second Ctrl-C, a server's batch is left alone; one of our own
    process would end with it anyway and is cancelled.
    """
    choices = "[c]ancel it or [g]o on" if own else "[c]ancel it, [l]eave it running or [g]o on"
    answer = await ask(f"Batch {job_id} is running: {choices}? ", interrupted)
    if answer is None:
        return "cancel" if own else "leave"
    if answer.startswith("c"):
        return "cancel"
    return "leave" if answer.startswith("l") and not own else "go on"


async def _cancel(client: Client, job_id: str) -> None:
    """Cancel; a batch that was faster than its reader stays completed (contract §3.5)."""
    try:
        await client.cancel(job_id)
    except ApiError as error:
        note(f"Not cancelled: {error}")
    else:
        note("Cancelled. Pages that were done by then are kept.")


async def _errors(client: Client, started: Started) -> list[dict[str, Any]]:
    """Return the failed pages; older servers have no such list."""
    try:
        return await client.errors(started.id)
    except ApiError:
        return []


def _announce(started: Started, client: Client, *, own: bool) -> None:
    where = "in this process" if own else f"on {client.base_url}"
    note(f"Batch {started.id} {where}")
    if started.warning:
        note(f"Warning: {started.warning}")
    for url in started.invalid_urls[:FEW]:
        note(f"Not a URL that can be scraped: {url}")
    if len(started.invalid_urls) > FEW:
        note(f"… and {len(started.invalid_urls) - FEW} more")


def _summarise(
    last: StatusPage, progress: BatchProgress, errors: list[dict[str, Any]], seconds: float
) -> None:
    """Tell how it ended."""
    note(
        f"{last.status}: {progress.completed} of {progress.submitted} pages done, {progress.failed} failed,"
        f" in {clock_time(seconds)}"
    )
    for error in errors[:FEW]:
        note(f"  {error.get('url')}: {error.get('error')}")
    if len(errors) > FEW:
        note(f"  … and {len(errors) - FEW} more")
