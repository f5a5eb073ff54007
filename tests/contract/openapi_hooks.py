"""Hooks for schemathesis: half of the generated bodies scrape pages that exist.

Made-up URLs seldom name a host, so without this the tests would never get past the address check.
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
