from __future__ import annotations

import pytest

from webkiln.content.html_tree import body_of, parse
from webkiln.content.lines import lines_of


def lines(html):
    return lines_of(body_of(parse(html)))


@pytest.mark.parametrize(
    ("html", "texts"),
    [
        ("<p>a <b>b</b>\n c</p><p>d</p>", ["a b c", "d"]),
        ("a<br>b<hr>c", ["a", "b", "c"]),
        ("<table><tr><td>a<td>b<tr><td>c</table>", ["a", "b", "c"]),
        ("<div>a<div>b</div>c</div>", ["a", "b", "c"]),
        ("<span>Name</span><span>9</span>", ["Name 9"]),
        ("<b>soup</b><i>€5</i>", ["soup €5"]),
        ("<b>12</b><sup>99</sup>", ["12.99"]),
        ("<b>12</b><span class=cents>50</span>", ["12.50"]),
        ("<b>12</b><b>50</b>", ["12 50"]),
        ("<b>ki</b><i>ln</i>", ["kiln"]),
        ("<script>a</script><style>b</style><select><option>c</select>d", ["d"]),
        (" \n<p> </p>", []),
    ],
)
def test_a_line_is_what_stands_in_a_row(html, texts):
    assert [line.text for line in lines(html)] == texts


def test_a_line_knows_its_parts():
    (line,) = lines("<h2>a <s>b</s> <a href=/>c</a></h2>")
    assert (line.level, line.place, line.block.tag) == (2, 0, "h2")
    assert [(part.element.tag, part.struck, part.linked) for part in line.parts] == [
        ("h2", False, False), ("s", True, False), ("a", False, True),
    ]  # fmt: skip
    assert [line.part_at(place).element.tag for place in (0, 2, 4, 99)] == ["h2", "s", "a", "a"]


def test_a_page_is_not_read_without_end():
    assert len(lines("<p>x" * 50_000)) <= 40_000
    assert len(lines("<b>x" * 50_000)[0].text) < 10_000
