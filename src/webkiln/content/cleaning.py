"""What a request keeps of a page: the tags it names, without scripts, without boilerplate.

The order is the contract's (§21.5): included tags, what is never content, excluded tags, main
content; then images get their real address and all links become absolute.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from webkiln.content.formulas import keep_formula
from webkiln.content.html_tree import Element, InvalidSelector, body_of, find_containing, select
from webkiln.content.images import rescue_images, settle_images
from webkiln.content.lazy_images import CUSTOM_IMAGES, adopt_custom_images
from webkiln.content.links import resolve_links
from webkiln.content.main_content import MainContent, reduce_to_content
from webkiln.content.shadow_roots import flatten_shadow_root
from webkiln.content.visibility import remove_unseen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from webkiln.content.html_tree import Tree

_NEVER_CONTENT: Final = frozenset(
    {"head", "meta", "noscript", "style", "script", "template", "noembed", "noframes"}
)
_NOSCRIPT_TEXT: Final = 600
_NOSCRIPT_BLOCKS: Final = 5


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a request wants of a page (contract §4); selectors are CSS, `*word*` in excluded ones too."""

    only_main_content: bool = True
    main_content: MainContent = MainContent.RULES
    include_tags: tuple[str, ...] = ()
    exclude_tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Cleaned:
    """What a request should hear of: selectors that were passed over, and what was done otherwise."""

    unreadable: list[str]
    notes: list[str]


def clean(tree: Tree, base: str, wanted: Wanted, note: Callable[[str], None] = lambda _: None) -> Cleaned:
    """Reduce the tree to what is wanted, in place; `base` is what its links are resolved against.

    `note` is told which selector is being looked for, and an empty text when none is any more.
    """
    body = body_of(tree)
    unreadable: list[str] = []
    notes: list[str] = []
    included: frozenset[Element] = frozenset()
    if wanted.include_tags:
        included = _include(tree, body, wanted.include_tags, unreadable, note)
    others = remove_unseen(tree, body, included, also=(*CUSTOM_IMAGES, *_NEVER_CONTENT))
    adopt_custom_images(others)
    _remove_scripts(body, others)
    if wanted.exclude_tags:
        _exclude(body, wanted.exclude_tags, unreadable, note)
    if wanted.only_main_content:
        notes += reduce_to_content(body, wanted.main_content, included)
    settle_images(body)
    resolve_links(body, base)
    return Cleaned(unreadable, notes)


def _include(
    tree: Tree,
    body: Element | Tree,
    selectors: tuple[str, ...],
    unreadable: list[str],
    note: Callable[[str], None],
) -> frozenset[Element]:
    """Leave only the matches in the body, in the order of the selectors, none inside another."""
    matches: dict[Element, None] = {}
    for selector in selectors:
        note(selector)
        try:
            matches.update(dict.fromkeys(select(tree, selector)))
        except InvalidSelector:
            unreadable.append(selector)
    note("")
    whole = [match for match in matches if match.tag in {"html", "body"}]
    if whole or not isinstance(body, Element):
        return frozenset(whole)
    outermost = [match for match in matches if not any(above in matches for above in match.ancestors)]
    for match in outermost:
        match.extract()
    body.clear()
    body.extend(outermost)
    return frozenset(outermost)


def _remove_scripts(body: Element | Tree, elements: Iterable[Element]) -> None:
    """Take out what is never content, but save the formulas and the text that hide in it."""
    fallbacks: list[Element] = []
    for element in elements:
        tag = element.tag
        if tag not in _NEVER_CONTENT or element.parent is None:
            continue  # content, or taken out already with what it stood in
        if tag == "noscript":
            fallbacks.append(element)
        elif tag == "template" and element.attr("shadowrootmode") is not None:
            flatten_shadow_root(element)
        elif tag != "script" or not keep_formula(element):
            element.decompose()
    if fallbacks:
        rescue_images(body)
        _show_fallbacks(fallbacks)


def _show_fallbacks(fallbacks: Iterable[Element]) -> None:
    """Leave of the `<noscript>` elements only what holds the page itself."""
    inner: set[Element] = set()
    for fallback in fallbacks:
        if fallback in inner:
            continue  # looked at once, with the one it stands in
        nested = [element for element in fallback.iter_elements(("noscript",)) if element != fallback]
        inner.update(nested)
        if _is_whole_page(fallback):
            for element in (*nested, fallback):
                element.unwrap()
        else:
            fallback.decompose()


def _is_whole_page(fallback: Element) -> bool:
    """Recognise a `<noscript>` that holds the page itself, as forums send it to crawlers."""
    blocks = fallback.select("p,li,h1,h2,h3,article,td")
    return len(blocks) >= _NOSCRIPT_BLOCKS and len(fallback.text) >= _NOSCRIPT_TEXT


def _exclude(
    body: Element | Tree, patterns: tuple[str, ...], unreadable: list[str], note: Callable[[str], None]
) -> None:
    """Remove what the patterns name; `*word*` names every element with `word` in an attribute."""
    for pattern in patterns:
        note(pattern)
        word = pattern[1:-1] if len(pattern) > 2 and pattern[0] == pattern[-1] == "*" else ""  # noqa: PLR2004
        try:
            doomed = find_containing(body, word) if word else select(body, pattern)
        except InvalidSelector:
            unreadable.append(pattern)
            continue
        for element in doomed:
            element.decompose()
    note("")
