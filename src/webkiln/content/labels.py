"""Labels side by side: boxes on the screen that would run together as text (`PlanPrice`)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from webkiln.content.html_tree import Element, Text

if TYPE_CHECKING:
    from collections.abc import Iterable

# Elements that are a thing of their own wherever they stand.
_BOXES: Final = frozenset({"label", "button", "output", "meter", "progress"})
_ROLES: Final = frozenset(
    {
        "cell",
        "gridcell",
        "columnheader",
        "rowheader",
        "listitem",
        "option",
        "tab",
        "button",
        "menuitem",
        "term",
        "radio",
    }
)
_BOX_NAME: Final = re.compile(
    r"badge|label|chip|\btags?\b|pill|\bbtn|button|caption|title|\bname|value|\bkey|\bterm|price|\bdate|\btime|"
    r"author|category|status|count|meta|\bunit\b|item|\bcell|\bcol\b|field|step|option",
    re.IGNORECASE,
)
_IN_LINE: Final = frozenset({"span", "a", "time", "small", "data", "b", "strong", "em", "i", "abbr"}) | _BOXES
_APART: Final = re.compile(r"inline-block|inline-flex|margin-|(?:^|;)\s*(?:float|margin|padding)\s*:")
_NOT_PARTED: Final = frozenset({"code", "pre", "kbd", "samp", "var", "tt"})
_LONGEST: Final = 300


def part_labels(elements: Iterable[Element]) -> None:
    """Put a space between neighbours that are boxes of their own and have none between them."""
    for element in elements:
        after = element.next_sibling
        if not isinstance(after, Element) or after.tag not in _IN_LINE:
            continue
        parent = element.parent
        if isinstance(parent, Element) and parent.tag in _NOT_PARTED:
            continue
        if _are_apart(element, after) and _touch(element, after):
            element.insert_after(Text(" "))


def _are_apart(element: Element, after: Element) -> bool:
    if _is_box(element) or _is_box(after):
        return True
    if element.tag != "span" or after.tag != "span":
        return False
    left, right = element.attr("class"), after.attr("class")
    if not left or not right:
        return False
    return _changes(element.text[-1:], after.text[:1])


def _is_box(element: Element) -> bool:
    if element.tag in _BOXES or (element.attr("role") or "").lower() in _ROLES:
        return True
    classes, style = element.attr("class"), element.attr("style")
    if classes and element.tag == "span" and _BOX_NAME.search(classes[:_LONGEST]):
        return True
    return style is not None and _APART.search(style[:_LONGEST]) is not None


def _changes(last: str, first: str) -> bool:
    """Return whether two letters hardly stand in one word: `nP`, `c5`."""
    return (
        (last.islower() and first.isupper())
        or (last.isalpha() and first.isdigit())
        or (last.isdigit() and first.isupper())
    )


def _touch(element: Element, after: Element) -> bool:
    """Return whether letters or digits meet, in words longer than the pieces of one."""
    left, right = element.text, after.text
    return (len(left) > 1 and len(right) > 1 and left[-1].isalnum() and right[0].isalnum()) or (
        bool(left)
        and bool(right)
        and left[-1].isalnum()
        and right[0].isalnum()
        and (_is_box(element) and _is_box(after))
    )
