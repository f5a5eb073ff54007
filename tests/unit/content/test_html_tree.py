from __future__ import annotations

import pytest

from webkiln.content import html_tree


def test_the_body_or_the_whole_tree_when_there_is_none():
    tree = html_tree.parse("<p>x")
    body = html_tree.body_of(tree)
    assert isinstance(body, html_tree.Element)
    assert body.tag == "body"
    frames = html_tree.parse("<frameset><frame src=a></frameset>")
    assert html_tree.body_of(frames) is frames


def test_select_finds_in_document_order_and_refuses_what_is_no_selector():
    tree = html_tree.parse("<p id=a></p><div><p id=b></p></div>")
    assert [element.attr("id") for element in html_tree.select(tree, "p")] == ["a", "b"]
    with pytest.raises(html_tree.InvalidSelector):
        html_tree.select(tree, "p[")


@pytest.mark.parametrize("word", ["Promo", "PROMO", "promo"])
def test_find_containing_reads_names_and_values_of_attributes_in_any_case(word):
    tree = html_tree.parse(
        "<p class='big-PROMO'></p><p id=promo1></p><p data-promo=1></p><p title=x>promo</p>"
    )
    assert len(html_tree.find_containing(tree, word)) == 3


def test_find_containing_takes_quotes_for_characters():
    tree = html_tree.parse("""<p title="it's"></p><p title='"'></p>""")
    assert len(html_tree.find_containing(tree, "'")) == 1
    assert len(html_tree.find_containing(tree, '"')) == 1


@pytest.mark.parametrize(
    ("html", "blank"),
    [
        ("", True),
        ("<div> \n\t</div><!-- c -->", True),
        ("<p>x", False),
        ("<img src=a>", False),
        ("<p>&nbsp;", True),
    ],
)
def test_blank_pages_show_neither_text_nor_images(html, blank):
    assert html_tree.is_blank(html_tree.body_of(html_tree.parse(html))) is blank


def test_pages_of_usual_size_are_read_whole():
    html = "<p>x</p>" * 100_000
    assert html_tree.readable_part(html) is html


def test_pages_of_millions_of_tags_are_cut():
    html = "<i>" * 3_000_000
    assert html_tree.readable_part(html).count("<") == 2_000_000


def test_elements_closed_in_themselves_hold_nothing_in_xhtml():
    page = "<html><head><title/><script src='a.js' /></head><body><p>x<a id='b'/>y</p><br/></body></html>"
    assert html_tree.body_of(html_tree.parse(page, xhtml=True)).inner_html == '<p>x<a id="b"></a>y</p><br>'
    assert html_tree.is_blank(html_tree.body_of(html_tree.parse(page)))


def test_null_characters_and_broken_references_are_replaced():
    tree = html_tree.parse("<p>a\0b&#0;c&#xD800;d&#1114112;")
    assert html_tree.body_of(tree).text == "ab\ufffdc\ufffdd\ufffd"
