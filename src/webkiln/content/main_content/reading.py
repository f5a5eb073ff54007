"""The two ways to tell content from furniture, and what is done when one of them cannot."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from webkiln.content.main_content.reader import Undecided, keep_content
from webkiln.content.main_content.rules import remove_boilerplate
from webkiln.content.main_content.units import TooNested

if TYPE_CHECKING:
    from webkiln.content.html_tree import Element, Tree
    from webkiln.content.main_content.model import Model


class MainContent(StrEnum):
    """How the main content of a page is found."""

    RULES = "rules"
    MODEL = "model"


def reduce_to_content(
    body: Element | Tree,
    main_content: MainContent,
    spared: frozenset[Element] = frozenset(),
    model: Model | None = None,
) -> list[str]:
    """Take out of the tree what is not content; return what a request should be told.

    `spared` are elements that stay whatever they are (those a request includes by name); `model` is
    another one than that which ships.
    """
    notes: list[str] = []
    if main_content is MainContent.MODEL:
        try:
            if keep_content(body, spared, model):
                return []
        except TooNested:
            notes.append("The page is nested too deeply to be weighed; its main content was found by rules.")
        except Undecided:
            notes.append("What on the page is content could not be told; it was found by rules.")
    remove_boilerplate(body, spared)
    return notes
