from dataclasses import replace

import pytest

from webkiln import errors
from webkiln.api.auth import Auth, RateLimit
from webkiln.operations.keys import Keys
from webkiln.operations.search import Searched

JOB = "0198a000-0000-7000-8000-00000000abcd"


class Searching:
    """Stands at the seam to the operation."""

    def __init__(self, answer=None):
        self.answer = answer
        self.asked = []

    async def run(self, caller, request, warnings):
        self.asked.append((caller, request, warnings))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
def door(dial, parts):
    """Make a client of a door to this operation."""
    return lambda search, **more: dial(replace(parts, search=search, **more))


async def test_hits_are_sent_as_they_are(door):
    found = Searched(
        JOB, {"web": [b'{"url": "a"}', b'{"url":"b"}'], "local": []}, 4, ["One thing", "Another."]
    )
    answer = await door(Searching(found)).post("/v2/search", json={"query": "clay"})
    assert answer.content == (
        b'{"success":true,"data":{"web":[{"url": "a"},{"url":"b"}],"local":[]},'
        b'"creditsUsed":4,"id":"' + JOB.encode() + b'","warning":"One thing. Another."}'
    )


async def test_without_hits_or_warnings_the_answer_is_short(door):
    answer = await door(Searching(Searched(JOB))).post("/v2/search", json={"query": "clay"})
    assert answer.json() == {"success": True, "data": {}, "creditsUsed": 0, "id": JOB}


@pytest.mark.parametrize("body", [b'{"query":3}', b"{}", b"[]", b'{"query":"a","x":1}'])
async def test_a_body_that_breaks_the_schema_has_no_code(door, body):
    answer = await door(Searching()).post("/v2/search", content=body)
    assert answer.status_code == 400
    assert set(answer.json()) == {"success", "error", "details"}
    assert answer.json()["error"].startswith("Invalid request body: ")


async def test_what_is_no_json_is_told_as_everywhere(door):
    answer = await door(Searching()).post("/v2/search", content=b"{")
    assert (answer.status_code, answer.json()["code"]) == (400, "BAD_REQUEST_INVALID_JSON")


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (errors.SearchFailed("none"), 500, "SEARCH_FAILED"),
        (errors.SearchNotConfigured(), 400, "SEARCH_NOT_CONFIGURED"),
        (errors.ScrapeTimeout("late"), 408, "SCRAPE_TIMEOUT"),
        (errors.BadRequest("not indexed"), 400, "BAD_REQUEST"),
    ],
)
async def test_errors_of_the_operation_have_their_own_bodies(door, error, status, code):
    answer = await door(Searching(error)).post("/v2/search", json={"query": "clay"})
    assert (answer.status_code, answer.json()["code"], answer.json()["error"]) == (
        status,
        code,
        error.message,
    )


async def test_a_limit_of_credits_has_to_reach_for_what_it_may_cost(door, lifecycle, clock):
    keys = Keys(lifecycle.database, clock=clock)
    key = await keys.create(name="small", credit_limit=6)
    search = Searching(Searched(JOB))
    client = door(search)
    client.headers["Authorization"] = f"Bearer {key}"
    body = {"query": "clay", "limit": 5, "scrapeOptions": {"formats": ["markdown"]}}
    assert (await client.post("/v2/search", json=body)).status_code == 402
    assert (await client.post("/v2/search", json={**body, "limit": 4})).status_code == 200
    assert len(search.asked) == 1


async def test_searches_have_a_window_of_their_own(door, lifecycle, clock):
    auth = Auth(Keys(lifecycle.database, clock=clock), RateLimit(1, clock), everybody=None)
    client = door(Searching(Searched(JOB)), auth=auth)
    statuses = [(await client.post("/v2/search", json={"query": "clay"})).status_code for _ in range(2)]
    assert statuses == [200, 429]


async def test_pages_learn_where_links_into_the_server_begin(door):
    search = Searching(Searched(JOB))
    await door(search, public_url="https://kiln.example/").post("/v2/search", json={"query": "clay"})
    assert search.asked[0][0].base_url == "https://kiln.example"
