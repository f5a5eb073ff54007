"""What a page says of the thing it is about: to machines, and to whoever looks at it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from webkiln.content.html_tree import body_of
from webkiln.content.lines import lines_of
from webkiln.content.links import base_of
from webkiln.content.metadata import tags_of
from webkiln.content.money.currencies import country_of
from webkiln.content.structured_data.json_ld import is_linked_data, read_items
from webkiln.content.structured_data.microdata import read_microdata
from webkiln.content.structured_data.open_graph import product_in_tags
from webkiln.content.structured_data.rdfa import read_rdfa
from webkiln.content.visibility import remove_unseen

if TYPE_CHECKING:
    from collections.abc import Mapping

    from webkiln.content.html_tree import Element, Tree
    from webkiln.content.lines import Line
    from webkiln.content.structured_data.items import Item


@dataclass(slots=True)
class Evidence:
    """A page as its facts are read from it.

    `items` are what it describes for machines, JSON-LD first, `tagged` what its `<meta>` tags sell;
    `told` is what the tags say, by their names in lower case. `lines` are what a reader sees.
    """

    url: str
    base: str
    language: str
    country: str
    body: Element | Tree
    told: Mapping[str, str]
    title: str
    items: list[Item] = field(default_factory=list)
    tagged: Item | None = None
    lines: list[Line] = field(default_factory=list)

    @property
    def titles(self) -> list[str]:
        """Return what the page is called, the place that is most about its one thing first."""
        headings = [line.text for line in self.lines if line.level == 1][:3]
        return [title for title in (*headings, self.told.get("og:title", ""), self.title) if title]


def read_evidence(tree: Tree, url: str) -> Evidence:
    """Read a page from its tree, which is of no use to others afterwards. `url` is where it came from."""
    told = tags_of(tree)
    root = tree.root
    language = (root.attr("lang") if root is not None else None) or told.get("og:locale", "")
    title = next(tree.iter_elements("title"), None)
    scripts = list(tree.iter_elements("script"))
    items = read_items(script for script in scripts if is_linked_data(script))
    for script in scripts:
        script.decompose()
    items += read_microdata(tree)
    items += read_rdfa(tree)
    body = body_of(tree)
    remove_unseen(tree, body)
    return Evidence(
        url,
        base_of(tree, url),
        language,
        country_of(url, language),
        body,
        told,
        "" if title is None else " ".join(title.text.split()),
        items,
        product_in_tags(told),
        lines_of(body),
    )
