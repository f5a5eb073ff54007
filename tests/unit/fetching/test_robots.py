from __future__ import annotations

import asyncio

import pytest

from unit.fetching.scripted import ScriptedFetcher, answer
from webkiln import errors
from webkiln.fetching.robots import KEPT_S, SHORTLY_S, STALE_S, Robots, RobotsRules

PAGE = "https://site.example/page"
NO_PAGE = b"User-agent: *\nDisallow: /page\n"
NO_ANSWER = [
    errors.ConnectionFailed("ERR_CONNECTION_REFUSED: tried it"),
    errors.ScrapeTimeout("ERR_TIMED_OUT: tried it"),
    errors.SiteFailed("ERR_INVALID_HTTP_RESPONSE: tried it"),
    errors.NothingScraped("ERR_INVALID_HTTP_RESPONSE: tried it"),
    answer(b"User-agent: *\nAllow: /", 500),
    answer(b"", 503),
    answer(b"", 599),
]


class Time:
    def __init__(self):
        self.now = 1e9

    def __call__(self):
        return self.now


def made(*answers):
    fetcher, clock = ScriptedFetcher(*answers), Time()
    return Robots(fetcher, clock=clock), fetcher, clock


async def test_the_file_is_asked_for_within_bounds():
    robots, fetcher, _ = made(answer(NO_PAGE))
    rules = await robots.rules("https://site.example:8443/a/b?c#d")
    assert isinstance(rules, RobotsRules)
    assert not rules.allows("https://site.example:8443/page")
    (request,) = fetcher.requests
    assert request.url == "https://site.example:8443/robots.txt"
    assert (request.timeout_s, request.max_redirects, request.first_bytes) == (10, 5, 500 * 1024)
    assert request.render == "never"


@pytest.mark.parametrize("status", [200, 203, 206])
async def test_an_answer_is_the_rules(status):
    robots, _, _ = made(answer(NO_PAGE, status))
    assert not (await robots.rules(PAGE)).allows(PAGE)


@pytest.mark.parametrize("status", [301, 304, 400, 401, 403, 404, 410, 429, 451])
async def test_no_file_forbids_nothing(status):
    robots, _, _ = made(answer(NO_PAGE, status))
    assert (await robots.rules(PAGE)).allows(PAGE)


@pytest.mark.parametrize("given", NO_ANSWER)
async def test_a_site_that_cannot_say_is_asked_again_after_a_while(given):
    robots, fetcher, clock = made(given, answer(NO_PAGE))
    assert (await robots.rules(PAGE)).allows(PAGE)
    clock.now += SHORTLY_S - 1
    assert (await robots.rules(PAGE)).allows(PAGE)
    assert len(fetcher.requests) == 1
    clock.now += 2
    assert not (await robots.rules(PAGE)).allows(PAGE)


@pytest.mark.parametrize("given", NO_ANSWER)
async def test_what_a_site_said_before_holds_on_while_it_cannot_say(given):
    robots, fetcher, clock = made(answer(NO_PAGE), given)
    await robots.rules(PAGE)
    asked_at = clock.now
    for later in (KEPT_S + 1, KEPT_S + SHORTLY_S + 2, STALE_S - 1):
        clock.now = asked_at + later
        rules = await robots.rules(PAGE)
        assert not rules.allows(PAGE)
        assert rules.allows("https://site.example/other")
    assert len(fetcher.requests) == 4
    clock.now = asked_at + STALE_S + SHORTLY_S
    assert (await robots.rules(PAGE)).allows(PAGE)


@pytest.mark.parametrize(
    "error",
    [
        errors.NameNotResolved("ERR_NAME_NOT_RESOLVED: tried it"),
        errors.BlockedAddress(),
        errors.TlsFailed("ERR_SSL_PROTOCOL_ERROR: tried it"),
        errors.InvalidTarget("a redirect to ftp:"),
        errors.SiteFailed("ERR_TOO_MANY_REDIRECTS: tried it, gave up after 5 redirects"),
    ],
)
async def test_a_failure_that_the_page_shares_is_left_to_the_page(error):
    robots, fetcher, clock = made(error, answer(NO_PAGE))
    assert (await robots.rules(PAGE)).allows(PAGE)
    clock.now += SHORTLY_S + 1
    assert not (await robots.rules(PAGE)).allows(PAGE)
    assert len(fetcher.requests) == 2


async def test_rules_hold_for_a_day():
    robots, fetcher, clock = made(answer(NO_PAGE), answer(b""))
    for later in (0, 1, KEPT_S - 2):
        clock.now += later
        assert not (await robots.rules(PAGE)).allows(PAGE)
    assert len(fetcher.requests) == 1
    clock.now += 2
    assert (await robots.rules(PAGE)).allows(PAGE)


async def test_origins_and_robots_have_rules_of_their_own():
    robots, fetcher, _ = made(answer(b"User-agent: foobot\nDisallow: /"))
    assert (await robots.rules(PAGE)).allows(PAGE)
    assert not (await robots.rules(PAGE, agent="FooBot")).allows(PAGE)
    await robots.rules("http://site.example/page")
    await robots.rules("https://site.example:444/page")
    await robots.rules("https://site.example/other", agent="FooBot")
    assert len(fetcher.requests) == 4


async def test_a_large_file_is_read_too():
    robots, _, _ = made(answer(b"#" * 100_000 + b"\n" + NO_PAGE))
    assert not (await robots.rules(PAGE)).allows(PAGE)


async def test_sitemaps_are_relative_to_where_the_file_was_found():
    robots, _, _ = made(answer(b"Sitemap: /s.xml", url="https://www.site.example/robots.txt"))
    assert (await robots.rules(PAGE)).sitemaps == ("https://www.site.example/s.xml",)


class Held(ScriptedFetcher):
    """Answers when the test says so."""

    def __init__(self, *answers):
        super().__init__(*answers)
        self.asked = asyncio.Event()
        self.go = asyncio.Event()

    async def fetch(self, request):
        self.asked.set()
        await self.go.wait()
        return await super().fetch(request)


async def test_who_asks_at_once_shares_a_fetch_that_outlives_one_of_them():
    fetcher = Held(answer(NO_PAGE))
    robots = Robots(fetcher)
    first, *others = (asyncio.create_task(robots.rules(PAGE)) for _ in range(20))
    await fetcher.asked.wait()
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    fetcher.go.set()
    assert {rules.allows(PAGE) for rules in await asyncio.gather(*others)} == {False}
    assert len(fetcher.requests) == 1
    assert first.cancelled()
    await robots.rules(PAGE)
    assert len(fetcher.requests) == 1


async def test_a_fault_of_ours_reaches_all_who_wait_and_is_not_kept():
    robots, _, _ = made(RuntimeError("ours"), answer(NO_PAGE))
    results = await asyncio.gather(*(robots.rules(PAGE) for _ in range(3)), return_exceptions=True)
    assert [type(result) for result in results] == [RuntimeError] * 3
    assert not (await robots.rules(PAGE)).allows(PAGE)


async def test_a_thousand_origins_are_remembered_and_the_idle_forgotten():
    robots, fetcher, _ = made(answer(NO_PAGE))
    for number in range(1_000):
        await robots.rules(f"https://site{number}.example/")
    await robots.rules("https://site0.example/")
    assert len(fetcher.requests) == 1_000
    await robots.rules("https://one-more.example/")
    await robots.rules("https://site0.example/")
    assert len(fetcher.requests) == 1_001
    await robots.rules("https://site1.example/")
    assert len(fetcher.requests) == 1_002


async def test_large_files_are_remembered_as_far_as_memory_for_them_goes():
    robots, fetcher, _ = made(answer(b"User-agent: *\nDisallow: /" + b"x" * 499_000 + b"\n"))
    for number in range(200):
        await robots.rules(f"https://site{number}.example/")
    for number in range(190, 200):
        await robots.rules(f"https://site{number}.example/")
    assert len(fetcher.requests) == 200
    await robots.rules("https://site0.example/")
    assert len(fetcher.requests) == 201
