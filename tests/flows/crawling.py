"""Crawls of the sites in `smallweb.catalogue`: started, waited for, and compared with the truth."""

from __future__ import annotations

import re
import time
from collections import Counter
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from flows.client import Api
from flows.mortal import patient
from smallweb import SITES, Truth, crawl_truth, identity

if TYPE_CHECKING:
    from collections.abc import Iterable

PATH = "/v2/crawl"
PLAIN = {"formats": ["markdown"], "maxAge": 0}
_PORT = re.compile(r"(?<=\.test):\d+")


def portless(url: str) -> str:
    """Return an address as the catalogue has it."""
    return _PORT.sub("", url)


def at(web: Any, url: str) -> str:
    """Return an address of the catalogue as the running site has it."""
    parts = urlsplit(url)
    port = {"http": web.http_port, "https": web.https_port}[parts.scheme]
    usual = {"http": 80, "https": 443}[parts.scheme]
    return url if port == usual else url.replace(parts.netloc, f"{parts.netloc}:{port}", 1)


def begin(api: Api, url: str, **options: Any) -> str:
    """Start a crawl; return its id."""
    answer = api.post(PATH, {"url": url, "scrapeOptions": PLAIN, **options})
    assert answer.status == 200, answer.body
    return str(answer.body["id"])


def status(api: Api, job_id: str, query: str = "?limit=1") -> dict[str, Any]:
    """Ask how a crawl stands."""
    answer = api.get(f"{PATH}/{job_id}{query}")
    assert answer.status == 200, answer.body
    return dict(answer.body)


def wait(api: Api, job_id: str, *, within_s: float = 60) -> dict[str, Any]:
    """Wait for a crawl's end, whoever is killed meanwhile; return how it stands then."""
    end = time.monotonic() + within_s
    while (found := patient(partial(status, api, job_id)))["status"] == "scraping":
        assert time.monotonic() < end, f"not in time: {found | {'data': None}}"
        time.sleep(0.03)
    return found


def documents(api: Api, job_id: str) -> list[dict[str, Any]]:
    """Return all documents of a crawl, following `next`."""
    found: list[dict[str, Any]] = []
    query = "?limit=500"
    while True:
        page = patient(partial(status, api, job_id, query))
        found += page["data"]
        if "next" not in page:
            return found
        query = f"?{urlsplit(page['next']).query}"


@dataclass(frozen=True)
class Crawled:
    """What a crawl has come to, in the addresses of the catalogue.

    `pages` counts the final URLs of its documents, by what makes them one page.
    """

    status: dict[str, Any]
    pages: Counter[str]
    sources: Counter[str]
    blocked: Counter[str]
    errors: dict[str, str]


def outcome(api: Api, job_id: str, *, similar: bool = True, within_s: float = 60) -> Crawled:
    """Wait for a crawl and return what it has come to."""
    ended = wait(api, job_id, within_s=within_s)
    found = [page["metadata"] for page in documents(api, job_id)]
    failures = api.get(f"{PATH}/{job_id}/errors").body
    assert len(found) == ended["completed"]
    return Crawled(
        ended,
        Counter(identity(portless(page["url"]), similar=similar) for page in found),
        Counter(portless(page["sourceURL"]) for page in found),
        Counter(portless(url) for url in failures["robotsBlocked"]),
        {portless(error["url"]): error.get("code", "") for error in failures["errors"]},
    )


def expected(url: str, **options: Any) -> Truth:
    """Return what a crawl from an address of the catalogue has to find."""
    return crawl_truth(SITES, portless(url), **options)


def deviations(crawled: Crawled, truth: Truth) -> dict[str, Any]:
    """Say where a crawl that had no limit differs from the truth; nothing when they agree."""
    denied = {url for url, code in crawled.errors.items() if code == "CRAWL_DENIAL"}
    counted = (crawled.pages, crawled.sources, crawled.blocked)
    found = {
        "status": [] if crawled.status["status"] == "completed" else [crawled.status["status"]],
        "pages": differences(crawled.pages, truth.pages),
        "blocked": differences(map(identity, crawled.blocked), map(identity, truth.blocked)),
        "failed": differences(map(identity, crawled.errors), map(identity, truth.failed | truth.denied)),
        "denied": differences(map(identity, denied), map(identity, truth.denied)),
        "twice": [url for counts in counted for url, times in counts.items() if times > 1],
    }
    return {what: where for what, where in found.items() if where}


def differences(found: Iterable[str], true: Iterable[str]) -> dict[str, list[str]]:
    """Return what is missing and what is too much; nothing when there is no difference."""
    found, true = set(found), set(true)
    sides = {"missing": sorted(true - found), "too much": sorted(found - true)}
    return {side: urls for side, urls in sides.items() if urls}
