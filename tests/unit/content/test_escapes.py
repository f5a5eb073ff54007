from __future__ import annotations

from html import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from webkiln.content import to_markdown
from webkiln.content.escapes import without_needless_backslashes

COMMONMARK = MarkdownIt("commonmark").enable(["table", "strikethrough"])
PLAIN = {"paragraph_open", "inline", "paragraph_close"}


@pytest.mark.parametrize(
    ("escaped", "plain"),
    [
        (r"4\.5 stars", "4.5 stars"),
        (r"2026\.1\.0", "2026.1.0"),
        (r"3\)b", "3)b"),
        (r"\+1 555 0100", "+1 555 0100"),
        (r"\-12 dB", "-12 dB"),
        (r"\#release and \##twice", "#release and ##twice"),
        (r"\=SUM(A1)", "=SUM(A1)"),
        (r"see \[12\], a\[0\] and \[sic\]", "see [12], a[0] and [sic]"),
        (r"[\[7\]](https://x.test/#c7)", "[[7]](https://x.test/#c7)"),
        (r"\[[edit](https://x.test/e)\]", "[[edit](https://x.test/e)]"),
        (r"one\_two\_\_three", "one_two__three"),
        (r"6 \* 7", "6 * 7"),
        (r"about \~5 minutes (\~3 at night)", "about ~5 minutes (~3 at night)"),
        (r"D:\\data\\new", r"D:\data\new"),
        (r"1984\. A novel", r"1984\. A novel"),
        (r"7\.", r"7\."),
        (r"\- no item", r"\- no item"),
        (r"\---", r"\---"),
        (r"\# no title", r"\# no title"),
        (r"\===", r"\==="),
        (r"\[text\](x) and \[a\]\[b\]", r"\[text\](x) and [a][b]"),
        (r"\[1\]: https://x.test", r"\[1\]: https://x.test"),
        (r"\[^1\] a note", r"\[^1\] a note"),
        (r"- \[x\] no task", r"- \[x\] no task"),
        (r"\_all\_ and 2\*3\*4", r"\_all\_ and 2\*3\*4"),
        (r"\~gone\~", r"\~gone\~"),
        (r"a\\_b and \\[x\\]", r"a\\_b and \\[x\\]"),
    ],
)
def test_a_backslash_stays_only_where_it_is_needed(escaped, plain):
    assert without_needless_backslashes(escaped) == plain


LINE = st.text(alphabet="ab1 .)([]:!#+-=*_~\\`<>&|x@^", min_size=1, max_size=14)


@given(st.lists(LINE.filter(str.strip), min_size=1, max_size=4))
def test_plain_text_stays_plain_text(lines):
    page = f"<p>{'<br>'.join(escape(line) for line in lines)}</p>"
    tokens = COMMONMARK.parse(to_markdown(page, "https://site.test/", only_main_content=False))
    assert {token.type for token in tokens} <= PLAIN
    kinds = {child.type for token in tokens for child in token.children or ()}
    assert kinds <= {"text", "text_special", "softbreak", "hardbreak"}
    shown = "".join(child.content for token in tokens for child in token.children or ())
    assert "".join(shown.split()) == "".join("".join(lines).split())
