"""What becomes of pages that take too long or too much: always a document or an error, never this process."""

import asyncio
import contextlib
import json

import pytest

from engine.scripted import maker, until
from webkiln import errors
from webkiln.contract.scrape import ScrapeOptions
from webkiln.fetching.page import Page, Rendered
from webkiln.parsing.job import JobDied, JobOutOfMemory, JobOverdue, Work
from webkiln.scraping import documents
from webkiln.scraping.documents import Asked
from webkiln.scraping.making import LARGEST_HERE, Maker, Worth
from webkiln.scraping.wishes import Wishes

URL = "https://site.test/"
SMALL = b"<title>T</title><p>word"
LARGE = SMALL + b" word" * LARGEST_HERE
COSTLY = "p:has(~ p ~ z)"


def page(body=LARGE, **more):
    return Page(URL, URL, 200, (("content-type", "text/html"),), "", body, body, 0.0, **more)


def asked(**options):
    return Asked(Wishes.of(ScrapeOptions.model_validate(options)), {"scrapeId": "s"}, {}, ("a warning",))


def read(made):
    return json.loads(made.document)


class Pool:
    """Stands for the children: does the jobs here, or ends them as the test says."""

    most_bytes = 100 << 20

    def __init__(self, *endings):
        self.endings = list(endings)
        self.jobs = []

    async def do(self, job):
        self.jobs.append(job)
        if self.endings and (ending := self.endings.pop(0)) is not None:
            raise ending
        return documents.make_in_child(Work(job.options, lambda _: None, job.body))


def made_with(pool, **more):
    return Maker(pool, marking=lambda _: contextlib.nullcontext(), most_s=20.0, **more)


WORTH = Worth("task", 60.0)


@pytest.fixture
async def at_work():
    """A maker with children of its own."""
    made = maker()
    yield made
    await made._pool.close()


@pytest.mark.parametrize("rendered", [None, Rendered(), Rendered(brand={"colours": []})])
async def test_a_child_makes_the_document_that_is_made_here(at_work, rendered):
    here = asked(formats=["markdown", "html", "links", "rawHtml", "images"], excludeTags=["b"])
    one = page(SMALL, rendered=rendered, notes=("a note",))
    careful = Worth("task", 60.0, careful=True)
    made = [await at_work.document(one, here, worth) for worth in (WORTH, careful)]
    assert made[0] == made[1]
    assert read(made[0])["warning"] == "a warning. a note."


@pytest.mark.parametrize(
    ("body", "options", "worth", "in_child"),
    [
        (SMALL, {}, WORTH, False),
        (SMALL, {"includeTags": ["p"]}, WORTH, False),
        (SMALL, {"excludeTags": ["p ~ p"]}, WORTH, True),
        (SMALL, {}, Worth("task", 60.0, careful=True), True),
        (LARGE, {}, WORTH, True),
    ],
)
async def test_what_may_take_long_is_done_in_a_child(body, options, worth, in_child):
    pool = Pool()
    await made_with(pool).document(page(body), asked(**options), worth)
    assert len(pool.jobs) == in_child


async def test_one_that_begins_carefully_reads_all_pages_in_children_for_a_while(clock):
    pool = Pool()
    maker = made_with(pool, careful=True, clock=clock)
    await maker.document(page(SMALL), asked(), WORTH)
    assert len(pool.jobs) == 1
    clock.advance(61)
    await maker.document(page(SMALL), asked(), WORTH)
    assert len(pool.jobs) == 1


@pytest.mark.parametrize("ending", [JobOverdue(), JobDied()])
async def test_each_page_that_would_have_stopped_this_process_makes_one_careful(clock, ending):
    pool = Pool(ending)
    maker = made_with(pool, clock=clock)
    await maker.document(page(SMALL), asked(excludeTags=["a b"]), WORTH)
    assert len(pool.jobs) == 2
    clock.advance(59)
    await maker.document(page(SMALL), asked(), WORTH)
    assert len(pool.jobs) == 3
    clock.advance(2)
    await maker.document(page(SMALL), asked(), WORTH)
    assert len(pool.jobs) == 3


async def test_a_page_that_cost_another_worker_its_life_is_a_warning_to_this_one(clock):
    pool = Pool()
    maker = made_with(pool, clock=clock)
    await maker.document(page(SMALL), asked(), Worth("task", 60.0, careful=True))
    await maker.document(page(SMALL), asked(), WORTH)
    assert len(pool.jobs) == 2


async def test_neither_a_large_page_nor_a_selector_says_anything_of_small_pages(clock):
    pool = Pool(JobOverdue(COSTLY), None, JobDied())
    maker = made_with(pool, clock=clock)
    await maker.document(page(SMALL), asked(excludeTags=[COSTLY]), WORTH)
    await maker.document(page(), asked(), WORTH)
    count = len(pool.jobs)
    await maker.document(page(SMALL), asked(), WORTH)
    assert len(pool.jobs) == count


async def test_a_page_has_its_own_time_and_never_more_than_the_setting():
    pool = Pool()
    await made_with(pool).document(page(), asked(), Worth("task", 7.0))
    await made_with(pool).document(page(), asked(), Worth("task", 70.0))
    assert [job.limit_s for job in pool.jobs] == [7.0, 20.0]
    with pytest.raises(errors.ScrapeTimeout, match="longer than 7 s"):
        await made_with(Pool(JobOverdue())).document(page(), asked(), Worth("task", 7.0))


async def test_a_selector_that_takes_too_long_is_left_out_and_named():
    pool = Pool(JobOverdue(COSTLY))
    made = read(await made_with(pool).document(page(), asked(excludeTags=[COSTLY, "b"]), WORTH))
    assert COSTLY in made["warning"]
    assert "take too long" in made["warning"]
    assert "word" in made["markdown"]
    assert [job.limit_s for job in pool.jobs] == [5.0, 20.0]


async def test_a_page_that_takes_too_long_without_them_as_well_ends():
    pool = Pool(JobOverdue(COSTLY), JobOverdue())
    with pytest.raises(errors.ScrapeTimeout):
        await made_with(pool).document(page(), asked(excludeTags=[COSTLY]), WORTH)


async def test_a_page_that_takes_long_before_any_selector_has_all_its_time_and_then_ends():
    pool = Pool(JobOverdue())
    made = read(await made_with(pool).document(page(), asked(excludeTags=[COSTLY]), WORTH))
    assert made["warning"] == "a warning."
    assert [job.limit_s for job in pool.jobs] == [5.0, 20.0]
    pool = Pool(JobOverdue(), JobOverdue())
    with pytest.raises(errors.ScrapeTimeout, match="longer than 20 s"):
        await made_with(pool).document(page(), asked(excludeTags=[COSTLY]), WORTH)


async def test_not_every_selector_of_many_has_its_turn_to_take_too_long():
    many = [f".c{number}" for number in range(100)]
    pool = Pool(*(JobOverdue(selector) for selector in many))
    with pytest.raises(errors.ScrapeTimeout, match=r"\.c3"):
        await made_with(pool).document(page(), asked(excludeTags=many), WORTH)
    assert len(pool.jobs) == 4


async def test_of_a_page_that_takes_too_much_memory_less_is_read():
    body = SMALL + b"<p>word" * 2_000_000
    pool = Pool(JobOutOfMemory())
    made = read(await made_with(pool).document(page(body), asked(), WORTH))
    assert "too large; only its first" in made["warning"]
    with pytest.raises(errors.MemoryExceeded, match="100 MiB"):
        await made_with(Pool(JobOutOfMemory(), JobOutOfMemory())).document(page(), asked(), WORTH)


async def test_a_page_under_which_a_child_dies_has_another_try():
    assert read(await made_with(Pool(JobDied())).document(page(), asked(), WORTH))["markdown"]
    with pytest.raises(errors.RetryLimit):
        await made_with(Pool(JobDied(), JobDied())).document(page(), asked(), WORTH)


async def test_who_waits_for_a_page_waits_no_longer_for_a_child():
    class Full(Pool):
        async def do(self, _):
            await asyncio.Event().wait()

    with pytest.raises(errors.ScrapeTimeout):
        await made_with(Full()).document(page(), asked(), Worth("task", 0.02, urgent=True))


@pytest.mark.parametrize(
    ("ending", "error"),
    [
        (JobOverdue(), errors.ScrapeTimeout),
        (JobOutOfMemory(), errors.MemoryExceeded),
        (JobDied(), errors.RetryLimit),
    ],
)
async def test_an_outline_ends_in_the_same_ways(ending, error):
    with pytest.raises(error):
        await made_with(Pool(ending)).outline(page(), WORTH)


async def test_an_outline_is_the_same_from_a_child(at_work):
    body = SMALL + b'<meta name=description content=d><a href="/x">x</a>'
    careful = Worth("task", 60.0, careful=True)
    outlines = [await at_work.outline(page(body), worth) for worth in (WORTH, careful)]
    assert outlines[0] == outlines[1]
    assert (outlines[0].title, outlines[0].hrefs) == ("T", ("/x",))


async def test_a_page_that_is_cancelled_leaves_no_child_behind(at_work):
    """For real: the square of 40,000 paragraphs."""
    slow = page(b"<body>" + b"<p>y</p>" * 40_000)
    running = asyncio.create_task(at_work.document(slow, asked(excludeTags=[COSTLY]), WORTH))
    await until(lambda: at_work._pool.pids)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert at_work._pool.pids == set()
