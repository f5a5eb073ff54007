"""`webkiln batch`: scrape many pages, watch it, and decide at Ctrl-C."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from webkiln.cli import options
from webkiln.cli.output import finish, note, sink_for
from webkiln.cli.progress import BatchProgress
from webkiln.cli.reach import LocalServer, Target, in_process, reach
from webkiln.cli.watching import FEW, see_through

if TYPE_CHECKING:
    from collections.abc import Iterable

    from webkiln.cli.client import Client, Started

_HOST = re.compile(r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+(?=[:/?#]|$)")
LIST_ENDINGS = (".txt", ".csv", ".tsv", ".list", ".lst", ".urls", ".json", ".jsonl")


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
    fresh: options.Fresh = False,
    max_age: options.MaxAge = None,
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
    asked = options.scrape_options(
        formats, only_main_content=only_main_content, timeout=timeout, fresh=fresh, max_age=max_age
    )
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
            refused = len(started.invalid_urls)
            progress = BatchProgress(len(wanted.urls) - refused)
            return await see_through(client, started.job, sink, progress, own=own, beforehand=refused)
        finally:
            if sink is not None:
                sink.close()


def _announce(started: Started, client: Client, *, own: bool) -> None:
    where = "in this process" if own else f"on {client.base_url}"
    note(f"{started.job.name} {where}")
    if started.warning:
        note(f"Warning: {started.warning}")
    for url in started.invalid_urls[:FEW]:
        note(f"Not a URL that can be scraped: {url}")
    if len(started.invalid_urls) > FEW:
        note(f"… and {len(started.invalid_urls) - FEW} more")
