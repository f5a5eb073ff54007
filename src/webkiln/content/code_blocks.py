"""Code blocks: which language they are in, and the code without the line numbers beside it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from webkiln.content.code_lines import (
    divide_lines,
    drop_numbers,
    join_editor_lines,
    lines_of_table,
    neighbours,
    short_text,
)
from webkiln.content.html_tree import Element

if TYPE_CHECKING:
    from collections.abc import Iterator

_GONE: Final = (
    ".lineno,.linenos,.linenodiv,.line-numbers-rows,.line-number,.gutter,.hljs-ln-numbers,"
    ".rouge-gutter,.blob-num,.ln,button,.copy-btn,.code-copy,.clipboard-copy"
)
_MARKED_UP: Final = ("span", "div", "td", "a", "i", "button")
_BY_PREFIX: Final = re.compile(
    r"(?:^|\s)(?:(?:language|lang|highlight-source|highlight-text|highlight|mw-highlight-lang|enlighter-l|src|syntax"
    r"|type|code)[-_:]|brush:|sourceCode\s)\s?([A-Za-z0-9+#.]{1,30})(?=$|[\s;])"
)
# These begin class names of other things too, so only known languages are believed behind them.
_VAGUE: Final = re.compile(r"(?:src|syntax|type|code)\b")
_ATTRIBUTES: Final = (
    *("data-lang", "data-language", "data-code-lang", "data-enlighter-language", "data-code-language"),
    *("data-canonical-lang", "data-ke-language", "data-prism-language", "data-tagsearch-lang", "language"),
)
_BRUSH: Final = "data-syntaxhighlighter-params"
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


_CODE_WRAPPER: Final = re.compile(
    r"language-|lang-|highlight|code|syntax|shiki|prism|hljs|listing|snippet|gist|terminal", re.IGNORECASE
)
_LABELS: Final = ("div", "span", "header", "figcaption", "button", "ul", "small", "a", "label", "pre")
_COPY: Final = re.compile(
    r"(?:copy(?:\s+(?:code|snippet|link|to\s+clipboard))?|copied!?|copier|copié!?|kopieren|kopiert!?|copiar|copiado!?"
    r"|copia|copiato!?|kopiëren|kopiuj|kopírovat|kopyala|复制(?:代码)?|已复制!?|複製|コピー|복사|копировать|скопировано!?"
    r"|نسخ|raw|wrap|toggle\s+word\s+wrap|expand|collapse)",
    re.IGNORECASE,
)
_LONGEST_LABEL: Final = 60
_BLOCK_NAMES: Final = re.compile(r"(?:^|[\s_-])(?:block|codeblock|hljs|prism|shiki|multiline)(?:$|[\s_-])")


def settle_code(blocks: list[Element], tables: list[Element], codes: list[Element]) -> None:
    """Make every code block of a page one `<pre>` with its language, its lines, and nothing else."""
    for table in tables:
        block = lines_of_table(table)
        if block is not None:
            _put_in_place(block, table)
            blocks.append(block)
    for code in codes:
        if _is_block(code):
            code.tag = "pre"
            blocks.append(code)
    join_editor_lines(blocks)
    for block in blocks:
        name_language(block)


def is_copy_button(button: Element, text: str) -> bool:
    """Return whether a button does no more than copy something."""
    if _COPY.fullmatch(text):
        return True
    names = f"{button.attr('class') or ''} {button.attr('id') or ''}".lower()
    return text.lower().startswith("copy") and ("copy" in names or "clipboard" in names)


def _put_in_place(block: Element, table: Element) -> None:
    """Put code in the place of the table, and of the `<pre>` around that."""
    outer = table.closest("pre") or table
    language = _language(block, block.select_one("code"))
    if language is None:
        language = _language(outer, outer.select_one("code"))
    if block.parent is not None:
        block.extract()
    if language is not None:
        block.attrs["class"] = f"language-{language}"
    outer.replace_with(block)


def _is_block(code: Element) -> bool:
    """Return whether `<code>` outside `<pre>` is called a block and has several lines."""
    names = code.attr("class")
    if not names or not _BLOCK_NAMES.search(names) or code.closest("pre,p,li,td") is not None:
        return False
    return "\n" in code.text.strip() and next(code.iter_elements("pre"), None) is None


def name_language(block: Element) -> None:
    """Say the language of a `<pre>` the way the Markdown writer reads it, and drop its line numbers."""
    if next(block.iter_elements("pre"), None) is not None:
        return  # a block within a block; looking into each of them would be quadratic
    around = block.parent
    if isinstance(around, Element) and around.tag == "code":
        around.tag = "div"
    label = _drop_labels(block)
    if next(block.iter_elements(_MARKED_UP), None) is not None:
        block.remove(_GONE)
        drop_numbers(block)
        divide_lines(block)
    code = block.select_one("code")
    language = _language(block, code) or label
    if language is not None:
        target = code if code is not None else block
        target.attrs["class"] = f"language-{language}"


def _drop_labels(block: Element) -> str | None:
    """Drop what is written beside the code in its frame; return the language if that is named there."""
    label: str | None = None
    code = next(
        (child for child in block.children if isinstance(child, Element) and child.tag == "code"), None
    )
    if code is not None:
        label = _drop_beside(code, framed=True)
    around: Element = block
    for _ in range(2):
        wrapper = around.parent
        if not isinstance(wrapper, Element) or wrapper.tag not in {"div", "figure", "section", "span"}:
            break
        framed = _CODE_WRAPPER.search(wrapper.attr("class") or "") is not None
        label = _drop_beside(around, framed=framed) or label
        around = wrapper
    return label


def _drop_beside(code: Element, *, framed: bool) -> str | None:
    label: str | None = None
    for beside in list(neighbours(code)):
        said = short_text(beside, _LONGEST_LABEL) if beside.tag in _LABELS else None
        words = _COPY.sub(" ", said).strip() if said is not None else None
        if said is None or words is None or not said.strip():
            continue
        if not words and _COPY.fullmatch(said.strip()):
            beside.decompose()
        elif beside.tag != "pre" and framed and words.lower() in _KNOWN:
            label = words.lower()
            beside.decompose()
        elif framed and all(word.isdigit() for word in words.split()):
            beside.decompose()
    return label


def _language(block: Element, code: Element | None) -> str | None:
    bare = ""
    for element in _places(block, code):
        names = element.attr("class") or ""
        found = next((found for found in _BY_PREFIX.finditer(names) if _is_sure(found)), None)
        name = found[1] if found is not None else _from_attribute(element)
        if name is not None and name.lower() not in _NO_LANGUAGE:
            return name
        if element.tag in {"pre", "code"} or _CODE_WRAPPER.search(names):
            bare += f"{names} "
    return next((word for word in bare.split() if word.lower() in _KNOWN), None)


def _is_sure(found: re.Match[str]) -> bool:
    return _VAGUE.match(found[0].strip()) is None or found[1].lower() in _KNOWN


def _from_attribute(element: Element) -> str | None:
    names = element.attrs
    for name in (*_ATTRIBUTES, "lang") if element.tag in {"pre", "code"} else _ATTRIBUTES:
        value = (element.attr(name) or "").strip() if name in names else ""
        if value and _NAME.fullmatch(value):
            return value
    found = _BY_PREFIX.search(element.attr(_BRUSH) or "") if _BRUSH in names else None
    return found[1] if found is not None else None


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
