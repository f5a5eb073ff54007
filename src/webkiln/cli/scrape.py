"""`webkiln scrape`: read pages and print them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from webkiln.cli import options
from webkiln.cli.client import ApiError, Client, Scraped
from webkiln.cli.output import (
    ADVICE,
    DONE,
    FAILED,
    Folder,
    JsonLines,
    Sink,
    explain,
    finish,
    is_folder,
    note,
    print_result,
    rendered,
    source_of,
    was_refused,
)
from webkiln.cli.reach import LocalServer, Target, in_process, reach

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

AT_ONCE = 8  # more than that is what `batch` is for
MARKED_UP = frozenset({"markdown", "html", "rawHtml"})
NOT_FOUND_AND_WORSE = 400


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to scrape, and where the pages go; `output` None is standard output."""

    urls: list[str]
    options: dict[str, Any]
    json: bool = False
    output: str | None = None
    screenshot: str | None = None

    @property
    def formats(self) -> list[str]:
        """The formats that are printed."""
        return [name for name in self.options["formats"] if isinstance(name, str)]


def scrape(
    urls: Annotated[list[str], typer.Argument(help="Pages to read.", metavar="URL...")],
    *,
    formats: options.Formats = None,
    only_main_content: options.MainContent = True,
    timeout: options.Timeout = None,
    fresh: options.Fresh = False,
    max_age: options.MaxAge = None,
    screenshot: options.Screenshot = None,
    wait_for: options.WaitFor = None,
    mobile: options.Mobile = False,
    json: Annotated[bool, typer.Option("--json", help="Print whole documents as JSON.")] = False,
    output: Annotated[
        str | None, typer.Option("--output", "-o", help="File, or folder for several pages.")
    ] = None,
    api_url: options.ApiUrl = None,
    api_key: options.ApiKey = None,
    local: options.Local = False,
) -> None:
    """Read pages and print them as Markdown.

    Works with a running server, or without one. Exit codes: 0 all pages read, 1 some were not,
    3 no server or no valid key.
    """
    output = None if output == "-" else output
    if len(urls) > 1 and output is not None and not json and not is_folder(output):
        raise typer.BadParameter("several pages need a folder (or --json)", param_hint="--output")
    if len(urls) > 1 and screenshot is not None:
        raise typer.BadParameter("a picture is taken of one page at a time", param_hint="--screenshot")
    asked = options.scrape_options(
        formats,
        only_main_content=only_main_content,
        timeout=timeout,
        screenshot=screenshot,
        wait_for=wait_for,
        mobile=mobile,
        fresh=fresh,
        max_age=max_age,
    )
    wanted = Wanted(urls, asked, json, output, screenshot)
    finish(scrape_pages(wanted, Target(api_url, api_key, local), in_process))


async def scrape_pages(wanted: Wanted, target: Target, local_server: LocalServer) -> int:
    """Scrape each page, hand them out in the order asked for, and return the exit code."""
    failures = 0
    sink: Sink | None = None
    refused = False
    async with reach(target, local_server) as (client, own):
        async for url, result in _in_order(client, wanted):
            if isinstance(result, ApiError):
                if result.about_the_key:
                    raise result
                note(f"{url} could not be scraped")
                explain(result)
                failures += 1
                refused |= own and was_refused(result.code, result)
                continue
            _warn(url, result)
            if wanted.screenshot is not None:
                await _keep_picture(client, result.document, wanted.screenshot)
            if not wanted.formats and not wanted.json:
                continue
            if sink is None:
                sink = _sink(wanted)
                sink.begin()
            sink.write(result.document)
    if sink is not None:
        sink.close()
    if refused:
        note(ADVICE)
    return FAILED if failures else DONE


async def _in_order(client: Client, wanted: Wanted) -> AsyncIterator[tuple[str, Scraped | ApiError]]:
    """Scrape several pages at once and yield each with its URL, in the order of the command line."""
    slots = asyncio.Semaphore(AT_ONCE)

    async def one(url: str) -> Scraped | ApiError:
        async with slots:
            try:
                return await client.scrape(url, wanted.options)
            except ApiError as error:
                return error

    tasks = [asyncio.create_task(one(url)) for url in wanted.urls]
    try:
        for url, task in zip(wanted.urls, tasks, strict=True):
            yield url, await task
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class Printed:
    """Prints documents the way a person reads them, into a file or to standard output."""

    def __init__(self, wanted: Wanted) -> None:
        self._wanted = wanted
        self._formats = wanted.formats
        self._path = None if wanted.output is None else Path(wanted.output)
        self.where = wanted.output or "standard output"

    def begin(self) -> None:
        """Do nothing: there is one page for one file."""

    def write(self, document: dict[str, Any]) -> None:
        """Print one document, named when it is one of several."""
        text = rendered(document, self._formats, json=self._wanted.json)
        if len(self._wanted.urls) > 1 and self._formats[0] in MARKED_UP:
            text = f"<!-- {source_of(document)} -->\n\n{text}\n"
        if self._path is None:
            print_result(text)
        else:
            self._path.write_text(text, encoding="utf-8", newline="")

    def failed(self, errors: list[dict[str, Any]]) -> None:
        """Do nothing: each failure has been told when it came."""

    def close(self) -> None:
        """Do nothing: nothing is held back."""


async def _keep_picture(client: Client, document: dict[str, Any], path: str) -> None:
    data = await client.file(document.pop("screenshot"))
    await asyncio.to_thread(Path(path).write_bytes, data)
    note(f"The picture is in {path} ({len(data) / 1024:.0f} KB).")


def _sink(wanted: Wanted) -> Sink:
    if wanted.output is not None and is_folder(wanted.output):
        return Folder(Path(wanted.output), json=wanted.json)
    if wanted.json and len(wanted.urls) > 1:
        return JsonLines(None if wanted.output is None else Path(wanted.output))
    return Printed(wanted)


def _warn(url: str, result: Scraped) -> None:
    """Tell what the reader of the page alone would not see."""
    status = (result.document.get("metadata") or {}).get("statusCode")
    if isinstance(status, int) and status >= NOT_FOUND_AND_WORSE:
        note(f"{url} answered with HTTP {status}")
    for warning in {result.warning, result.document.get("warning")} - {None}:
        note(f"Warning: {warning}")
