from __future__ import annotations

import json

import pytest

from webkiln.content.evidence import read_evidence
from webkiln.content.html_tree import parse
from webkiln.content.menu import menu_of

URL = "https://inn.test/menu"


def page(body="", *things, title="The Inn - Menu", language="en", url=URL):
    told = (json.dumps({"@context": "https://schema.org"} | thing) for thing in things)
    scripts = "".join(f'<script type="application/ld+json">{text}</script>' for text in told)
    html = f"<html lang={language}><head><title>{title}</title>{scripts}</head><body>{body}</body></html>"
    return menu_of(read_evidence(parse(html), url))


def read(found):
    """Return a menu as a mapping of its sections to names and amounts."""
    assert found is not None
    return {
        section["name"]: [(item["name"], item.get("price", {}).get("amount")) for item in section["items"]]
        for section in found["sections"]
    }


@pytest.fixture
def shown():
    return page


@pytest.fixture
def pairs():
    return read
