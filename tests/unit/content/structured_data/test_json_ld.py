from __future__ import annotations

import json

import pytest

from webkiln.content.html_tree import parse
from webkiln.content.structured_data.json_ld import (
    is_linked_data,
    read_items,
    read_linked_data,
    text_of,
    types_of,
)


def things(*bodies, kind="application/ld+json"):
    html = "".join(f'<script type="{kind}">{body}</script>' for body in bodies)
    return read_linked_data(
        script for script in parse(html).iter_elements("script") if is_linked_data(script)
    )


def names(found):
    return [thing["name"] for thing in found]


@pytest.mark.parametrize(
    "body",
    [
        '{"name": "kiln"}',
        '\n [{"name": "kiln"}] ;\n',
        '<!-- {"name": "kiln"} -->',
        '//<![CDATA[\n{"name": "kiln"}\n//]]>',
        '/*<![CDATA[*/{"name": "kiln"}/*]]>*/',
        '{"name": "kiln", "text": "a\nb\tc"}',
    ],
)
def test_a_script_is_read_however_it_is_wrapped(body):
    assert names(things(body)) == ["kiln"]


@pytest.mark.parametrize("kind", ["application/ld+json", "Application/LD+JSON; charset=utf-8"])
def test_its_type_may_be_written_in_any_way(kind):
    assert names(things('{"name": "kiln"}', kind=kind)) == ["kiln"]


@pytest.mark.parametrize("kind", ["text/javascript", "application/json", ""])
def test_other_scripts_describe_nothing(kind):
    assert things('{"name": "kiln"}', kind=kind) == []


def test_what_stands_inside_comes_after_what_it_is_in():
    graph = {"@graph": [{"name": "a", "part": {"name": "c"}}, {"name": "b"}]}
    assert names(things(json.dumps(graph), '{"name": "z"}')[1:]) == ["z", "a", "b", "c"]


@pytest.mark.parametrize("body", ["{", "nul", "", "[" * 100_000, '{"a":' * 100_000, "9" * 10_000, '"text"'])
def test_a_broken_script_is_passed_over(body):
    assert names(things(body, '{"name": "kiln"}')) == ["kiln"]


def test_no_page_is_read_without_end():
    assert len(things(json.dumps([{}] * 50_000))) < 10_001
    assert things(json.dumps({"name": "x" * 1_000_000}), '{"name": "kiln"}') == []


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("NewsArticle", ["NewsArticle"]),
        (["schema:Person", "http://schema.org/Thing"], ["Person", "Thing"]),
        (None, []),
        ([1, {}], []),
    ],
)
def test_a_type_is_named_without_its_vocabulary(kind, told):
    assert list(types_of({"@type": kind})) == told


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (" Ida  Ton\n", "Ida Ton"),
        ({"name": "Ida Ton"}, "Ida Ton"),
        ({"@value": "Ida Ton"}, "Ida Ton"),
        ({"name": ["Ida Ton", "I. Ton"]}, "Ida Ton"),
        ({"url": "/ida"}, ""),
        (7, ""),
        ([], ""),
    ],
)
def test_a_thing_is_called_by_its_name(value, text):
    assert text_of(value) == text


def items(*bodies):
    html = "".join(f'<script type="application/ld+json">{body}</script>' for body in bodies)
    return read_items(parse(html).iter_elements("script"))


def test_things_are_items_with_short_names():
    item, offer = items(
        '{"@context": "https://schema.org", "@type": ["schema:Product", "http://schema.org/Thing"],'
        '"schema:name": "Kiln", "weight": 7, "new": true, "offers": {"@type": "Offer", "price": 9.5}}'
    )
    assert item.types == {"product", "thing"}
    assert (item.text("name"), item.text("weight"), item.text("new")) == ("Kiln", "7", "true")
    assert (item.items("offers"), offer.via, offer.holder) == ([offer], "offers", item)
    assert offer.text("price") == "9.5"


def test_values_keep_their_order_however_they_are_wrapped():
    (item,) = items('{"a": ["1", {"@value": "2"}, ["3", {"@list": ["4", "5"]}], {"@set": "6"}]}')
    assert item.texts("a") == ["1", "2", "3", "4", "5", "6"]


def test_a_graph_may_have_a_name_of_its_own():
    kiln, page = items('{"@graph": [{"name": "kiln"}], "@id": "#g", "name": "page"}')
    assert (kiln.text("name"), page.text("name")) == ("kiln", "page")


def test_what_is_referred_to_stands_in_its_place():
    menu = '{"@id": "#m", "@type": "Menu", "part": [{"@id": "#b"}, {"@id": "#a"}]}'
    parts = '{"@id": "#a", "name": "a"}', '{"@id": "#b", "name": "b", "of": {"@id": "#m"}}'
    found = items(menu, f"[{','.join(parts)}]")
    assert found[0].texts("part") == ["b", "a"]
    assert found[2].items("of") == [found[0]]
    assert found[1].via == "part"


def test_what_is_referred_to_and_nowhere_stays_a_name():
    (page,) = items('{"about": {"@id": "https://elsewhere.test/"}}')
    assert page.items("about")[0].identifier == "https://elsewhere.test/"


def test_a_broken_script_says_what_can_be_mended():
    assert items('{"name": "kiln", "price": "9",}')[0].text("price") == "9"
    assert things('{"name": "kiln",}') == [{"name": "kiln"}]
