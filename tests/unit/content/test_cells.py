from __future__ import annotations

import pytest

from webkiln.content import to_markdown

HEAD = "<tr><th>A</th><th>B</th></tr>"
DASHES = "| A | B |\n| --- | --- |\n"


def written(html: str) -> str:
    return to_markdown(html, "https://site.test/", only_main_content=False)


@pytest.mark.parametrize(
    ("cell", "line"),
    [
        ("<ul><li>red</li><li><a href='/g'>green</a></li></ul>", "red<br>[green](https://site.test/g)"),
        ("<ol>\n<li>mix</li>\n<li>bake</li>\n</ol>", "1. mix<br>2. bake"),
        ("Colours:<ul><li>red</li><li>green</li></ul>and more", "Colours:<br>red<br>green<br>and more"),
        ("<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>", "a<br>b<br>c"),
        ("<pre>make\nmake test</pre>", "`make`<br>`make test`"),
        (
            "<table><tr><th>w</th><th>h</th></tr><tr><td>2 m</td><td>1 m</td></tr></table>",
            "w: h<br>2 m: 1 m",
        ),
        ("<p>one</p><p>two</p>", "one two"),
        ("a<br>b", "a b"),
        ("&lt;br&gt;", r"\<br>"),
    ],
)
def test_a_cell_keeps_what_stands_in_lines(cell, line):
    assert written(f"<table>{HEAD}<tr><td>x</td><td>{cell}</td></tr></table>") == f"{DASHES}| x | {line} |"


def test_titles_in_every_cell_of_the_first_row_are_its_head():
    html = "<table><tr><td><h3>A</h3></td><td><h3>B</h3></td></tr><tr><td>1</td><td>2</td></tr></table>"
    assert written(html) == f"{DASHES}| 1 | 2 |"


def test_titles_in_a_table_that_places_things_stay_titles():
    html = "<table><tr><td><h3>A</h3><p>x</p></td><td><h3>B</h3></td></tr></table>"
    assert written(html) == "### A\n\nx\n\n### B"


def test_a_table_around_tables_without_a_head_only_places_them():
    html = f"<table><tr><td>left</td><td><table>{HEAD}<tr><td>1</td><td>2</td></tr></table></td></tr></table>"
    assert written(html) == f"left\n\n{DASHES}| 1 | 2 |"


def test_tables_in_tables_in_tables_are_no_data():
    html = "".join(f"<table><tr><th>A{n}</th><th>B</th></tr><tr><td>" for n in range(30))
    assert written(html).startswith("A0\n\nB")
