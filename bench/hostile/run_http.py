"""Run the fetcher against a misbehaving web server and against lists of addresses to refuse.

    python bench/hostile/run_http.py cases INDEX.json [CATEGORY …]
    python bench/hostile/run_http.py vectors VECTORS.json

`INDEX.json` lists cases of a server that is already running on loopback: `{"cases": [{"id", "url",
"category", "engines", "expect": {"outcome", "codes", "max_wall_s", "max_server_bytes",
"contains", "not_contains"}}]}`; the server answers `/__stats` and `/__canary`. `VECTORS.json` lists
`{"vectors": [{"id", "url", "layer", "target"}], "controls": [{"id", "url"}]}`. Prints every
deviation and a summary; the exit status is 1 when there was any.
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from webkiln import urls
from webkiln.errors import ScrapeError
from webkiln.fetching.egress import EgressGuard
from webkiln.fetching.http import HttpFetcher
from webkiln.fetching.page import FetchRequest
from webkiln.settings import FetchSettings

TIMEOUT_S = 30
AT_ONCE = 8
SKIPPED = {"js", "inbrowser", "site", "robots", "sitemap"}


def loopback(**more: Any) -> FetchSettings:
    """Return settings that open one loopback address, where the server listens."""
    return FetchSettings.model_validate({"allow_networks": "127.0.0.1/32", **more})


def ask(base: str, path: str) -> Any:
    """Ask the server about itself."""
    with urllib.request.urlopen(base + path, timeout=10) as answer:
        return json.load(answer)


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
            if page.status < 500 or not left:
                break
        for codec in ("utf-8", "utf-16", "gb18030"):
            result["text"] += page.body.decode(codec, "replace")
    except ScrapeError as error:
        result |= {"outcome": "error", "code": error.code, "error": error.message}
    result["wall"] = time.perf_counter() - started
    return result


async def run_cases(index: Path, categories: set[str]) -> int:
    """Run the cases, a few at once; return the number of deviations."""
    cases = [
        case
        for case in json.loads(index.read_text())["cases"]
        if "http" in case["engines"] and case["category"] not in SKIPPED
        if not categories or case["category"] in categories
    ]
    parts = urlsplit(cases[0]["url"])
    base = f"http://{parts.hostname}:18080"
    fetcher = HttpFetcher(loopback(resolve="localhost:127.0.0.1"))
    places = asyncio.Semaphore(AT_ONCE)
    wrong = 0

    async def one(case: dict[str, Any]) -> None:
        nonlocal wrong
        async with places:
            result = await run_case(fetcher, case)
        found = deviations(case, result)
        await asyncio.sleep(0.3)
        stats = (await asyncio.to_thread(ask, base, "/__stats")).get(case["id"], {})
        if stats.get("max_bytes", 0) > case["expect"]["max_server_bytes"]:
            found.append(f"{stats['max_bytes'] / 1e6:.1f} MB sent")
        wrong += bool(found)
        mark = "WRONG " + "; ".join(found) if found else "ok"
        print(f"{case['id']:34} {result['wall']:6.2f} s  {result['outcome']:8}{result['code']:30}{mark}")
        print(f"      {result['error']}") if result["error"] else None

    await asyncio.gather(*map(one, cases))
    await fetcher.close()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{len(cases)} cases, {wrong} wrong, peak RSS {peak:.0f} MB, canary {ask(base, '/__canary')}")
    return wrong


def refused(guard: EgressGuard, url: str) -> bool:
    """Say whether a URL is refused without asking DNS."""
    try:
        return guard.refuses_literal(urls.parse_target(url, guard.pinned_names))
    except urls.InvalidUrl:
        return True


async def run_vectors(path: Path) -> int:
    """Judge the URLs, follow the redirects; return the number of deviations."""
    data = json.loads(path.read_text())
    guard = EgressGuard(FetchSettings())
    wrong = counted = 0
    for vector in data["vectors"]:
        if vector["layer"] in {"url", "redirect"}:
            counted += 1
            url = vector["url"] if vector["layer"] == "url" else vector["target"].replace("{CANARY}", "18099")
            if not refused(guard, url) and vector["layer"] == "url":
                wrong += 1
                print("NOT REFUSED", vector["id"], ascii(url))
    for control in data["controls"]:
        if refused(guard, control["url"]):
            wrong += 1
            print("REFUSED", control["id"], ascii(control["url"]))
    print(f"{counted} vectors, {len(data['controls'])} controls, {wrong} wrong")
    return wrong


def main() -> int:
    """Read the command line."""
    what, path, *categories = sys.argv[1:]
    if what == "cases":
        return asyncio.run(run_cases(Path(path), set(categories))) > 0
    return asyncio.run(run_vectors(Path(path))) > 0


if __name__ == "__main__":
    sys.exit(main())
