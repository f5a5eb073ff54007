"""Search engines under test: one small index behind the wire formats of all providers.

    with SmallSearch([Entry("https://a.test/", "Clay", "About clay")]) as engines:
        ask(engines.url("searxng"))
        assert engines.asked[0].values["q"] == "clay"

It runs in a thread of its own, so that tests which block can use it too. The formats follow the
providers' published descriptions; pages are as long as theirs.
"""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Self

from aiohttp import web

KEY = "sk-planted-0123456789"

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True)
class Entry:
    """A page of the index."""

    url: str
    title: str = ""
    text: str = ""
    date: str | None = None
    image: str | None = None


@dataclass(frozen=True)
class Asked:
    """A question as it came: parameters of the query, or the JSON of the body."""

    provider: str
    path: str
    values: dict[str, Any]
    headers: dict[str, str] = field(repr=False, default_factory=dict)


class SmallSearch:
    """All engines on one loopback port; `instead` answers for a provider in place of its index.

    `silent` are the engines behind SearXNG that it says did not answer.
    """

    def __init__(self, entries: list[Entry] | None = None) -> None:
        self.entries = entries or []
        self.asked: list[Asked] = []
        self.instead: dict[str, Answer] = {}
        self.silent: list[Any] = []
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._runner: web.AppRunner | None = None

    def url(self, provider: str) -> str:
        """Return what takes the place of a provider's address."""
        return f"http://127.0.0.1:{self.port}/{provider}"

    def __enter__(self) -> Self:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(10)
        return self

    def __exit__(self, *_: object) -> None:
        assert self._runner is not None
        asyncio.run_coroutine_threadsafe(self._runner.cleanup(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _start(self) -> None:
        app = web.Application()
        app.router.add_route("*", "/{provider}/{path:.*}", self._answer)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        provider, path = request.match_info["provider"], request.match_info["path"]
        values = dict(request.query) if request.method == "GET" else await request.json()
        self.asked.append(Asked(provider, path, values, dict(request.headers)))
        if provider in self.instead:
            return await self.instead[provider](request)
        route = FORMATS.get((request.method, provider, path))
        if route is None:
            return web.json_response({"error": "no such path"}, status=404)
        return web.json_response(route(self, values))

    def found(self, query: str) -> list[Entry]:
        """Return the entries that a query finds: those of its sites, with most of its words first."""
        sites = re.findall(r"(?<!-)site:(\S+?)\)?(?= |$)", query)
        unwanted = re.findall(r"-site:(\S+)", query)
        words = set(re.findall(r"\w+", re.sub(r"\S*:\S+|\bOR\b", " ", query).lower()))

        def score(entry: Entry) -> int:
            return len(words & set(re.findall(r"\w+", f"{entry.title} {entry.text}".lower())))

        fits = [
            entry
            for entry in self.entries
            if (not sites or any(site in entry.url for site in sites))
            and not any(site in entry.url for site in unwanted)
            and (score(entry) or not words)
        ]
        return sorted(fits, key=score, reverse=True)


def _page(found: list[Entry], number: int, size: int) -> list[tuple[int, Entry]]:
    start = (number - 1) * size
    return list(enumerate(found, 1))[start : start + size]


def searxng(engines: SmallSearch, values: dict[str, Any]) -> dict[str, Any]:
    found = engines.found(values["q"])
    if values.get("categories") == "images":
        found = [entry for entry in found if entry.image]
    return {
        "query": values["q"],
        "number_of_results": 0,
        "results": [
            {
                "url": entry.url,
                "title": entry.title,
                "content": entry.text,
                "engine": "small",
                "template": "default.html",
                "parsed_url": ["https", "a.test", "/", "", "", ""],
                "img_src": entry.image or "",
                "resolution": "640 x 480" if entry.image else "",
                "thumbnail": "",
                "engines": ["small"],
                "positions": [place],
                "score": 1.0,
                "category": "general",
                "publishedDate": entry.date,
            }
            for place, entry in _page(found, int(values.get("pageno", "1")), 10)
        ],
        "answers": [],
        "corrections": [],
        "infoboxes": [],
        "suggestions": [],
        "unresponsive_engines": engines.silent,
    }


def _serper(name: str) -> Callable[[SmallSearch, dict[str, Any]], dict[str, Any]]:
    def answer(engines: SmallSearch, values: dict[str, Any]) -> dict[str, Any]:
        rows = []
        for place, entry in _page(engines.found(values["q"]), values.get("page", 1), values.get("num", 10)):
            row = {"title": entry.title, "link": entry.url, "position": place}
            if name == "images":
                row |= {"imageUrl": entry.image, "imageWidth": 640, "imageHeight": 480, "source": "Small"}
            else:
                row["snippet"] = entry.text
            if name == "news":
                row |= {"date": entry.date, "source": "Small", "imageUrl": entry.image}
            rows.append(row)
        return {"searchParameters": values, name: rows, "credits": 1}

    return answer


def searchapi(engines: SmallSearch, values: dict[str, Any]) -> dict[str, Any]:
    size = int(values.get("num", "10"))
    rows = _page(engines.found(values["q"]), int(values.get("page", "1")), size)
    answer: dict[str, Any] = {"search_metadata": {"status": "Success"}, "search_parameters": values}
    if values["engine"] == "google_images":
        answer["images"] = [
            {
                "position": place,
                "title": entry.title,
                "source": {"name": "Small", "link": entry.url},
                "original": {"link": entry.image, "width": 640, "height": 480},
                "thumbnail": "data:image/jpeg;base64,AAAA",
            }
            for place, entry in rows
        ]
    else:
        answer["organic_results"] = [
            {
                "position": place,
                "title": entry.title,
                "link": entry.url,
                "source": "Small",
                "snippet": entry.text,
                "date": entry.date,
                "thumbnail": entry.image or "data:image/jpeg;base64,AAAA",
            }
            for place, entry in rows
        ]
    return answer


def _brave(kind: str) -> Callable[[SmallSearch, dict[str, Any]], dict[str, Any]]:
    def answer(engines: SmallSearch, values: dict[str, Any]) -> dict[str, Any]:
        found = engines.found(values["q"])
        number = int(values.get("offset", "0")) + 1
        rows: list[dict[str, Any]] = []
        for _, entry in _page(found, number, int(values["count"])):
            row: dict[str, Any] = {"type": f"{kind}_result", "title": entry.title, "url": entry.url}
            if kind == "images":
                row |= {
                    "thumbnail": {"src": "https://imgs.test/t.jpg"},
                    "properties": {"url": entry.image, "width": 640, "height": 480},
                }
            else:
                row |= {"description": entry.text.replace("'", "&#x27;"), "age": entry.date}
                row |= {"thumbnail": {"src": entry.image}} if entry.image else {}
            rows.append(row)
        query = {"original": values["q"], "more_results_available": False}
        if kind == "web":
            return {"type": "search", "query": query, "web": {"type": "search", "results": rows}}
        return {"type": kind, "query": query, "results": rows}

    return answer


def tavily(engines: SmallSearch, values: dict[str, Any]) -> dict[str, Any]:
    sites = " ".join(f"site:{domain}" for domain in values.get("include_domains", []))
    unwanted = " ".join(f"-site:{domain}" for domain in values.get("exclude_domains", []))
    found = engines.found(f"{values['query']} {sites} {unwanted}")[: values.get("max_results", 5)]
    pictures: list[Any] = []
    if values.get("include_images"):
        pictures = [{"url": entry.image, "description": entry.title} for entry in found if entry.image]
    return {
        "query": values["query"],
        "answer": None,
        "images": pictures,
        "results": [
            {
                "title": entry.title,
                "url": entry.url,
                "content": entry.text,
                "score": 0.9,
                "raw_content": None,
                **({"published_date": entry.date} if values["topic"] == "news" else {}),
            }
            for entry in found
        ],
        "response_time": 0.1,
    }


FORMATS: dict[tuple[str, str, str], Callable[[SmallSearch, dict[str, Any]], dict[str, Any]]] = {
    ("GET", "searxng", "search"): searxng,
    ("POST", "serper", "search"): _serper("organic"),
    ("POST", "serper", "news"): _serper("news"),
    ("POST", "serper", "images"): _serper("images"),
    ("GET", "searchapi", "api/v1/search"): searchapi,
    ("GET", "brave", "res/v1/web/search"): _brave("web"),
    ("GET", "brave", "res/v1/news/search"): _brave("news"),
    ("GET", "brave", "res/v1/images/search"): _brave("images"),
    ("POST", "tavily", "search"): tavily,
}
