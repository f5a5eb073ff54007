"""What a worker does: the handler of every kind of work, and the lanes that the kinds share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from webkiln.engine.handlers import Lane
from webkiln.fetching.politeness import Resting
from webkiln.fetching.robots import Robots
from webkiln.fetching.sitemaps import Sitemaps
from webkiln.operations import webhooks
from webkiln.operations.crawl_memory import CrawlMemory
from webkiln.operations.crawl_task import CrawlHandler
from webkiln.operations.kinds import BATCH_SCRAPE, CRAWL, MAP, SCRAPE, SEARCH, shown
from webkiln.operations.map_cache import MapCache
from webkiln.operations.map_survey import Tools
from webkiln.operations.map_task import MapHandler
from webkiln.operations.page_task import PageHandler
from webkiln.operations.specs import Specs
from webkiln.operations.webhooks import WebhookHandler

if TYPE_CHECKING:
    from collections.abc import Container

    from webkiln.fetching.fetcher import Fetcher
    from webkiln.fetching.sender import WebhookSender
    from webkiln.scraping.scraper import Scraper
    from webkiln.settings import Settings
    from webkiln.wiring.browser import Browser
    from webkiln.wiring.foundation import Foundation

# Slots besides those of batches, so that neither a client who waits nor a receiver queues behind them.
_INTERACTIVE_SLOTS = 16
# A delivery takes a socket and its event, no processor; a job has one at a time, so a slow receiver has
# one slot for each of its jobs.
_DELIVERY_SLOTS = 64
_MAP_SLOTS = 4  # each fetches several pages at once
# Seconds after which a task is given up, far beyond what all its own limits allow together: a page may
# take five minutes, and wait as long for the browser and to be read; a map may take an hour.
_INTERACTIVE_S = 900.0
_BATCH_S = 3_600.0
_MAP_S = 2 * 3_600.0
_DELIVERY_S = 900.0


def lanes_of(
    settings: Settings,
    base: Foundation,
    scraper: Scraper,
    http: Fetcher,
    sender: WebhookSender,
    browser: Browser | None,
    names: Container[str],
) -> list[Lane]:
    """Return all lanes; robots.txt and sitemaps are fetched over `http`, `names` need no public ending."""
    specs = Specs(base.database)
    pages = PageHandler(
        specs,
        scraper,
        default_timeout_s=settings.fetch.scrape_timeout_s,
        max_tries=settings.engine.max_tries,
        allow_names=names,
        resting=Resting(),
        clock=base.clock,
    )
    robots, sitemaps = Robots(http, clock=base.clock), Sitemaps(http)
    memory = CrawlMemory(base.database, base.clock)
    crawls = CrawlHandler(specs, pages, robots, sitemaps, memory, allow_names=names, clock=base.clock)
    maps = MapHandler(
        specs,
        Tools(scraper, robots, sitemaps),
        MapCache(base.database),
        default_timeout_s=settings.fetch.map_timeout_s,
        most_pages=settings.fetch.map_pages,
        clock=base.clock,
    )
    deliveries = WebhookHandler(base.database, specs, sender, settings.webhook, clock=base.clock)
    slots = settings.engine.worker_concurrency
    # No more pages are taken for a browser than it can show at once. Without one they are taken all the
    # same, for somebody has to say so.
    places = 1 if browser is None else browser.places
    return [
        Lane("batches", slots, {BATCH_SCRAPE: pages, CRAWL: crawls}, ahead=slots, limit_s=_BATCH_S),
        Lane("interactive", _INTERACTIVE_SLOTS, {SCRAPE: pages}, urgent=True, limit_s=_INTERACTIVE_S),
        # Of their own: the many pages of a search must not stand before somebody's one.
        Lane("searches", _INTERACTIVE_SLOTS, {SEARCH: pages}, urgent=True, limit_s=_INTERACTIVE_S),
        Lane("maps", _MAP_SLOTS, {MAP: maps}, urgent=True, limit_s=_MAP_S),
        Lane("shown batches", places, {shown(BATCH_SCRAPE): pages, shown(CRAWL): crawls}, limit_s=_BATCH_S),
        Lane("shown interactive", places, {shown(SCRAPE): pages}, urgent=True, limit_s=_INTERACTIVE_S),
        Lane("shown searches", places, {shown(SEARCH): pages}, urgent=True, limit_s=_INTERACTIVE_S),
        # Urgent, for the next event of an outbox waits until this one is stored.
        Lane("deliveries", _DELIVERY_SLOTS, {webhooks.KIND: deliveries}, urgent=True, limit_s=_DELIVERY_S),
    ]
