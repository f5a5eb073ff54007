from __future__ import annotations

from webkiln.content.html_tree import parse
from webkiln.content.structured_data.rdfa import read_rdfa


def items(html):
    return read_rdfa(parse(html))


def test_items_are_read_with_what_they_hold():
    kiln, offer = items(
        '<div vocab="https://schema.org/" typeof="Product"><b property="name">Kiln</b>'
        '<div property="offers" typeof="Offer"><span property="price" content="99.50">99,50</span>'
        "</div></div>"
    )
    assert (kiln.types, kiln.text("name"), kiln.items("offers")) == (frozenset({"product"}), "Kiln", [offer])
    assert (offer.text("price"), offer.via, offer.holder) == ("99.50", "offers", kiln)


def test_a_prefix_is_no_part_of_a_name():
    (kiln,) = items(
        '<div prefix="s: https://schema.org/" typeof="s:Product"><b property="s:name">Kiln</b></div>'
    )
    assert (kiln.types, kiln.text("name")) == (frozenset({"product"}), "Kiln")


def test_tags_of_the_head_are_no_items():
    assert items('<meta property="og:title" content="kiln"><p>x') == []


def test_no_page_is_read_without_end():
    assert len(items("<div vocab=x typeof=a property=b>" * 30_000)) <= 10_000
