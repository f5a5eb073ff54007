from __future__ import annotations

import pytest

from webkiln.content.html_tree import parse
from webkiln.content.structured_data.microdata import read_microdata

SHOP = "https://schema.org/"


def items(html):
    return read_microdata(parse(html))


def plain(item):
    """Return an item as a plain value, its type under `is`."""
    found = {
        name: [value if isinstance(value, str) else plain(value) for value in values]
        for name, values in item.properties.items()
    }
    return {"is": sorted(item.types), **found} if item.types else found


def test_an_item_has_the_properties_inside_it():
    (kiln,) = items(
        f'<div itemscope itemtype="{SHOP}Product"><h2 itemprop="name">Small <b>kiln</b></h2>'
        '<p>in <span itemprop="color">grey</span> or <i itemprop="color">red</i></p></div>'
        '<p itemprop="name">not of it</p>'
    )
    assert plain(kiln) == {"is": ["product"], "name": ["Small kiln"], "color": ["grey", "red"]}


def test_an_item_may_hold_others():
    kiln, offer = items(
        f'<div itemscope itemtype="{SHOP}Product"><div itemprop="offers" itemscope itemtype="{SHOP}Offer">'
        '<meta itemprop="price" content="99"></div><b itemprop="name">kiln</b></div>'
    )
    assert plain(kiln) == {
        "is": ["product"], "offers": [{"is": ["offer"], "price": ["99"]}], "name": ["kiln"],
    }  # fmt: skip
    assert (offer.via, offer.holder) == ("offers", kiln)


@pytest.mark.parametrize(
    ("element", "value"),
    [
        ('<meta itemprop="p" content="12">', "12"),
        ('<span itemprop="p" content="12.00">12,00</span>', "12.00"),
        ('<a itemprop="url" href="/kiln">kiln</a>', "/kiln"),
        ('<a itemprop="name" href="/kiln">kiln</a>', "kiln"),
        ('<link itemprop="availability" href="https://schema.org/InStock">', "https://schema.org/InStock"),
        ('<img itemprop="image" src="k.png" alt="kiln">', "k.png"),
        ('<img itemprop="brand" src="k.png" alt="Lehm">', "Lehm"),
        ('<data itemprop="p" value="7">seven</data>', "7"),
        ('<time itemprop="p" datetime="2026-01-01">new year</time>', "2026-01-01"),
        ('<object itemprop="p" data="k.svg"></object>', "k.svg"),
        (f'<b itemprop="{SHOP}p"> a\n b </b>', "a b"),
    ],
)
def test_each_element_tells_its_value_in_its_own_way(element, value):
    (item,) = items(f"<div itemscope>{element}</div>")
    assert [value] in item.properties.values()


def test_an_item_may_refer_to_properties_that_stand_elsewhere():
    (kiln,) = items(
        '<p id="a" itemprop="name">kiln</p><div itemscope itemref="a c"></div>'
        '<p id="b"><i itemprop="x">1</i></p>'
        '<div id="c"><p><b itemprop="color">red</b></p></div>'
    )
    assert plain(kiln) == {"name": ["kiln"], "color": ["red"]}


def test_no_page_is_read_without_end():
    assert len(items("<div itemscope itemprop=a>" * 30_000)) <= 10_000
    assert len(items("<div itemscope>" + "<i itemprop=a>x" * 3_000)[0].properties["a"]) < 50
    assert items("<p>nothing</p>") == []
