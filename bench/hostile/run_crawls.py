"""Crawl the misbehaving sites of a server: robots.txt, sitemaps, traps, rate limits.

    python bench/hostile/run_crawls.py SERVER INDEX.json [ID …]

Starts the server on a loopback address of its own and a Webkiln that may reach that address, crawls
each site with `limit` 50 (100 where all pages are wanted), and compares what came out with `expect`:
{"max_wall_s", "max_server_bytes", "not_contains", "pages"}. Prints every deviation; the exit status
is 1 when there was any.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from running import OVER, Webkiln, webkiln

LIMIT, ALL = 50, 200
CATEGORIES = {"site", "robots", "sitemap"}
_PAGES = re.compile(r"(>=|<=|==)\s*(all\s+)?(limit|\d+)(%\s+of\s+(\d+))?")


def wanted_pages(text: str, found: int, limit: int) -> bool:
    """Return whether a count of pages fits what the index says (`>= 3`, `== limit`, `>= 87% of 100`)."""
    match = _PAGES.match(text)
    if match is None:
        return True
    number = limit if match[3] == "limit" else int(match[3])
    if match[4]:
        number = number * int(match[5]) // 100
    # "All" does not count the start page.
    if match[2] and found == number + 1:
        return True
    return {">=": found >= number, "<=": found <= number, "==": found == number}[match[1]]


def options_of(case: dict[str, Any]) -> dict[str, Any]:
    """Return the crawl that a case asks for."""
    pages = case["expect"].get("pages", "")
    limit = ALL if "all" in pages or "of" in pages or case["id"] in {"site-batch", "site-polite"} else LIMIT
    if case["id"] == "site-slow":
        limit = 20
    return {"url": case["url"], "limit": limit, "crawlEntireDomain": True}


def crawled(server: Webkiln, case: dict[str, Any], options: dict[str, Any]) -> dict[str, Any]:
    """Crawl one site; return what came out."""
    began = time.monotonic()
    job = server.ask("POST", "/v2/crawl", {**options, "scrapeOptions": {"maxAge": 0, "storeInCache": False}})
    path = f"/v2/crawl/{job['id']}"
    deadline = began + case["expect"]["max_wall_s"] + 30
    while (state := server.ask("GET", f"{path}?limit=1"))["status"] not in OVER:
        if time.monotonic() > deadline:
            server.ask("DELETE", path)
            break
        time.sleep(0.2)
    wall = time.monotonic() - began
    documents = server.ask("GET", f"{path}?limit=1000")["data"]
    errors = server.ask("GET", f"{path}/errors")
    return {"wall": wall, "state": state, "documents": documents, "errors": errors}


def deviations(case: dict[str, Any], limit: int, result: dict[str, Any]) -> list[str]:
    """Compare what happened with what was expected."""
    expect, found = case["expect"], []
    if result["wall"] > expect["max_wall_s"]:
        found.append(f"took {result['wall']:.1f} s")
    if result["state"]["status"] != "completed":
        found.append(f"ended {result['state']['status']}")
    pages = len(result["documents"])
    if not wanted_pages(expect.get("pages", ""), pages, limit):
        found.append(f"{pages} pages where {expect['pages']} are wanted (limit {limit})")
    text = json.dumps(result["documents"]) + json.dumps(result["errors"])
    found += [f"shows {banned!r}" for banned in expect.get("not_contains", []) if banned in text]
    return found


def ask(origin: str, path: str) -> Any:
    """Ask the misbehaving server about itself."""
    with urllib.request.urlopen(f"{origin}{path}", timeout=10) as answer:
        return json.loads(answer.read())


def main() -> int:
    """Run the cases; return how many deviate."""
    script, index = Path(sys.argv[1]), json.loads(Path(sys.argv[2]).read_text())
    chosen = set(sys.argv[3:])
    origin = f"http://{index['host']}:{index['port']}"
    misbehaving = subprocess.Popen(
        [sys.executable, str(script)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    wrong = 0
    try:
        time.sleep(2)
        with webkiln(name="hostile-crawls") as server:
            for case in index["cases"]:
                if case["category"] not in CATEGORIES or (chosen and case["id"] not in chosen):
                    continue
                options = options_of(case)
                result = crawled(server, case, options)
                found = deviations(case, options["limit"], result)
                stats = ask(origin, "/__stats").get(case["id"], {})
                sent = stats.get("bytes", 0)
                if sent > case["expect"]["max_server_bytes"]:
                    found.append(f"{sent / 1e6:.1f} MB sent")
                wrong += bool(found)
                blocked = len(result["errors"]["robotsBlocked"])
                mark = "WRONG " + "; ".join(found) if found else "ok"
                print(
                    f"{case['id']:26} {result['wall']:6.1f} s {len(result['documents']):4} pages "
                    f"{len(result['errors']['errors']):3} errors {blocked:3} blocked "
                    f"{stats.get('hits', 0):5} requests  {mark}",
                    flush=True,
                )
            print(f"memory at the end: {server.memory().pss:.0f} MiB")
    finally:
        misbehaving.terminate()
    return wrong


if __name__ == "__main__":
    sys.exit(1 if main() else 0)
