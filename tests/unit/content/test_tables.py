from __future__ import annotations

import pytest

from webkiln.content import to_markdown


def written(html: str) -> str:
    return to_markdown(html, "https://site.test/", only_main_content=False)


@pytest.mark.parametrize(
    ("table", "markdown"),
    [
        (
            "<table><thead><tr><th>A<th>B</thead><tr><td>1<td>2</table>",
            "| A | B |\n| --- | --- |\n| 1 | 2 |",
        ),
        (
            "<table><caption>Of what</caption><tr><th>A<tr><td>1</table>",
            "Of what\n\n| A |\n| --- |\n| 1 |",
        ),
        (
            "<table><tr><th colspan=2>Wide<th>C<tr><td>1<td>2<td>3</table>",
            "| Wide |  | C |\n| --- | --- | --- |\n| 1 | 2 | 3 |",
        ),
        (
            "<table><tr><th>A<th>B<tr><td rowspan=2>x<td>1<tr><td>2<tr><td>y<td>3</table>",
            "| A | B |\n| --- | --- |\n| x | 1 |\n|  | 2 |\n| y | 3 |",
        ),
        (
            "<table><tr><td rowspan=2 colspan=2>x<td>1<tr><td>2</table>",
            "| x |  | 1 |\n| --- | --- | --- |\n|  |  | 2 |",
        ),
        (
            "<table><tr><th>A<th>B<tr><td>short<tr><td>1<td>2</table>",
            "| A | B |\n| --- | --- |\n| short |  |\n| 1 | 2 |",
        ),
        (
            "<table><tr><th>A<tr><td>a|b<br>c <code>x|y</code></table>",
            "| A |\n| --- |\n| a\\|b c `x\\|y` |",
        ),
        (
            "<table><tr><th>A<th>B<tr><td><ul><li>i<li>j</ul><td><p>p</p><p>q</p></table>",
            "| A | B |\n| --- | --- |\n| i<br>j | p q |",
        ),
        (
            "<table><tr><td rowspan=x colspan=-1>1<td colspan=0>2<tr><td>3<td>4</table>",
            "| 1 | 2 |\n| --- | --- |\n| 3 | 4 |",
        ),
    ],
)
def test_tables_of_data_are_pipe_tables(table, markdown):
    assert written(table) == markdown


@pytest.mark.parametrize(
    ("table", "markdown"),
    [
        ("<table role=presentation><tr><td>a</td><td>b</td></tr></table>", "a\n\nb"),
        ("<table><tr><td><h2>T</h2><p>x</p></td><td><h3>U</h3></td></tr></table>", "## T\n\nx\n\n### U"),
        (
            "<table><tr><td>side</td><td><table><tr><th>A<tr><td>1</table></td></tr></table>",
            "side\n\n| A |\n| --- |\n| 1 |",
        ),
        ("<table><tr><td>" + "long text " * 60 + "</td></tr></table>", ("long text " * 60).strip()),
    ],
)
def test_tables_that_only_place_things_are_unwrapped(table, markdown):
    assert written(table) == markdown


def test_a_table_of_data_may_have_headings_in_its_cells():
    table = "<table><thead><tr><th>A<th>B</thead><tr><td><h3>x</h3><td>1</table>"
    assert written(table) == "| A | B |\n| --- | --- |\n| x | 1 |"


def test_spans_of_any_size_add_a_bounded_number_of_cells():
    table = "<table>" + "<tr><td colspan=1000000000 rowspan=65534>x</td></tr>" * 300 + "</table>"
    assert len(written(table)) < 1_000_000


def test_wide_rows_are_kept_whole():
    assert written("<table><tr>" + "<td>x" * 500 + "</table>").count("x") == 500
