"""`webkiln map`: the addresses of a site, without reading its pages."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from webkiln.cli import crawl_options as about  # noqa: TC001 (typer reads the annotations)
from webkiln.cli import options  # noqa: TC001 (typer reads the annotations)
from webkiln.cli.output import DONE, FAILED, as_json, finish, note, print_result
from webkiln.cli.reach import LocalServer, Target, in_process, reach


def map_site(
    url: Annotated[str, typer.Argument(help="A page of the site.", metavar="URL")],
    *,
    search: Annotated[
        str | None, typer.Option("--search", metavar="WORDS", help="Addresses about this first.")
    ] = None,
    limit: Annotated[
        int | None, typer.Option("--limit", min=1, max=100_000, help="Most addresses; 5000 when not given.")
    ] = None,
    sitemap: about.Sitemap = None,
    subdomains: Annotated[
        bool, typer.Option("--subdomains/--no-subdomains", help="Other hosts of the same domain too, or not.")
    ] = True,
    json: Annotated[
        bool, typer.Option("--json", help="Print JSON, with titles and descriptions where known.")
    ] = False,
    timeout: options.WholeTimeout = None,
    api_url: options.ApiUrl = None,
    api_key: options.ApiKey = None,
    local: options.Local = False,
) -> None:
    """List the addresses of a site, one a line.

    Works with a running server, or without one. Exit codes: 0 listed, 1 none found or not possible,
    3 no server or no valid key.
    """
    asked: dict[str, Any] = {"url": url, "includeSubdomains": subdomains}
    if search is not None:
        asked["search"] = search
    if limit is not None:
        asked["limit"] = limit
    if sitemap is not None:
        asked["sitemap"] = sitemap.value
    if timeout is not None:
        asked["timeout"] = round(timeout * 1000)
    finish(show_map(asked, Target(api_url, api_key, local), in_process, json=json))


async def show_map(asked: dict[str, Any], target: Target, local_server: LocalServer, *, json: bool) -> int:
    """Ask for a map and print it."""
    async with reach(target, local_server) as (client, _):
        body = await client.ask("/v2/map", asked)
    found = body.get("links")
    links = found if isinstance(found, list) else []
    if body.get("warning"):
        note(f"Warning: {body['warning']}")
    if json:
        print_result(as_json(links))
    else:
        print_result("".join(f"{' '.join(str(link.get('url')).split())}\n" for link in links))
    if not links:
        note("No addresses were found.")
    return DONE if links else FAILED
