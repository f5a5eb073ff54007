"""Whole pages of our own writing, and the Markdown a reader would make of them.

`pages/NAME.html` is the page as it comes over the wire, `pages/NAME.markdown` what becomes of it.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from webkiln.content import to_markdown
from webkiln.content.charset import decode

PAGES = sorted((Path(__file__).parent / "pages").glob("*.html"))


@pytest.mark.parametrize("page", PAGES, ids=[page.stem for page in PAGES])
def test_a_page_and_its_markdown(page):
    written = to_markdown(decode(page.read_bytes(), None), "https://kilnhand.test/docs/glazing/page.html")
    assert written + "\n" == page.with_suffix(".markdown").read_text(encoding="utf-8")
