"""`webkiln search`: find pages, and read them too when asked."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from webkiln.cli import options  # noqa: TC001 (typer reads the annotations)
from webkiln.cli.output import DONE, FAILED, as_json, as_text, finish, note, print_result
from webkiln.cli.reach import LocalServer, Target, in_process, reach

if TYPE_CHECKING:
    from collections.abc import Iterable


class Source(StrEnum):
    """What is searched."""

    WEB = "web"
    NEWS = "news"
    IMAGES = "images"
    LOCAL = "local"


def search(
    query: Annotated[list[str], typer.Argument(help="What to look for.", metavar="QUERY...")],
    *,
    limit: Annotated[
        int | None,
        typer.Option("--limit", min=1, max=100, help="Most hits of each source; 10 when not given."),
    ] = None,
    sources: Annotated[
        list[Source] | None,
        typer.Option(
            "--source",
            help="Where: web (the default), news, images, or local: pages the server has read; repeatable.",
        ),
    ] = None,
    scrape: Annotated[bool, typer.Option("--scrape", help="Read the pages too, as Markdown.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
    timeout: options.WholeTimeout = None,
    api_url: options.ApiUrl = None,
    api_key: options.ApiKey = None,
    local: options.Local = False,
) -> None:
    """Search and list what is found: title, address, description.

    Works with a running server, or without one. Exit codes: 0 something found, 1 nothing found or not
    possible, 3 no server or no valid key.
    """
    asked: dict[str, Any] = {"query": " ".join(query)}
    if sources:
        asked["sources"] = list(dict.fromkeys(source.value for source in sources))
    if limit is not None:
        asked["limit"] = limit
    if scrape:
        asked["scrapeOptions"] = {"formats": ["markdown"]}
    if timeout is not None:
        asked["timeout"] = round(timeout * 1000)
    finish(show_hits(asked, Target(api_url, api_key, local), in_process, json=json))


async def show_hits(asked: dict[str, Any], target: Target, local_server: LocalServer, *, json: bool) -> int:
    """Ask for hits and print them."""
    async with reach(target, local_server) as (client, own):
        if own and Source.LOCAL in asked.get("sources", ()):
            raise typer.BadParameter(
                "the pages of a server are searched, and there is none", param_hint="--source"
            )
        body = await client.ask("/v2/search", asked)
    data = body.get("data")
    found = data if isinstance(data, dict) else {}
    if body.get("warning"):
        note(f"Warning: {body['warning']}")
    if json:
        print_result(as_json(found))
    else:
        print_result("\n".join(_listed(found)))
    if any(found.values()):
        return DONE
    note("Nothing was found.")
    return FAILED


def _listed(found: dict[str, Any]) -> Iterable[str]:
    """Yield each hit as some lines, under its source's name where there are several."""
    named = {source: hits for source, hits in found.items() if hits}
    for source, hits in named.items():
        if len(named) > 1:
            yield f"{source}:\n"
        for number, hit in enumerate(hits, 1):
            yield _hit(number, hit)


def _hit(number: int, hit: dict[str, Any]) -> str:
    """Return a hit: what it is called, where it is, what it says, and the page when it was read."""
    head = f"{number}. {_flat(hit.get('title')) or '(without a title)'}"
    about = [
        hit.get("url"),
        hit.get("imageUrl"),
        hit.get("date"),
        hit.get("description") or hit.get("snippet"),
    ]
    error = (hit.get("metadata") or {}).get("error")
    if error:
        about.append(f"This page could not be read: {error}")
    lines = [head, *(f"   {_flat(line)}" for line in about if line)]
    text = "".join(f"{line}\n" for line in lines)
    if isinstance(hit.get("markdown"), str):
        text += "\n" + as_text(hit["markdown"])
    return text


def _flat(text: Any) -> str:
    return " ".join(str(text or "").split())
