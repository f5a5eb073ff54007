"""What a request wants of a page's text, without the models of the wire: children that render load none."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Self

from webkiln.content.main_content import MainContent

if TYPE_CHECKING:
    from collections.abc import Mapping

    from webkiln.contract.scrape import ScrapeOptions

# One element by what it is itself, or several such: every element is looked at once.
_COMPOUND: Final = r"(?:\*|[\w-]+)?(?:[.#][\w-]+|\[[^\[\]()]{1,200}\])*"
_SIMPLE: Final = re.compile(rf"\s*{_COMPOUND}(?:\s*,\s*{_COMPOUND})*\s*|\*[^*]+\*")
_MOST_LOOKED_AT: Final = 4 << 20
"""Bytes of page times selectors that are a matter of some ten milliseconds."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """The formats by their wire names, and what shapes them (contract §4).

    `attributes` are selectors and attributes of the format of that name, where it is wanted. Selectors
    that are `left_out` are not looked for.
    """

    formats: frozenset[str]
    attributes: tuple[tuple[str, str], ...] = ()
    only_main_content: bool = True
    include_tags: tuple[str, ...] = ()
    exclude_tags: tuple[str, ...] = ()
    remove_base64_images: bool = True
    left_out: tuple[str, ...] = ()
    main_content: MainContent = MainContent.RULES

    @classmethod
    def of(cls, options: ScrapeOptions, main_content: MainContent = MainContent.RULES) -> Self:
        """Return what the options of a request wish for; the server says how `main_content` is found."""
        attributes: Any = options.format("attributes")
        return cls(
            frozenset(wanted.type for wanted in options.formats),
            ()
            if attributes is None
            else tuple((asked.selector, asked.attribute) for asked in attributes.selectors),
            options.only_main_content,
            tuple(options.include_tags),
            tuple(options.exclude_tags),
            options.remove_base64_images,
            main_content=main_content,
        )

    def encode(self) -> dict[str, Any]:
        """Return the wishes as JSON can say them."""
        return asdict(self) | {"formats": sorted(self.formats)}

    @classmethod
    def decode(cls, encoded: Mapping[str, Any]) -> Self:
        """Read back what `encode` gave."""
        return cls(
            frozenset(encoded["formats"]),
            tuple((selector, attribute) for selector, attribute in encoded["attributes"]),
            encoded["only_main_content"],
            tuple(encoded["include_tags"]),
            tuple(encoded["exclude_tags"]),
            encoded["remove_base64_images"],
            tuple(encoded["left_out"]),
            MainContent(encoded["main_content"]),
        )

    def wants(self, name: str) -> bool:
        """Return whether a format was asked for, by its wire name."""
        return name in self.formats

    @property
    def selectors(self) -> tuple[str, ...]:
        """All selectors, as they were sent."""
        return (*self.include_tags, *self.exclude_tags, *(selector for selector, _ in self.attributes))

    def are_costly(self, size: int) -> bool:
        """Return whether the selectors may take long on a page of so many bytes.

        Those that look from one element to others can take the square of the page, or worse.
        """
        selectors = self.in_time(self.selectors)
        return bool(selectors) and (
            len(selectors) * size > _MOST_LOOKED_AT or not all(map(is_simple, selectors))
        )

    def without(self, selector: str) -> Self:
        """Return the wishes with a selector left out, and all that may be as costly."""
        return replace(
            self,
            left_out=tuple(
                dict.fromkeys(
                    one
                    for one in self.selectors
                    if one == selector or one in self.left_out or not (is_simple(selector) or is_simple(one))
                )
            ),
        )

    def in_time(self, selectors: tuple[str, ...]) -> tuple[str, ...]:
        """Return those of the selectors that are not left out."""
        return tuple(one for one in selectors if one not in self.left_out) if self.left_out else selectors


def is_simple(selector: str) -> bool:
    """Return whether a selector asks of an element only what it is itself."""
    return _SIMPLE.fullmatch(selector) is not None
