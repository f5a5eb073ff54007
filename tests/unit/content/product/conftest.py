from __future__ import annotations

import json

import pytest

from webkiln.content.evidence import read_evidence
from webkiln.content.html_tree import parse
from webkiln.content.product import product_of

URL = "https://shop.test/kilns/small"


def page(*things, body="", head="", url=URL, language="en"):
    """Return what a page with JSON-LD of these things, and such a body, sells."""
    told = (json.dumps({"@context": "https://schema.org"} | thing) for thing in things)
    scripts = "".join(f'<script type="application/ld+json">{text}</script>' for text in told)
    html = f'<html lang="{language}"><head>{head}{scripts}</head><body>{body}</body></html>'
    return product_of(read_evidence(parse(html), url))


@pytest.fixture
def sold():
    return page
