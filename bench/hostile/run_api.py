"""Scrape the pages of a misbehaving web server through a running Webkiln, several at a time.

    python bench/hostile/run_api.py INDEX.json [CATEGORY …]

`INDEX.json` is what `run_http.py` reads; its server runs already. A server of Webkiln with two workers
is started beside it. Prints every deviation, and how much more memory all of Webkiln's processes took
than while they were idle; the exit status is 1 when an outcome was wrong.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from pathlib import Path
from typing import Any

from run_http import SKIPPED, TIMEOUT_S, ask, canary, deviations

sys.path.insert(0, str(Path(__file__).parents[1]))

from running import Webkiln, webkiln

AT_ONCE = 6
EVERY_S = 0.1
WARM_S = 3.0


class Memory(threading.Thread):
    """Watches the memory of a server's processes, in MiB, until told to stop."""

    def __init__(self, server: Webkiln) -> None:
        """Start at once; what is there now counts as idle."""
        super().__init__(daemon=True)
        self._server = server
        self._over = threading.Event()
        self.idle = self.peak = server.memory().pss
        self.start()

    def run(self) -> None:
        """Note the highest figure."""
        while not self._over.wait(EVERY_S):
            self.peak = max(self.peak, self._server.memory().pss)

    def stop(self) -> None:
        """End the watch."""
        self._over.set()
        self.join()


def scrape(server: Webkiln, case: dict[str, Any]) -> dict[str, Any]:
    """Scrape one case, over a connection of its own."""
    body: dict[str, Any] = {"url": case["url"], "timeout": TIMEOUT_S * 1000, "maxAge": 0}
    body["formats"] = ["markdown", "rawHtml"]
    body["skipTlsVerification"] = case["category"] != "tls"
    if case["id"] == "redirect-cross-origin-echo":
        body["headers"] = {"Authorization": "Bearer SECRET-AUTH", "Cookie": "s=SECRET-COOKIE"}
    result: dict[str, Any] = {"outcome": "success", "code": "", "text": "", "error": ""}
    started = time.perf_counter()
    status, answer = Webkiln(server.pid, server.port).call("POST", "/v2/scrape", body)
    result["wall"] = time.perf_counter() - started
    said = json.loads(answer)
    if status == HTTPStatus.OK:
        document = said["data"]
        result["text"] = f"{document.get('markdown')} {document.get('rawHtml')}"
    else:
        result |= {"outcome": "error", "code": said.get("code", str(status)), "error": said["error"]}
    return result


def run_cases(server: Webkiln, index: dict[str, Any], categories: set[str]) -> int:
    """Run the cases, six at a time; return the number of deviations."""
    cases = [
        case
        for case in index["cases"]
        if "http" in case["engines"] and case["category"] not in SKIPPED
        if not categories or case["category"] in categories
    ]
    wrong = 0

    def one(case: dict[str, Any]) -> None:
        nonlocal wrong
        result = scrape(server, case)
        if found := deviations(case, result):
            wrong += 1
            print(f"{case['id']:34} {result['wall']:6.2f} s  {result['code']:30} WRONG {'; '.join(found)}")
            if result["error"]:
                print(f"      {result['error'][:300]}")

    memory = Memory(server)
    with ThreadPoolExecutor(AT_ONCE) as places:
        list(places.map(one, cases))
    memory.stop()
    print(
        f"{len(cases)} cases, {wrong} wrong; memory idle {memory.idle:.0f} MiB, at most"
        f" {memory.peak - memory.idle:.0f} more; {canary(index)}; ready {server.ready()}"
    )
    return wrong


def main() -> int:
    """Read the command line."""
    index = json.loads(Path(sys.argv[1]).read_text())
    ask(index, "/__reset", b"")
    pins = {"WEBKILN_RESOLVE": f"localhost:{index['host']}", "WEBKILN_ALLOW_NETWORKS": f"{index['host']}/32"}
    with webkiln(name="hostile", settings=pins) as server:
        scrape(server, index["cases"][0])  # what is loaded with the first page is no growth
        time.sleep(WARM_S)
        return run_cases(server, index, set(sys.argv[2:])) > 0


if __name__ == "__main__":
    sys.exit(main())
