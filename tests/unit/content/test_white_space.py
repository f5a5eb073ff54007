from __future__ import annotations

import pytest

from webkiln.content import to_markdown


def written(html: str) -> str:
    return to_markdown(html, "https://site.test/", only_main_content=False)


@pytest.mark.parametrize("value", ["pre", "pre-wrap", "PRE-LINE", "break-spaces"])
def test_prose_whose_style_keeps_lines_is_prose_with_lines(value):
    html = f'<div style="color: red; white-space: {value}">Dear <b>you</b>,\nall is well.\n\nYours</div>'
    assert written(html) == "Dear **you**,  \nall is well.\n\nYours"


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        (
            '<p><span style="white-space:pre-wrap">One </span><i style="white-space:pre-wrap">two</i></p>',
            "One *two*",
        ),
        (
            '<ul><li style="white-space:pre-wrap">a <a href="/b">b</a></li></ul>',
            "- a [b](https://site.test/b)",
        ),
        ('<div style="white-space:pre-wrap">\n  <p>a</p>\n  <p>b</p>\n</div>', "a\n\nb"),
        ('<p>run <code style="white-space:pre">ls -l</code> now</p>', "run `ls -l` now"),
        ('<h2 style="white-space:pre-line">Title</h2><pre>x</pre>', "## Title\n\n```\nx\n```"),
        ('<code style="white-space:pre">a\n  b</code>', "```\na\n  b\n```"),
        (
            '<pre style="white-space:pre-wrap"><code style="white-space:pre">a\n  b</code></pre>',
            "```\na\n  b\n```",
        ),
    ],
)
def test_a_style_never_makes_code(html, expected):
    assert written(html) == expected
