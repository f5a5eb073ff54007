import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webkiln.content.plain_text import plain_text


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        ("# A title\n\nSome **bold** and *slanted* `code`.", "A title Some bold and slanted code."),
        ('[a link](https://a.test/b?c=d "its title") ends', "a link ends"),
        ("[x](https://a.test/Foo_(bar)) [y](<https://b.test>)", "x y"),
        ("[one](a), ([two](b)). [three](c)[four](d)", "one, (two). three four"),
        ("![a picture](https://a.test/p.png)", "a picture"),
        ("[![in a link](a.png)](b.html)", "in a link"),
        ("- one\n- two\n  * three\n1. four", "one two three 1. four"),
        ("> said\n> twice", "said twice"),
        ("| a | b |\n| --- | :-: |\n| 1 | 2 |", "a b 1 2"),
        ("```python\nx = 1\n```", "x = 1"),
        ("a\\*b \\# c\\_d", "ab # c_d"),
        ("Title\n=====\n\nOther\n---\n", "Title Other"),
        ("", ""),
    ],
)
def test_what_is_left_of_markdown(markdown, text):
    assert plain_text(markdown) == text


@pytest.mark.parametrize(
    "unit", ["](", "](a", "](\\", "](((", '](a "', "[", "-=|", "- ", "> ", " ", "\\", "|\n"]
)
def test_no_text_takes_long(unit):
    began = time.process_time()
    plain_text((unit * 20_000)[:20_000] + "x")
    assert time.process_time() - began < 1


@given(st.text(alphabet='[]()*#>-|`\\ \nab!<"'))
def test_any_text_gives_one_line(markdown):
    assert "\n" not in plain_text(markdown)
