"""Formulas as the TeX they were written in: `$…$` in a line, `$$…$$` on their own."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from webkiln.content.html_tree import Element, Text
from webkiln.content.mathml import tex_of

if TYPE_CHECKING:
    from webkiln.content.html_tree import Tree

# Private-use characters around a number stand in for a formula while Markdown is written, so that
# its backslashes and underscores are not escaped.
_OPEN, _CLOSE = "\ue000", "\ue001"
_STAND_IN: Final = re.compile(f"{_OPEN}(\\d{{1,7}}){_CLOSE}")
_TEX: Final = 'annotation[encoding="application/x-tex" i]'
_DISPLAY_WRAPPER: Final = re.compile(r"\s*\{\\displaystyle\s*(.*)\}\s*", re.DOTALL)
# What a renderer puts around or beside the formula it was given.
_RENDERED: Final = ".katex,mjx-container,.mwe-math-element"
_LEFTOVERS: Final = (
    ".MathJax,.MathJax_Preview,.MathJax_Display,.MJX_Assistive_MathML,.MathJax_SVG,.MathJax_CHTML"
)


def keep_formula(script: Element) -> bool:
    """Turn a `<script type="math/tex">` into a `<math>` with the same source; False for other scripts."""
    kind = (script.attr("type") or "").lower()
    if not kind.startswith("math/tex"):
        return False
    attrs: dict[str, str | list[str] | None] = {"alttext": script.text}
    if "display" in kind:
        attrs["display"] = "block"
    script.replace_with(Element("math", attrs))
    return True


def stand_in_for_formulas(body: Element | Tree, formulas: list[Element]) -> list[str]:
    """Put a stand-in for each of the `<math>` elements into the tree and return the Markdown they stand for.

    A formula whose TeX is not in the page stays as it is.
    """
    sources: list[str] = []
    for formula in formulas:
        source = _source_of(formula)
        if source is None:
            continue
        outer = formula.closest(_RENDERED)
        if outer is None or outer.tag in {"html", "body"}:
            outer = formula
        if outer.parent is None:
            continue  # taken out already, with a formula around or beside this one
        mark = "$$" if _is_display(formula, outer) else "$"
        stand_in = f"{_OPEN}{len(sources)}{_CLOSE}"
        outer.replace_with(Text(f" {stand_in} " if mark == "$$" else stand_in))
        sources.append(f"{mark}{source}{mark}")
    if sources:
        body.remove(_LEFTOVERS)
    return sources


def put_back(markdown: str, sources: list[str]) -> str:
    """Replace the stand-ins by what they stand for."""

    def source(match: re.Match[str]) -> str:
        number = int(match[1])
        return sources[number] if number < len(sources) else match[0]

    return _STAND_IN.sub(source, markdown)


def _source_of(formula: Element) -> str | None:
    annotation = formula.select_one(_TEX)
    source = annotation.text if annotation is not None else formula.attr("alttext")
    if source is None or not source.strip():
        source = tex_of(formula)
        if source is None:
            return None
    wrapped = _DISPLAY_WRAPPER.fullmatch(source)
    source = wrapped[1] if wrapped is not None else source
    # A line of `$$…$$` may not hold a blank line, and a table row no line break at all.
    return " ".join(source.split())


def _is_display(formula: Element, outer: Element) -> bool:
    return (
        formula.attr("display") == "block"
        or outer.attr("display") == "true"
        or outer.closest(".katex-display") is not None
    )
