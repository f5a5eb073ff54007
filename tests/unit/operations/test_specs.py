import asyncio

import orjson

from engine.scenes import new_job
from webkiln.contract.scrape import ScrapeOptions
from webkiln.engine.submitting import Submission
from webkiln.operations.specs import PageSpec, Specs
from webkiln.store import jobs

SENT = {
    "formats": ["markdown", {"type": "attributes", "selectors": [{"selector": "a", "attribute": "href"}]}],
    "onlyMainContent": False,
    "headers": {"X-A": "ü"},
    "timeout": 5_000,
    "location": {"country": "DE", "languages": ["de"]},
    "maxAge": 0,
}


def test_a_spec_is_read_back_as_it_was():
    options = ScrapeOptions.model_validate(SENT)
    spec = PageSpec(
        options,
        warnings=("w",),
        outbox_id="box",
        page_events=True,
        deadline=12.5,
        base_url="https://kiln.test",
    )
    back = PageSpec.decode(orjson.loads(spec.encode()))
    assert back.options == options
    assert (back.warnings, back.outbox_id, back.page_events, back.deadline) == (("w",), "box", True, 12.5)
    assert back.base_url == "https://kiln.test"


def test_a_spec_of_an_older_release_is_read_too():
    kept = orjson.loads(PageSpec(ScrapeOptions(), base_url="https://kiln.test").encode())
    del kept["base_url"]
    assert PageSpec.decode(kept).base_url == ""


def test_what_was_not_said_is_not_stored():
    """A later release may default otherwise; the default is its business."""
    assert orjson.loads(PageSpec(ScrapeOptions()).encode())["options"] == {}


async def test_specs_are_read_once_and_the_oldest_forgotten(lifecycle, clock, database):
    made = []
    for number in range(300):
        job = new_job(clock)
        body = PageSpec(ScrapeOptions(), warnings=(str(number),)).encode()
        await lifecycle.submit(Submission(job, body, ["https://site.test/"]))
        made.append(await database.read(lambda connection, job=job: jobs.spec_of(connection, job.id)))
    reads = []

    class Counting:
        async def read(self, work):
            reads.append(work)
            return await database.read(work)

    specs = Specs(Counting())
    assert [(await specs.page(spec_id)).warnings for spec_id in made[:3]] == [("0",), ("1",), ("2",)]
    assert (await specs.page(made[1])) is (await specs.page(made[1]))
    assert len(reads) == 3
    for spec_id in made:
        await specs.page(spec_id)
    assert len(specs._pages) == len(specs._raw) == 256
    assert await specs.page("0198a000-0000-7000-8000-00000000abcd") is None


class Counting:
    """A real database that counts its readings."""

    def __init__(self, database):
        self.database = database
        self.readings = 0

    async def read(self, work):
        self.readings += 1
        return await self.database.read(work)


async def test_tasks_that_begin_together_ask_once(database, clock):
    made = new_job(clock)
    spec_id = await database.write(lambda connection: jobs.insert_spec(connection, made.id, b'{"n":1}'))
    counting = Counting(database)
    specs = Specs(counting)
    assert await asyncio.gather(*(specs.raw(spec_id) for _ in range(64))) == [{"n": 1}] * 64
    assert counting.readings == 1


async def test_one_that_is_cancelled_while_it_asks_leaves_the_others_their_answer(database, clock):
    made = new_job(clock)
    spec_id = await database.write(lambda connection: jobs.insert_spec(connection, made.id, b'{"n":1}'))
    specs = Specs(database)
    first, second = (asyncio.create_task(specs.raw(spec_id)) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    assert await second == {"n": 1}
