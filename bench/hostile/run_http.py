"""Run the fetcher against a misbehaving web server and against lists of addresses to refuse.

    python bench/hostile/run_http.py cases INDEX.json [CATEGORY …]
    python bench/hostile/run_http.py vectors VECTORS.json [INDEX.json]

`INDEX.json` lists cases of a server that is already running on a loopback address of its own:
`{"host", "port", "canary_port", "cases": [{"id", "url", "category", "engines", "expect":
{"outcome", "codes", "max_wall_s", "max_server_bytes", "contains", "not_contains"}}]}`; the server
answers `/__stats`, `/__canary` and `POST /__reset`. `VECTORS.json` lists `{"vectors": [{"id",
"url", "layer"}], "controls": [{"id", "url"}]}`; with an index the vectors of the layer "redirect"
are followed on its server. Prints every deviation and a summary; the exit status is 1 when there
was any.
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
import time
import urllib.request
from http import HTTPStatus
from pathlib import Path
from typing import Any

from webkiln import urls
from webkiln.errors import ScrapeError
from webkiln.fetching.egress import EgressGuard
from webkiln.fetching.http import HttpFetcher
from webkiln.fetching.page import FetchRequest
from webkiln.settings import FetchSettings

TIMEOUT_S = 30
AT_ONCE = 8
STOPPED = {"unsafe_domain_blocked", "BAD_REQUEST", "SCRAPE_DNS_RESOLUTION_ERROR"}
SKIPPED = {"js", "inbrowser", "site", "robots", "sitemap"}


def opened(index: dict[str, Any], **more: str) -> FetchSettings:
    """Return settings that open one loopback address, where the server listens."""
    return FetchSettings.model_validate({"allow_networks": f"{index['host']}/32", **more})


def ask(index: dict[str, Any], path: str, body: bytes | None = None) -> Any:
    """Ask the server about itself."""
    with urllib.request.urlopen(f"http://{index['host']}:{index['port']}{path}", body, timeout=10) as answer:
        text = answer.read()
    return json.loads(text) if text.startswith(b"{") else text


def deviations(case: dict[str, Any], result: dict[str, Any]) -> list[str]:
    """Compare what happened with what was expected."""
    expect = case["expect"]
    found = []
    if result["wall"] > expect["max_wall_s"]:
        found.append(f"took {result['wall']:.1f} s")
    if expect["outcome"] != "either" and result["outcome"] != expect["outcome"]:
        found.append(f"{result['outcome']} instead of {expect['outcome']}")
    if result["outcome"] == "error" and result["code"] not in expect.get("codes", [result["code"]]):
        found.append(f"code {result['code']}")
    if result["outcome"] == "success":
        found += [f"lacks {text!r}" for text in expect.get("contains", []) if text not in result["text"]]
    shown = result["text"] + result["error"]
    found += [f"shows {text!r}" for text in expect.get("not_contains", []) if text in shown]
    return found


async def run_case(fetcher: HttpFetcher, case: dict[str, Any]) -> dict[str, Any]:
    """Fetch one case."""
    result: dict[str, Any] = {"outcome": "success", "code": "", "text": "", "error": ""}
    headers = {}
    if case["id"] == "redirect-cross-origin-echo":
        headers = {"Authorization": "Bearer SECRET-AUTH", "Cookie": "s=SECRET-COOKIE"}
    started = time.perf_counter()
    verify = case["category"] == "tls"
    try:
        # An engine would try again; the cases that fail twice and then work need that.
        for left in (2, 1, 0):
            page = await fetcher.fetch(FetchRequest(case["url"], TIMEOUT_S, headers, verify_tls=verify))
            if page.status < HTTPStatus.INTERNAL_SERVER_ERROR or not left:
                break
        for codec in ("utf-8", "utf-16", "gb18030"):
            result["text"] += page.body.decode(codec, "replace")
    except ScrapeError as error:
        result |= {"outcome": "error", "code": error.code, "error": error.message}
    result["wall"] = time.perf_counter() - started
    return result


async def run_cases(index: dict[str, Any], categories: set[str]) -> int:
    """Run the cases, a few at once; return the number of deviations."""
    cases = [
        case
        for case in index["cases"]
        if "http" in case["engines"] and case["category"] not in SKIPPED
        if not categories or case["category"] in categories
    ]
    ask(index, "/__reset", b"")
    fetcher = HttpFetcher(opened(index, resolve=f"localhost:{index['host']}"))
    places = asyncio.Semaphore(AT_ONCE)
    wrong = 0

    async def one(case: dict[str, Any]) -> None:
        nonlocal wrong
        async with places:
            result = await run_case(fetcher, case)
        found = deviations(case, result)
        await asyncio.sleep(0.3)
        stats = (await asyncio.to_thread(ask, index, "/__stats")).get(case["id"], {})
        if stats.get("max_bytes", 0) > case["expect"]["max_server_bytes"]:
            found.append(f"{stats['max_bytes'] / 1e6:.1f} MB sent")
        wrong += bool(found)
        mark = "WRONG " + "; ".join(found) if found else "ok"
        print(f"{case['id']:34} {result['wall']:6.2f} s  {result['outcome']:8}{result['code']:30}{mark}")
        if result["error"]:
            print(f"      {result['error']}")

    await asyncio.gather(*map(one, cases))
    await fetcher.close()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{len(cases)} cases, {wrong} wrong, peak RSS {peak:.0f} MB, {canary(index)}")
    return wrong


def refused(guard: EgressGuard, url: str) -> bool:
    """Return whether a URL is refused without asking DNS."""
    try:
        return guard.refuses_literal(urls.parse_target(url, guard.pinned_names))
    except urls.InvalidUrl:
        return True


def canary(index: dict[str, Any]) -> str:
    """Return what reached the address that nothing may reach."""
    seen = ask(index, "/__canary")
    return f"canary contacts {seen['contacts']}"


async def run_vectors(data: dict[str, Any]) -> int:
    """Judge the URLs without asking DNS; return the number of deviations."""
    guard = EgressGuard(FetchSettings())
    vectors = [vector for vector in data["vectors"] if vector["layer"] == "url"]
    let_through = [vector for vector in vectors if not refused(guard, vector["url"])]
    stopped = [control for control in data["controls"] if refused(guard, control["url"])]
    for entry in let_through + stopped:
        print("WRONG", entry["id"], ascii(entry["url"]))
    print(f"{len(vectors)} vectors, {len(let_through)} let through;", end=" ")
    print(f"{len(data['controls'])} controls, {len(stopped)} refused")
    return len(let_through) + len(stopped)


async def run_redirects(data: dict[str, Any], index: dict[str, Any]) -> int:
    """Follow redirects to where nothing may go; return how many ended in a page of their target."""
    ask(index, "/__reset", b"")
    fetcher = HttpFetcher(opened(index))
    vectors = [vector for vector in data["vectors"] if vector["layer"] == "redirect"]
    codes: dict[str, int] = {}
    for vector in vectors:
        url = vector["url"].replace("{HOSTILE}", f"http://{index['host']}:{index['port']}")
        url = url.replace("{CANARY}", str(index["canary_port"]))
        try:
            page = await fetcher.fetch(FetchRequest(url, TIMEOUT_S))
            outcome = f"page {page.status}"
        except ScrapeError as error:
            outcome = str(error.code)
        codes[outcome] = codes.get(outcome, 0) + 1
        if "/status/" in url and outcome not in STOPPED:
            print("WRONG", vector["id"], outcome)
    await fetcher.close()
    print(f"{len(vectors)} redirects: {codes}, {canary(index)}")
    return int(ask(index, "/__canary")["contacts"])


def main() -> int:
    """Read the command line."""
    what, first, *rest = sys.argv[1:]
    data = json.loads(Path(first).read_text())
    if what == "cases":
        return asyncio.run(run_cases(data, set(rest))) > 0
    wrong = asyncio.run(run_vectors(data))
    if rest:
        wrong += asyncio.run(run_redirects(data, json.loads(Path(rest[0]).read_text())))
    return wrong > 0


if __name__ == "__main__":
    sys.exit(main())
