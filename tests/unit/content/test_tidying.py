from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webkiln.content.tidying import holds, tidy


@pytest.mark.parametrize(
    ("written", "tidied"),
    [
        ("日本<strong>太字</strong>です", "日本**太字**です"),
        ("да<em>нет</em>да", "да*нет*да"),
        ("<strong>「x」</strong>y", "<strong>「x」</strong>y"),
        ("*a*<strong>b</strong>", "*a*__b__"),
        (r"\<strong>x\</strong>", r"\<strong>x\</strong>"),
        ("`<strong>x</strong>` <strong>y</strong>", "`<strong>x</strong>` **y**"),
        ("```\n<em>x</em>\n```\n<em>y</em>", "```\n<em>x</em>\n```\n*y*"),
        (r"call my\_func\_name", "call my_func_name"),
        (r"\_not em\_ and a\_ b", r"\_not em\_ and a\_ b"),
        (r"`a\_b` c\_d", r"`a\_b` c_d"),
        (r"\`a\_b\`", r"\`a_b\`"),
        ("``a`\\_b`` c\\_d", "``a`\\_b`` c_d"),
        ("a  \n\\\nb", "a\n\nb"),
        ("a  \n\\\n\\\n\\\nb", "a\n\nb"),
        ("> a  \n> \\\n> b", "> a\n>\n> b"),
        ("- a  \n  \\\n  b", "- a\n\n  b"),
        ("a\n\n&#160;\n\nb", "a\n\nb"),
        ("&#8195;a&#160;", "\u2003a\xa0"),
        (r"\&#160;", r"\&#160;"),
        ("&#65;", "&#65;"),
        ("```\n&#160;\n```", "```\n&#160;\n```"),
        ("plain", "plain"),
    ],
)
def test_what_the_writer_overdoes_is_undone_and_code_is_not_touched(written, tidied):
    assert tidy(written) == tidied


def test_unclosed_code_is_no_code():
    assert tidy("`a\\_b c\\_d") == "`a_b c_d"


@given(st.text(alphabet="ab<\\", max_size=300), st.integers(1, 80))
def test_holds_is_the_same_as_in(text, repeat):
    assert holds(text * repeat, "<a", "<b") == ("<a" in text * repeat or "<b" in text * repeat)


@given(st.text(alphabet="a_`\\\n<>*&#160;strong/ ", max_size=200))
def test_any_text_can_be_tidied(text):
    assert isinstance(tidy(text), str)
