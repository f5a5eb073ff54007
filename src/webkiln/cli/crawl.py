"""`webkiln crawl`: read a site from a start page on, watch it, and end it at Ctrl-C."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from webkiln.cli import crawl_options as about
from webkiln.cli import options
from webkiln.cli.output import Sink, finish, note
from webkiln.cli.progress import CrawlProgress
from webkiln.cli.reach import LocalServer, Target, in_process, reach
from webkiln.cli.site_folder import site_sink
from webkiln.cli.watching import see_through

if TYPE_CHECKING:
    from webkiln.cli.client import Client, Started

DEFAULT_LIMIT = 10_000  # the API's
ARCHIVED = ("markdown", "rawHtml")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Where to start, the wire's options, and where the pages go.

    `formats` are those that were asked for; an archive takes others besides. `keep` False leaves the
    documents on the server.
    """

    url: str
    options: dict[str, Any]
    formats: list[str]
    output: str | None = None
    warc: str | None = None
    json: bool = False
    keep: bool = True


def crawl(
    url: Annotated[str, typer.Argument(help="Where to start.", metavar="URL")],
    *,
    limit: about.Limit = None,
    max_depth: about.MaxDepth = None,
    include: about.Include = None,
    exclude: about.Exclude = None,
    entire_domain: about.EntireDomain = False,
    subdomains: about.Subdomains = False,
    external: about.External = False,
    sitemap: about.Sitemap = None,
    ignore_robots: about.IgnoreRobots = False,
    ignore_query: about.IgnoreQuery = False,
    delay: about.Delay = None,
    concurrency: about.Concurrency = None,
    formats: options.Formats = None,
    only_main_content: options.MainContent = True,
    timeout: options.Timeout = None,
    fresh: options.Fresh = False,
    max_age: options.MaxAge = None,
    output: about.Output = None,
    warc: about.WarcFile = None,
    json: Annotated[bool, typer.Option("--json", help="In a folder, whole documents as JSON.")] = False,
    api_url: options.ApiUrl = None,
    api_key: options.ApiKey = None,
    local: options.Local = False,
) -> None:
    """Read a site: the start page, and below it whatever links and the sitemap lead to.

    For example: webkiln crawl https://docs.example.com -o site/

    Pages go to -o while the crawl runs, or as JSON lines to a pipe. Works with a running server, or
    without one. Ctrl-C asks, and cancels for real. Exit codes: 0 all pages done, 1 some failed, 3 no
    server or no valid key, 4 cancelled, 130 left running.
    """
    asked = list(formats or ["markdown"])
    scraped = [*asked, *(name for name in ARCHIVED if warc is not None and name not in asked)]
    wire = {
        "limit": limit,
        "maxDiscoveryDepth": max_depth,
        "includePaths": include or None,
        "excludePaths": exclude or None,
        "crawlEntireDomain": entire_domain or None,
        "allowSubdomains": subdomains or None,
        "allowExternalLinks": external or None,
        "sitemap": None if sitemap is None else sitemap.value,
        "ignoreRobotsTxt": ignore_robots or None,
        "ignoreQueryParameters": ignore_query or None,
        "delay": delay,
        "maxConcurrency": concurrency,
        "scrapeOptions": options.scrape_options(
            scraped, only_main_content=only_main_content, timeout=timeout, fresh=fresh, max_age=max_age
        ),
    }
    given = {name: value for name, value in wire.items() if value is not None}
    keep = output is not None or warc is not None or not sys.stdout.isatty()
    wanted = Wanted(url, given, asked, output, warc, json, keep)
    finish(run_crawl(wanted, Target(api_url, api_key, local), in_process))


async def run_crawl(wanted: Wanted, target: Target, local_server: LocalServer) -> int:
    """Start the crawl, follow it to its end or the reader's, and return the exit code."""
    async with reach(target, local_server) as (client, own):
        if own and not wanted.keep:
            raise typer.BadParameter(
                "without a server, name where the pages go: -o site/, -o results.jsonl or --warc"
            )
        # Opened first: a place that cannot be written to must not leave a crawl behind.
        sink = _sink(wanted) if wanted.keep else None
        try:
            started = await client.start_crawl(wanted.url, wanted.options)
            _announce(wanted, started, client, own=own)
            return await see_through(client, started.job, sink, CrawlProgress(), own=own, unanswered="cancel")
        finally:
            if sink is not None:
                sink.close()


def _announce(wanted: Wanted, started: Started, client: Client, *, own: bool) -> None:
    where = "in this process" if own else f"on {client.base_url}"
    most = wanted.options.get("limit", DEFAULT_LIMIT)
    note(f"{started.job.name} of {wanted.url} {where}, at most {most} pages; Ctrl-C ends it.")
    if started.warning:
        note(f"Warning: {started.warning}")


def _sink(wanted: Wanted) -> Sink:
    """Return where the documents go: a folder or lines, an archive, or both."""
    sinks: list[Sink] = []
    if wanted.output is not None or wanted.warc is None:
        sinks.append(site_sink(wanted.output, json=wanted.json))
    if wanted.warc is None:
        return sinks[0]
    from webkiln.cli.warc import Warc  # noqa: PLC0415 (its library is for archives only)

    unasked = frozenset(ARCHIVED) - set(wanted.formats)
    robots = "ignore" if wanted.options.get("ignoreRobotsTxt") else "obey"
    return Several(sinks, Warc(Path(wanted.warc), robots=robots), unasked)


class Several:
    """Hands documents to an archive as they are, and to others without what only that one needs."""

    def __init__(self, others: list[Sink], archive: Sink, unasked: frozenset[str]) -> None:
        self._others = others
        self._archive = archive
        self._unasked = unasked
        self.where = " and ".join(sink.where for sink in (*others, archive))

    def begin(self) -> None:
        """Begin everywhere."""
        for sink in (*self._others, self._archive):
            sink.begin()

    def write(self, document: dict[str, Any]) -> None:
        """Write everywhere."""
        self._archive.write(document)
        plain = {name: value for name, value in document.items() if name not in self._unasked}
        for sink in self._others:
            sink.write(plain)

    def failed(self, errors: list[dict[str, Any]]) -> None:
        """Tell everywhere."""
        for sink in (*self._others, self._archive):
            sink.failed(errors)

    def close(self) -> None:
        """Finish everywhere."""
        for sink in (*self._others, self._archive):
            sink.close()
