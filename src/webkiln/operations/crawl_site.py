"""What a worker keeps of a crawl that it has tasks of: its spec, its rules, and what robots.txt says."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from webkiln import errors
from webkiln.engine.outcome import NextTask
from webkiln.frontier.identity import visited_form, visited_key
from webkiln.frontier.rules import LinkRules
from webkiln.urls import InvalidUrl, authority_of, origin_of, parse_target

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Sequence

    from webkiln.fetching.robots import Robots, RobotsRules
    from webkiln.frontier.rules import Link
    from webkiln.operations.crawl_spec import CrawlSpec

ROBOTS_NOTE: Final = (
    "One or more pages were unable to be crawled because the robots.txt file prevented this. "
    "Please use the /scrape endpoint instead."
)
_JUDGED_KEPT: Final = 20_000


class CrawledSite:
    """The site of one crawl, as its tasks see it."""

    def __init__(self, spec: CrawlSpec, robots: Robots, allow_names: Container[str]) -> None:
        """Judge by the spec's rules; names in `allow_names` need no dot."""
        self.spec = spec
        self.rules = LinkRules(spec.origin, spec.links)
        self._robots = robots
        self._allow_names = allow_names
        self._judged: dict[str, bool] = {}

    def target(self, typed: str) -> str:
        """Return the normal form of a task's URL; raises InvalidTarget."""
        try:
            return parse_target(typed, self._allow_names)
        except InvalidUrl as error:
            raise errors.InvalidTarget(str(error)) from None

    def key(self, url: str) -> int:
        """Return what the page of a URL in normal form is known by."""
        links = self.spec.links
        form = visited_form(url, ignore_query=links.ignore_query_parameters, allow_names=self._allow_names)
        return visited_key(form, similar=links.deduplicate_similar_urls)

    def moved_to(self, url: str) -> CrawledSite | None:
        """Return the site that a start page led to by redirects; None where that is within this one.

        Another host takes the crawl with it (contract §21.1), and so does another path: `/docs/` that
        leads to `/docs`, or to `/manual/`, is that page. A start of `/` that leads to `/en/` is not narrowed.
        """
        if self.rules.contains(url):
            return None
        return CrawledSite(replace(self.spec, origin=url), self._robots, self._allow_names)

    async def robots(self, url: str) -> RobotsRules:
        """Return the rules of a URL's origin."""
        return await self._robots.rules(url, agent=self.spec.robots_agent)

    async def ask_robots(self, url: str) -> RobotsRules | None:
        """Return what a site asks of crawlers, None where that is ignored; raises RobotsBlocked."""
        if self.spec.ignore_robots:
            return None
        robots = await self.robots(url)
        if not self._allowed(robots, url):
            raise _blocked()
        return robots

    async def tasks(
        self, links: Sequence[Link], found_on: str, *, depth: int, priority: int
    ) -> list[NextTask]:
        """Make tasks of links, those that robots.txt forbids as failed ones.

        Of links to other origins it is asked when their turn comes.
        """
        if not links:
            return []
        robots = None if self.spec.ignore_robots else await self.robots(found_on)
        here = origin_of(found_on)
        tasks = []
        for link in links:
            error = None
            if robots is not None and link.url.startswith(here) and not self._allowed(robots, link.url):
                error = _blocked()
            tasks.append(NextTask(link.url, link.key, depth, priority, authority_of(link.url), error))
        return tasks

    def notes(self, tasks: Iterable[NextTask]) -> tuple[str, ...]:
        """Return what there is to say of traps, and of robots.txt where it forbade one of the tasks."""
        robots = (ROBOTS_NOTE,) if any(task.error is not None for task in tasks) else ()
        return (*self.rules.trap_warnings, *robots)

    def _allowed(self, robots: RobotsRules, url: str) -> bool:
        """Ask robots.txt; links in menus are on every page, so answers are remembered."""
        allowed = self._judged.get(url)
        if allowed is None:
            if len(self._judged) >= _JUDGED_KEPT:
                self._judged.clear()
            allowed = self._judged[url] = robots.allows(url)
        return allowed


def _blocked() -> errors.RobotsBlocked:
    return errors.RobotsBlocked("The site's robots.txt asks crawlers not to fetch the page.")
