"""Declarative shadow roots: what their hosts show, as browsers lay it out (DOM, "flat tree")."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from webkiln.content.html_tree import Element

if TYPE_CHECKING:
    from webkiln.content.html_tree import Node


def flatten_shadow_root(template: Element) -> None:
    """Put the content of a `<template shadowrootmode>` into its host, what the host holds into its slots.

    What no slot asks for is shown by no browser; it is kept all the same, after the rest.
    """
    host = template.parent
    if not isinstance(host, Element):
        template.decompose()
        return
    content = [node for fragment in template.children for node in _children(fragment)]
    slots = [slot for node in content if isinstance(node, Element) for slot in _slots(node)]
    if slots:
        _fill(slots, [child for child in host.children if child is not template and child != template])
    template.replace_with(*content)


def _children(fragment: Node) -> list[Node]:
    return list(fragment.children)


def _slots(node: Element) -> list[Element]:
    return list(node.iter_elements("slot", include_self=True))


def _fill(slots: list[Element], held: list[Node]) -> None:
    wanted: defaultdict[str, list[Node]] = defaultdict(list)
    for node in held:
        name = (node.attr("slot") or "") if isinstance(node, Element) else ""
        wanted[name].append(node)
    for slot in slots:
        nodes = wanted.pop(slot.attr("name") or "", [])
        if any(isinstance(node, Element) or node.text.strip() for node in nodes):
            slot.clear()
            slot.extend([node.extract() for node in nodes])
