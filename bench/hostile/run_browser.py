"""Show pages of a misbehaving web server in a browser, in a network of their own.

    python bench/hostile/run_browser.py vectors SERVER.py VECTORS.json
    python bench/hostile/run_browser.py cases SERVER.py INDEX.json [ID …]
    python bench/hostile/run_browser.py plain SERVER.py INDEX.json [ID …]

Needs root and `ip`: the network has the server at a public address, and a canary at the addresses
nothing may reach (127.0.0.1, 10.0.0.5, 169.254.169.254 …). `vectors` shows every page that tries
to reach the canary and counts what arrived there; `cases` takes a picture of each page and compares
the outcome with what `expect` allows; `plain` shows it and no more, in a browser without a driver.
Prints every deviation and a summary; the exit status is 1 when there was any.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
import urllib.request
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from webkiln.contract.formats import ScreenshotFormat
from webkiln.errors import ScrapeError
from webkiln.fetching.browser.memory import tree_bytes
from webkiln.fetching.egress import EgressGuard
from webkiln.fetching.http import HttpFetcher
from webkiln.fetching.ladder import Ladder
from webkiln.fetching.page import BrowserWork, FetchRequest
from webkiln.settings import load
from webkiln.telemetry.logs import set_up_logging
from webkiln.wiring.browser import open_browser

if TYPE_CHECKING:
    from webkiln.wiring.browser import Browser

HOST = "45.33.32.10"
PORT = 18_080
FORBIDDEN = ("127.0.0.1", "::1", "10.0.0.5", "169.254.169.254")
INSIDE = "WEBKILN_HOSTILE_NETWORK"
TIMEOUT_S = 30.0
FULL = {"type": "screenshot", "fullPage": True}
AT_ONCE = 4
PLAIN = BrowserWork(wait_ms=1_500)
PICTURE = replace(PLAIN, screenshot=ScreenshotFormat.model_validate(FULL))


def enter_network() -> None:
    """Start again in a network namespace of our own, unless this is one."""
    if os.environ.get(INSIDE):
        return
    os.execvpe("unshare", ["unshare", "--net", sys.executable, *sys.argv], {**os.environ, INSIDE: "1"})


def ip(*words: str) -> None:
    """Change the network we are in."""
    subprocess.run(["ip", *words], check=True)


def begin(server: str) -> subprocess.Popen[bytes]:
    """Set the network up and start the server in it."""
    ip("link", "set", "lo", "up")
    for address in (HOST, *FORBIDDEN[2:]):
        ip("addr", "add", f"{address}/32", "dev", "lo")
    command = [sys.executable, server, "--host", HOST, "--canary-addrs", ",".join(FORBIDDEN)]
    started = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for _ in range(200):
        try:
            ask("/__stats")
        except OSError:
            time.sleep(0.05)
        else:
            return started
    raise SystemExit("the server does not start")


def ask(path: str, body: bytes | None = None) -> Any:
    """Ask the server about itself."""
    with urllib.request.urlopen(f"http://{HOST}:{PORT}{path}", body, timeout=10) as answer:
        text = answer.read()
    return json.loads(text) if text.startswith(b"{") else text


def open_ladder() -> tuple[Ladder, Browser]:
    """Return the fetchers as a worker has them."""
    settings = load({}, workers=1, browser_pages=AT_ONCE, log_level="error")
    guard = EgressGuard(settings.fetch)
    browser = open_browser(settings, guard, clock=time.time)
    if browser is None:
        raise SystemExit("there is no browser on this machine")
    return Ladder(HttpFetcher(settings.fetch, guard), browser), browser


async def show(
    ladder: Ladder, url: str, work: BrowserWork, *, render: Any = "always"
) -> tuple[str, str, float]:
    """Show one page; return its text or the error's code, what the error says, and the seconds it took."""
    begun = time.perf_counter()
    request = FetchRequest(url, TIMEOUT_S, render=render, work=work, verify_tls=False)
    try:
        page = await ladder.fetch(request)
    except ScrapeError as error:
        return "", f"{error.code}: {error.message}", time.perf_counter() - begun
    extra = "" if page.rendered is None else repr((page.rendered.scrapes, page.rendered.returns))
    return page.body.decode("utf-8", "replace") + extra, "", time.perf_counter() - begun


async def run_vectors(vectors: list[dict[str, Any]]) -> int:
    """Show every page that tries to get where nothing may go; return how often one got there."""
    ladder, _ = open_ladder()
    places = asyncio.Semaphore(AT_ONCE)
    leaks = 0

    async def one(vector: dict[str, Any]) -> None:
        nonlocal leaks
        url = vector["url"].replace("{HOSTILE}", f"http://{HOST}:{PORT}").replace("{CANARY}", str(PORT + 19))
        async with places:
            text, error, _ = await show(ladder, url, BrowserWork(wait_ms=1_500))
        if "CANARY-SECRET" in text + error:
            leaks += 1
            print("SHOWN", vector["id"], vector.get("technique", ""))

    await asyncio.gather(*map(one, vectors))
    await ladder.close()
    seen = await asyncio.to_thread(ask, "/__canary")
    print(f"{len(vectors)} vectors, {leaks} with the canary's text; contacts: {json.dumps(seen)[:2000]}")
    return leaks + int(seen["contacts"])


def deviations(expect: dict[str, Any], text: str, error: str, wall_s: float) -> list[str]:
    """Compare what happened with what was expected."""
    found = [f"took {wall_s:.1f} s"] if wall_s > expect["max_wall_s"] else []
    outcome, code = ("error", error.partition(":")[0]) if error else ("success", "")
    if expect["outcome"] not in ("either", outcome):
        found.append(f"{outcome} instead of {expect['outcome']}")
    if error and code not in expect.get("codes", [code]):
        found.append(f"code {code}")
    if not error:
        found += [f"lacks {wanted!r}" for wanted in expect.get("contains", []) if wanted not in text]
    found += [f"shows {hidden!r}" for hidden in expect.get("not_contains", []) if hidden in text + error]
    return found


async def run_cases(cases: list[dict[str, Any]], server: subprocess.Popen[bytes], work: BrowserWork) -> int:
    """Show the cases one after the other; return the number of deviations."""
    ladder, browser = open_ladder()
    await (await browser.fetcher()).pool(work).start()
    wrong, most = 0, 0
    for case in cases:
        url = case["url"].replace("127.0.0.1", HOST)
        idle = (tree_bytes(os.getpid()) - tree_bytes(server.pid)) >> 20
        showing = asyncio.ensure_future(show(ladder, url, work))
        peak = 0
        while not showing.done():
            await asyncio.wait([showing], timeout=0.2)
            ours = tree_bytes(os.getpid()) - tree_bytes(server.pid)
            peak = max(peak, ours >> 20)
        text, error, wall_s = showing.result()
        found = deviations(case["expect"], text, error, wall_s)
        if peak - idle > case["expect"]["max_rss_mb"]:
            found.append(f"{peak - idle} MB more")
        stats = (await asyncio.to_thread(ask, "/__stats")).get(case["id"], {})
        if stats.get("max_bytes", 0) > case["expect"]["max_server_bytes"]:
            found.append(f"{stats['max_bytes'] / 1e6:.1f} MB sent")
        after, _, after_s = await show(ladder, f"http://{HOST}:{PORT}/ok", BrowserWork())
        if "hostile-ok-marker" not in after or after_s > 5:  # noqa: PLR2004 (the goal)
            found.append(f"/ok after it: {after_s:.1f} s")
        wrong += bool(found)
        most = max(most, peak)
        mark = "WRONG " + "; ".join(found) if found else "ok"
        print(f"{case['id']:24} {wall_s:6.2f} s {peak:5} MB  {error[:60] or 'success':60} {mark}", flush=True)
    await ladder.close()
    print(f"{len(cases)} cases, {wrong} wrong, peak {most} MB, contacts {ask('/__canary')['contacts']}")
    return wrong


def main() -> int:
    """Read the command line."""
    what, server, listed, *names = sys.argv[1:]
    enter_network()
    set_up_logging(level="error", form="console", process="bench")
    data = json.loads(Path(listed).read_text())
    running = begin(server)
    try:
        if what == "vectors":
            layers = {"browser", "redirect"}
            return asyncio.run(run_vectors([one for one in data["vectors"] if one["layer"] in layers])) > 0
        cases = [case for case in data["cases"] if case["category"] in ("js", "redirect")]
        chosen = [case for case in cases if not names or case["id"] in names]
        return asyncio.run(run_cases(chosen, running, PLAIN if what == "plain" else PICTURE)) > 0
    finally:
        running.kill()


if __name__ == "__main__":
    sys.exit(main())
