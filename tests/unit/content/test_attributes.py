from __future__ import annotations

import pytest

from webkiln.content.attributes import InvalidSelector, values_of
from webkiln.content.html_tree import parse


def test_values_in_document_order_without_the_elements_that_lack_the_attribute():
    tree = parse('<a href="/1" data-x="">a</a><a>b</a><p><a href="/2">c</a></p>')
    assert values_of(tree, "a", "href") == ["/1", "/2"]
    assert values_of(tree, "a", "data-x") == [""]
    assert values_of(tree, "b", "href") == []


def test_the_head_can_be_asked_too():
    assert values_of(parse('<meta name=a content="x">'), "meta[name=a]", "content") == ["x"]


def test_what_is_no_selector_is_refused():
    with pytest.raises(InvalidSelector):
        values_of(parse("<p>"), "p[[", "id")
