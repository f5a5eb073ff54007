"""The options of `webkiln crawl`, as typer reads them; each is named after the API's (contract §7.1)."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, TypeAlias

import typer


class SitemapUse(StrEnum):
    """What a sitemap is good for."""

    SKIP = "skip"
    INCLUDE = "include"
    ONLY = "only"


Limit: TypeAlias = Annotated[
    int | None, typer.Option("--limit", min=1, help="Most pages; 10000 when not given.")
]
MaxDepth: TypeAlias = Annotated[
    int | None,
    typer.Option("--max-depth", min=0, help="How many links away from the start a page may be found."),
]
Include: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--include",
        metavar="REGEX",
        help="Only pages whose path has this pattern in it; repeatable: one of them is enough.",
    ),
]
Exclude: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--exclude", metavar="REGEX", help="No pages whose path has this in it; repeatable."),
]
EntireDomain: TypeAlias = Annotated[
    bool, typer.Option("--entire-domain", help="Pages beside and above the start too, not only below it.")
]
Subdomains: TypeAlias = Annotated[
    bool, typer.Option("--subdomains", help="Other hosts of the same domain too.")
]
External: TypeAlias = Annotated[
    bool, typer.Option("--external", help="Pages of other sites too, as far as they are linked to.")
]
Sitemap: TypeAlias = Annotated[
    SitemapUse | None,
    typer.Option(
        "--sitemap",
        help="Pages that the site's own list names: besides links (include, the default), alone, or not.",
    ),
]
IgnoreRobots: TypeAlias = Annotated[
    bool, typer.Option("--ignore-robots", help="Read what robots.txt asks not to read.")
]
IgnoreQuery: TypeAlias = Annotated[
    bool,
    typer.Option("--ignore-query", help="Addresses that differ after the ? only are one page."),
]
Delay: TypeAlias = Annotated[
    float | None,
    typer.Option("--delay", min=0.001, max=60, help="Seconds between two pages, which then come one by one."),
]
Concurrency: TypeAlias = Annotated[
    int | None, typer.Option("--concurrency", "--max-concurrency", min=1, help="Most pages at once.")
]
Output: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--output",
        "-o",
        help="A folder (site/) that mirrors the site in files of Markdown, or results.jsonl.",
    ),
]
WarcFile: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--warc",
        metavar="FILE",
        help="An archive besides: site.warc.gz, with the HTML and the Markdown of every page.",
    ),
]
