from __future__ import annotations

import orjson
import pytest

from webkiln.contract.scrape import ScrapeRequest
from webkiln.contract.wire import parse_body
from webkiln.errors import BadRequest


def read(*actions, **options):
    raw = orjson.dumps({"url": "https://a.test", "actions": list(actions), **options})
    return parse_body(ScrapeRequest, raw)[0].actions


def refused(*actions, **options):
    with pytest.raises(BadRequest) as caught:
        read(*actions, **options)
    return caught.value


@pytest.mark.parametrize(
    "action",
    [
        {"type": "wait", "milliseconds": 1},
        {"type": "wait", "selector": "#a"},
        {"type": "click", "selector": "#a", "all": True},
        {"type": "screenshot", "fullPage": True, "quality": 80, "viewport": {"width": 800, "height": 600}},
        {"type": "write", "text": "a"},
        {"type": "press", "key": "Enter"},
        {"type": "scroll", "direction": "up", "selector": "#a"},
        {"type": "scrape"},
        {"type": "executeJavascript", "script": "1"},
        {"type": "pdf", "format": "A4", "landscape": True, "scale": 0.5},
    ],
)
def test_every_action_is_read_and_given_back(action):
    assert read(action)[0].to_wire() == action


def test_unknown_keys_of_an_action_are_dropped():
    assert read({"type": "scrape", "note": "x"})[0].to_wire() == {"type": "scrape"}


@pytest.mark.parametrize(
    "action",
    [
        {"type": "jump"},
        {"type": "click"},
        {"type": "wait", "milliseconds": 0},
        {"type": "wait", "milliseconds": 5, "selector": "a"},
        {"type": "scroll", "direction": "left"},
        {"type": "pdf", "format": "B5"},
        "scrape",
        None,
    ],
)
def test_no_actions(action):
    assert refused(action).details[0]["path"][:2] == ["actions", 0]


def test_fifty_actions_are_enough():
    assert len(read(*[{"type": "scrape"}] * 50)) == 50
    assert refused(*[{"type": "scrape"}] * 51).message == "Number of actions cannot exceed 50"


def test_waits_add_up_to_a_minute_at_most():
    text = "Total wait time (waitFor + wait actions) cannot exceed 60 seconds"
    read({"type": "wait", "milliseconds": 59_000}, {"type": "wait", "selector": "a"})
    assert (
        refused({"type": "wait", "milliseconds": 59_001}, {"type": "wait", "selector": "a"}).message == text
    )
    assert refused({"type": "wait", "milliseconds": 30_001}, waitFor=30_000).message == text
