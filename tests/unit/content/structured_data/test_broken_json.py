from __future__ import annotations

import json

import pytest

from webkiln.content.structured_data.broken_json import read_broken_json

BOWL = {"name": "bowl", "price": "12"}


@pytest.mark.parametrize(
    "text",
    [
        '{"name": "bowl", "price": "12",}',
        '{"name": "bowl" "price": "12"}',
        '{"name": "bowl"\n"price": "12"}',
        "{'name': 'bowl', 'price': '12'}",
        "{name: 'bowl', price: 12}",
        '{"name": "bowl", "price": 12',
        '{"name": "bowl", /* net */ "price": "12"}',
        '{"name": "bowl", // of clay\n "price": "12"}',
        '{"name": "bowl",, "price": "12"};',
        '\ufeff{"name": "bowl", "price": "12"}}',
        'var it = {"name": "bowl", "price": "12"}',
    ],
)
def test_what_templates_break_is_mended(text):
    with pytest.raises(ValueError, match=r"."):
        json.loads(text)
    assert read_broken_json(text) == BOWL


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"name": "a 12" bowl", "n": 1.5}', {"name": 'a 12" bowl', "n": 1.5}),
        ('{"name": "the "good" bowl, fired", "n": true}', {"name": 'the "good" bowl, fired', "n": True}),
        (r'{"name": "a\u00e9\n\/\q", "n": null,}', {"name": "aé\n/q", "n": None}),
        ('{"a": [1.5, {"b": "c"}, "d",], "e": {"f": []}', {"a": [1.5, {"b": "c"}, "d"], "e": {"f": []}}),
        ('{"a": "x"}{"b": "y"}', [{"a": "x"}, {"b": "y"}]),
        ('{"a": [{"b": "c"}, "d": "e"}', {"a": [{"b": "c"}, "d", "e"]}),
    ],
)
def test_what_is_said_is_kept(text, value):
    assert read_broken_json(text) == value


@pytest.mark.parametrize("text", ["", "{", "nul", '"text"', "[" * 100_000, '{"a":' * 100_000, "9" * 10_000])
def test_what_says_nothing_is_no_value(text):
    with pytest.raises(ValueError, match=r"no value|too deep"):
        read_broken_json(text)
