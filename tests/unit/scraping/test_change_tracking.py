import json

import pytest

from webkiln.scraping.change_tracking import Remembered, Tracking, compare

WHEN = "2026-11-30T08:00:00.000Z"
MENU = "# Menu\n\n- Soup 4\n- Bread 2\n"


def earlier(markdown, **more):
    return Tracking(compare(markdown, 200, Tracking()).remembered, WHEN, **more)


def test_what_nobody_has_seen_before_is_new():
    tracked = compare(MENU, 200, Tracking(with_diff=True))
    assert tracked.field == {"previousScrapeAt": None, "changeStatus": "new", "visibility": "visible"}
    assert tracked.warnings == ()


@pytest.mark.parametrize(
    "now",
    [
        MENU,
        MENU.replace("\n", "\n\n\n"),
        "# Menu\n\n- Bread 2\n- Soup 4\n",
        "#Menu\t- Soup\u00a04 -\u3000Bread 2",
    ],
)
def test_white_space_and_order_change_nothing(now):
    tracked = compare(now, 200, earlier(MENU, with_diff=True))
    assert tracked.field == {"previousScrapeAt": WHEN, "changeStatus": "same", "visibility": "visible"}


@pytest.mark.parametrize(
    "now", ["# Menu\n\n- Soup 5\n- Bread 2\n", "# Menu\n\n- Soup 4\n", "# menu\n\n- Soup 4\n- Bread 2\n"]
)
def test_another_character_is_a_change(now):
    assert compare(now, 200, earlier(MENU)).field["changeStatus"] == "changed"


def test_lines_are_told_only_to_who_asks_for_them():
    now = MENU.replace("4", "5")
    assert "diff" not in compare(now, 200, earlier(MENU)).field
    diff = compare(now, 200, earlier(MENU, with_diff=True)).field["diff"]
    assert diff["text"] == "@@ -1,4 +1,4 @@\n # Menu\n \n-- Soup 4\n+- Soup 5\n - Bread 2"
    assert [len(file["chunks"]) for file in diff["json"]["files"]] == [1]


@pytest.mark.parametrize("status", [404, 410])
@pytest.mark.parametrize("before", [Tracking(with_diff=True), earlier(MENU, with_diff=True)])
def test_a_page_that_is_gone_is_removed_whatever_it_says(status, before):
    field = compare("# Not here", status, before).field
    assert (field["changeStatus"], "diff" in field) == ("removed", False)


def test_another_error_is_a_page_like_any_other():
    assert compare("# Members only", 403, earlier(MENU)).field["changeStatus"] == "changed"


def test_a_page_that_nothing_leads_to_is_hidden():
    assert compare(MENU, 200, earlier(MENU, hidden=True)).field["visibility"] == "hidden"


def test_of_a_page_without_text_nothing_is_remembered():
    tracked = compare(" \n", 404, earlier(MENU))
    assert (tracked.field["changeStatus"], tracked.remembered) == ("removed", None)


def test_of_a_page_that_is_too_large_it_is_remembered_whether_it_changed():
    large = "kiln " * 500_000
    before = earlier(large, with_diff=True)
    assert before.earlier.markdown is None
    assert before.size == 0
    assert compare(large, 200, before).field["changeStatus"] == "same"
    tracked = compare(MENU, 200, before)
    assert (tracked.field["changeStatus"], "diff" in tracked.field) == ("changed", False)
    assert "too large to be kept" in tracked.warnings[0]


def test_a_diff_that_would_be_too_long_says_so():
    many = "\n".join(f"line {n}" for n in range(60_000))
    tracked = compare(many.replace("line", "row"), 200, earlier(many, with_diff=True))
    assert tracked.warnings == ("Too much of the page has changed; the diff tells only the beginning of it",)
    assert len(tracked.field["diff"]["text"]) < 1_500_000
    one_line = "x" * 1_500_000
    tracked = compare(one_line.replace("x", "y"), 200, earlier(one_line, with_diff=True))
    assert "diff" not in tracked.field
    assert tracked.warnings == ("Too much of the page has changed; the diff tells none of it",)


@pytest.mark.parametrize(
    "tracking", [Tracking(), earlier(MENU, hidden=True, with_diff=True), earlier("é \ud800 \u0000" + MENU)]
)
def test_what_a_child_process_is_told_is_what_was_meant(tracking):
    assert Tracking.decode(json.loads(json.dumps(tracking.encode()))) == tracking


def test_what_is_remembered_comes_back_from_a_child_process():
    kept = compare(MENU, 200, Tracking()).remembered
    assert Remembered.decode(json.loads(json.dumps(kept.encode()))) == kept
    assert earlier(MENU, with_diff=True).size == len(MENU)
