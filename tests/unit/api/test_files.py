import dataclasses

import pytest

from webkiln import errors
from webkiln.operations.files import File

NAME = f"2999-01-01T00/{'0' * 40}"


class Shelf:
    """Has one file, of whatever kind, under every name; or does not answer."""

    def __init__(self, answer):
        self.answer = answer
        self.asked = []

    async def read(self, name):
        self.asked.append(name)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
def shelved(dial, parts):
    """Make a client, without a key, of a door whose files are these."""

    def make(answer):
        shelf = Shelf(answer)
        return shelf, dial(dataclasses.replace(parts, files=shelf), None)

    return make


@pytest.mark.parametrize(
    ("left_s", "fresh_s"), [(0.4, 0), (59.9, 59), (86_399, 86_399), (86_400, 86_400), (89_000, 86_400)]
)
async def test_a_copy_is_fresh_as_long_as_the_file_is_there_and_for_a_day_at_most(shelved, left_s, fresh_s):
    _, client = shelved(File(b"x", "image/png", left_s))
    answer = await client.get(f"/files/{NAME}.png")
    assert answer.headers["cache-control"] == f"private, max-age={fresh_s}"


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_a_store_that_does_not_answer_is_503(shelved, method):
    _, client = shelved(errors.Unavailable("The blob store cannot be used: it failed", 3))
    answer = await client.request(method, f"/files/{NAME}.png")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "3")


async def test_the_operation_judges_every_name_as_it_came(shelved):
    shelf, client = shelved(errors.NotFound("File not found."))
    answers = [await client.get(f"/files/{name}") for name in (f"{NAME}.png", "..%2fx", "a/..%2f..%2fb", "x")]
    assert shelf.asked == [f"{NAME}.png", "../x", "a/../../b", "x"]
    assert {(answer.status_code, answer.content) for answer in answers} == {
        (404, b'{"success":false,"error":"File not found."}')
    }


async def test_html_is_never_shown_as_ours(shelved):
    _, client = shelved(File(b"<script>", "text/html", 60))
    answer = await client.get(f"/files/{NAME}.html")
    assert answer.headers["content-type"] == "text/html"
    assert answer.headers["content-disposition"].startswith("attachment;")
