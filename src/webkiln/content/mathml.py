"""MathML as TeX, for formulas whose page does not bring the TeX they were written in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from webkiln.content.html_tree import Element

if TYPE_CHECKING:
    from collections.abc import Callable

_DEEPEST: Final = 40
_MOST: Final = 3_000
_SILENT: Final = frozenset({"annotation", "annotation-xml", "mphantom", "maligngroup", "malignmark"})
_MARKS_ABOVE: Final = {"\u00af": "bar", "\u203e": "bar", "^": "hat", "\u02c6": "hat", "\u2192": "vec"}
_ROW_END: Final = r" \\ "


class _TooMuch(Exception):
    """A formula too deep or too long to be written."""


def tex_of(formula: Element) -> str | None:
    """Return a `<math>` as TeX, None where it is empty, too deep or too long."""
    try:
        return _Writer().write(formula, 0).strip() or None
    except _TooMuch:
        return None


class _Writer:
    def __init__(self) -> None:
        self._left = _MOST
        self._of: dict[str, Callable[[list[str]], str]] = {
            "mfrac": lambda parts: f"\\frac{{{parts[0]}}}{{{parts[1]}}}",
            "msup": lambda parts: f"{_base(parts[0])}^{{{parts[1]}}}",
            "msub": lambda parts: f"{_base(parts[0])}_{{{parts[1]}}}",
            "msubsup": lambda parts: f"{_base(parts[0])}_{{{parts[1]}}}^{{{parts[2]}}}",
            "munderover": lambda parts: f"{_base(parts[0])}_{{{parts[1]}}}^{{{parts[2]}}}",
            "munder": lambda parts: f"{_base(parts[0])}_{{{parts[1]}}}",
            "mover": _over,
            "mroot": lambda parts: f"\\sqrt[{parts[1]}]{{{parts[0]}}}",
        }

    def write(self, element: Element, depth: int) -> str:
        """Write one element; raises _TooMuch."""
        self._left -= 1
        if depth > _DEEPEST or self._left < 0:
            raise _TooMuch
        tag = element.tag
        if tag in _SILENT:
            return ""
        children = [child for child in element.children if isinstance(child, Element)]
        if not children:
            return _leaf(element)
        parts = [self.write(child, depth + 1) for child in children if child.tag not in _SILENT]
        write = self._of.get(tag)
        if write is not None and len(parts) == (3 if tag in {"msubsup", "munderover"} else 2):
            return write(parts)
        return _joined(element, parts)


def _joined(element: Element, parts: list[str]) -> str:
    tag = element.tag
    if tag == "semantics":
        return parts[0] if parts else ""
    if tag == "mfenced":
        separator = (element.attr("separators") or ",")[:1]
        return f"{element.attr('open') or '('}{separator.join(parts)}{element.attr('close') or ')'}"
    if tag == "mtable":
        return "\\begin{matrix} " + _ROW_END.join(parts) + " \\end{matrix}"
    text = (" & " if tag == "mtr" else "").join(parts)
    return f"\\sqrt{{{text}}}" if tag == "msqrt" else text


def _leaf(element: Element) -> str:
    text = " ".join(element.text.split())
    if element.tag in {"mtext", "ms"} and text:
        return f"\\text{{{text}}}"
    if element.tag == "mi" and len(text) > 1 and text.isascii() and text.isalpha():
        return f"\\mathrm{{{text}}}"
    invisible = {"\u2061": " ", "\u2062": "", "\u2063": "", "\u2064": ""}
    return invisible.get(text, text)


def _base(text: str) -> str:
    return text if len(text) <= 1 or text.isalnum() or text.endswith("}") else f"{{{text}}}"


def _over(parts: list[str]) -> str:
    mark = _MARKS_ABOVE.get(parts[1])
    return f"\\{mark}{{{parts[0]}}}" if mark is not None else f"{_base(parts[0])}^{{{parts[1]}}}"
