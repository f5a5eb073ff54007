import asyncio

import pytest
from aiohttp import web
from structlog.testing import capture_logs

from smallsearch import KEY
from webkiln.websearch.failover import AllFailed, Failover
from webkiln.websearch.query import Found, Hit, ProviderFailed, Query
from webkiln.websearch.searxng import SearXNG
from webkiln.websearch.serper import Serper


class Scripted:
    def __init__(self, name, answer):
        self.name = name
        self.answer = answer
        self.asked = 0

    async def search(self, _query):
        self.asked += 1
        if isinstance(self.answer, BaseException):
            raise self.answer
        if self.answer is None:
            await asyncio.Event().wait()
        return self.answer


FOUND = Found((Hit("https://a.test/"),))


async def test_the_first_that_answers_is_the_answer():
    first, second = Scripted("one", FOUND), Scripted("two", FOUND)
    answer = await Failover([first, second]).search(Query("a"), 10)
    assert (answer.found, answer.provider, answer.warnings, second.asked) == (FOUND, "one", [], 0)


async def test_an_empty_answer_is_an_answer():
    first, second = Scripted("one", Found(())), Scripted("two", FOUND)
    assert (await Failover([first, second]).search(Query("a"), 10)).found.hits == ()
    assert second.asked == 0


async def test_the_next_is_asked_when_one_fails_and_both_are_named():
    first, second = (
        Scripted("one", ProviderFailed("HTTP 500")),
        Scripted("two", Found((), ("x has no effect",))),
    )
    with capture_logs() as logged:
        answer = await Failover([first, second]).search(Query("a"), 10)
    assert answer.warnings == [
        "Degraded search: one failed (HTTP 500); two answered instead",
        "Search by two: x has no effect",
    ]
    assert [(line["provider"], line["reason"]) for line in logged] == [("one", "HTTP 500")]


SILENT = Found((), silent=("bing (timeout)", "mojeek (suspended)"))
UNHEARD = "of its engines these did not answer: bing (timeout), mojeek (suspended)"


async def test_nothing_found_while_engines_did_not_answer_is_no_answer_yet():
    first, second = Scripted("one", SILENT), Scripted("two", FOUND)
    answer = await Failover([first, second]).search(Query("a"), 10)
    assert (answer.found, answer.provider) == (FOUND, "two")
    assert answer.warnings == [
        f"Degraded search: one failed (it found nothing, and {UNHEARD}); two answered instead"
    ]


async def test_nothing_found_elsewhere_either_tells_who_did_not_answer():
    answer = await Failover([Scripted("one", SILENT), Scripted("two", Found(()))]).search(Query("a"), 10)
    assert (answer.found.hits, answer.provider) == ((), "two")
    assert UNHEARD in answer.warnings[0]


async def test_nothing_found_is_the_answer_when_nobody_knows_better():
    providers = [Scripted("one", SILENT), Scripted("two", ProviderFailed("HTTP 500"))]
    answer = await Failover(providers).search(Query("a"), 10)
    assert (answer.found, answer.provider) == (SILENT, "one")
    assert answer.warnings == [
        "Degraded search: two failed (HTTP 500); one answered instead",
        f"Search by one: {UNHEARD}",
    ]
    answer = await Failover(providers[:1]).search(Query("a"), 10)
    assert answer.warnings == [f"Search by one: {UNHEARD}"]


async def test_hits_are_an_answer_also_when_an_engine_did_not_answer():
    partly, second = Scripted("one", Found(FOUND.hits, silent=("bing (CAPTCHA)",))), Scripted("two", FOUND)
    answer = await Failover([partly, second]).search(Query("a"), 10)
    assert (answer.provider, second.asked) == ("one", 0)
    assert answer.warnings == ["Search by one: of its engines these did not answer: bing (CAPTCHA)"]


async def test_one_that_hangs_leaves_its_successors_their_share():
    answer = await Failover([Scripted("one", None), Scripted("two", FOUND)]).search(Query("a"), 0.2)
    assert answer.provider == "two"
    assert answer.failures[0].startswith("one failed (no answer within 0.1")


async def test_when_all_fail_each_says_why():
    providers = [Scripted("one", ProviderFailed("HTTP 500")), Scripted("two", ProviderFailed("HTTP 401"))]
    with pytest.raises(AllFailed, match=r"one failed \(HTTP 500\); two failed \(HTTP 401\)"):
        await Failover(providers).search(Query("a"), 10)


async def test_nobody_to_ask_is_false():
    assert not Failover([])
    assert Failover([Scripted("one", FOUND)])


@pytest.mark.parametrize(
    ("status", "text"),
    [(500, ""), (429, ""), (402, "{}"), (200, "<html>"), (200, '{"organic": {}}'), (302, "")],
)
async def test_whatever_goes_wrong_over_http_another_answers_and_no_key_is_told(
    asking, engines, status, text
):
    async def instead(_request):
        return web.Response(status=status, text=text, headers={"Location": "/elsewhere"})

    engines.instead["serper"] = instead
    serper = Serper(asking, KEY, address=engines.url("serper"))
    with capture_logs() as logged:
        found = await Failover([serper, SearXNG(asking, engines.url("searxng"))]).search(Query("clay"), 10)
    assert (found.provider, bool(found.found.hits), len(found.failures)) == ("searxng", True, 1)
    assert KEY not in repr((found, logged))
    assert engines.asked[0].headers["X-API-KEY"] == KEY


async def test_no_key_is_told_when_nobody_answers(asking, engines):
    async def echoing(request):
        return web.Response(status=401, text=f"bad key {request.headers['X-API-KEY']}")

    engines.instead["serper"] = echoing
    with capture_logs() as logged, pytest.raises(AllFailed) as caught:
        await Failover([Serper(asking, KEY, address=engines.url("serper"))]).search(Query("clay"), 10)
    assert str(caught.value) == "serper failed (HTTP 401)"
    assert KEY not in repr(logged)


async def test_connections_are_closed_with_it():
    closed = asyncio.Event()

    async def close():
        closed.set()

    await Failover([], close).close()
    assert closed.is_set()
    await Failover([]).close()
