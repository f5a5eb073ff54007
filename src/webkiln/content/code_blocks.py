"""Code blocks: which language they are in, and the code without the line numbers beside it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from webkiln.content.html_tree import Element

if TYPE_CHECKING:
    from collections.abc import Iterator

_NUMBERS: Final = (
    ".lineno,.linenos,.linenodiv,.line-numbers-rows,.line-number,.gutter,.hljs-ln-numbers,"
    ".rouge-gutter,.blob-num,.ln,button,.copy-btn,.code-copy,.clipboard-copy"
)
_MARKED_UP: Final = ("span", "div", "td", "a", "i", "button")
_NUMBER_CELL: Final = re.compile(r"gutter|lineno|line-?num|blob-num", re.IGNORECASE)
_BY_PREFIX: Final = re.compile(
    r"(?:^|\s)(?:language|lang|highlight-source|highlight-text|highlight|brush:\s?|sourceCode\s)[-_:]?\s?([A-Za-z0-9+#.]{1,30})(?=$|[\s;])"
)
_ATTRIBUTES: Final = ("data-lang", "data-language", "data-code-lang", "lang")
_NAME: Final = re.compile(r"[A-Za-z0-9+#._-]{1,30}")
_LEVELS: Final = 3
_NO_LANGUAGE: Final = frozenset(
    {"none", "plain", "nohighlight", "notranslate", "default", "source", "code", "text"}
)
# Bare class names (`<code class="python">`) are believed only for languages one knows.
_LANGUAGES: Final = """
    bash sh shell zsh console powershell ps1 bat c cpp c++ csharp cs java javascript js jsx typescript ts tsx
    python py python3 ruby rb go golang rust rs php perl swift kotlin scala groovy lua r julia haskell elixir
    erlang clojure dart sql html xml css scss sass less json yaml yml toml ini diff makefile dockerfile nginx
    graphql protobuf matlab fortran ocaml vim
"""
_KNOWN: Final = frozenset(_LANGUAGES.split())


def name_language(block: Element) -> None:
    """Say the language of a `<pre>` the way the Markdown writer reads it, and drop its line numbers."""
    if next(block.iter_elements("pre"), None) is not None:
        return  # a block within a block; looking into each of them would be quadratic
    if next(block.iter_elements(_MARKED_UP), None) is not None:
        block.remove(_NUMBERS)
    code = block.select_one("code")
    language = _language(block, code)
    if language is not None:
        target = code if code is not None else block
        target.attrs["class"] = f"language-{language}"


def code_beside_numbers(table: Element) -> Element | None:
    """Return the `<pre>` of a table that only exists to put line numbers beside code."""
    blocks = list(table.iter_elements("pre"))
    if not blocks or len(blocks) > 2:  # noqa: PLR2004
        return None
    cells = table.select("td")
    if len(cells) != 2 or _NUMBER_CELL.search(cells[0].attr("class") or cells[0].html[:200]) is None:  # noqa: PLR2004
        return None
    return blocks[-1]


def _language(block: Element, code: Element | None) -> str | None:
    for element in _places(block, code):
        found = _BY_PREFIX.search(element.attr("class") or "")
        name = found[1] if found is not None else _from_attribute(element)
        if name is not None and name.lower() not in _NO_LANGUAGE:
            return name
    classes = f"{(code.attr('class') or '') if code is not None else ''} {block.attr('class') or ''}"
    return next((word for word in classes.split() if word.lower() in _KNOWN), None)


def _from_attribute(element: Element) -> str | None:
    for name in _ATTRIBUTES[: 3 if element.tag not in {"pre", "code"} else 4]:
        value = (element.attr(name) or "").strip()
        if _NAME.fullmatch(value):
            return value
    return None


def _places(block: Element, code: Element | None) -> Iterator[Element]:
    """Yield the elements that may name the language: the code, the block, what is around it."""
    if code is not None:
        yield code
    yield block
    around = block.parent
    for _ in range(_LEVELS):
        if not isinstance(around, Element) or around.tag in {"body", "article", "main", "td"}:
            return
        yield around
        around = around.parent
