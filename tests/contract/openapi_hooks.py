"""Hooks for schemathesis: half of the generated bodies scrape pages that exist, and a check of our own.

Made-up URLs seldom name a host, so without the first the tests would never get past the address check.
Loaded by name through SCHEMATHESIS_HOOKS; `SMALLWEB_URL` says where the small web answers.
"""

from __future__ import annotations

import os
import zlib
from typing import Any

import schemathesis

PATHS = [
    "/i/1",
    "/links?count=5",
    "/charset/koi8-r",
    "/status/404",
    "/redirect/2",
    "/json",
    "/text",
    "/large?kb=50",
]
# A 500 with one of these says that the page failed, not the server (contract §6).
PAGE_FAILURES = {
    "SCRAPE_ALL_ENGINES_FAILED",
    "SCRAPE_SITE_ERROR",
    "SCRAPE_SSL_ERROR",
    "SCRAPE_UNSUPPORTED_FILE_ERROR",
}


@schemathesis.check
def no_fault_of_ours(
    _context: schemathesis.CheckContext, response: schemathesis.Response, case: schemathesis.Case
) -> None:
    """Fail on every 5xx but a page's own failure on POST /v2/scrape, and a site's on POST /v2/map."""
    if response.status_code < 500:
        return
    failures = {"/v2/scrape": PAGE_FAILURES, "/v2/map": {"MAP_FAILED"}}.get(case.path, set())
    failed_page = any(f'"{code}"' in response.text for code in failures)
    if not failed_page:
        raise AssertionError(f"{response.status_code} {response.text[:300]}")


def _page(seed: int) -> str:
    return os.environ["SMALLWEB_URL"] + PATHS[seed % len(PATHS)]


def _webhook(given: dict[str, Any]) -> Any:
    address = f"{os.environ['SMALLWEB_URL']}/hook/openapi"
    return {**given["webhook"], "url": address} if isinstance(given["webhook"], dict) else address


@schemathesis.hook
def map_body(context: schemathesis.HookContext, body: Any) -> Any:  # noqa: ARG001 - the hook's signature
    """Point the URLs of every other body at the small web; leave its mistakes as they are."""
    if not isinstance(body, dict):
        return body
    seed = zlib.crc32(repr(sorted(body)).encode() + repr(body.get("url", body.get("urls"))).encode())
    if seed & 1:
        return body
    changed = dict(body)
    if isinstance(body.get("url"), str):
        changed["url"] = _page(seed >> 1)
    if isinstance(body.get("urls"), list) and body["urls"]:
        changed["urls"] = [_page((seed >> 1) + place) for place in range(len(body["urls"][:20]))]
    if isinstance(body.get("webhook"), str | dict):
        changed["webhook"] = _webhook(body)
    return changed
