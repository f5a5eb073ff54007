"""Names say what a thing is; a name that fits everything says nothing."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

from house.repository import SOURCE, modules, shown, tracked, tree

if TYPE_CHECKING:
    from collections.abc import Iterator

NAMELESS = frozenset(
    {"utils", "util", "helpers", "helper", "common", "misc", "base", "core", "manager", "service"}
)
# Unit tests whose subject is several modules at once.
SPANNING = frozenset(
    {
        Path("contract/answers"),  # every model of an answer against the client's models
    }
)
Described = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def test_no_module_has_a_name_that_fits_everything():
    parts = {part for path in modules() for part in path.relative_to(SOURCE).with_suffix("").parts}
    assert parts & NAMELESS == set()


def public(path: Path) -> Iterator[tuple[str, Described]]:
    """Yield the module and every public class, function and method in it, with where it stands."""
    yield shown(path), tree(path)
    waiting: list[tuple[str, ast.AST]] = [("", tree(path))]
    while waiting:
        prefix, parent = waiting.pop()
        for node in ast.iter_child_nodes(parent):
            if not isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            if node.name.startswith("_"):
                continue
            name = f"{prefix}{node.name}"
            yield f"{shown(path)}:{node.lineno} {name}", node
            if isinstance(node, ast.ClassDef):  # functions inside functions are nobody's business
                waiting.append((f"{name}.", node))


def test_everything_public_is_described_in_a_sentence():
    described = [(where, ast.get_docstring(node)) for path in modules() for where, node in public(path)]
    assert len(described) > 300
    assert [where for where, text in described if text is None and not where.endswith("__init__.py")] == []
    unfinished = [
        where
        for where, text in described
        if text is not None and not text.partition("\n\n")[0].endswith((".", ":"))
    ]
    assert unfinished == []


def test_every_unit_test_stands_where_its_subject_stands():
    units = SOURCE.parent.parent / "tests" / "unit"
    tests = [
        path.relative_to(units)
        for path in tracked()
        if path.is_relative_to(units) and path.name.startswith("test_")
    ]
    assert tests
    subjects = {path.relative_to(SOURCE).with_suffix("") for path in modules()}
    subjects |= {path.parent.relative_to(SOURCE) for path in modules()}
    alone = [
        str(test)
        for test in tests
        if test.with_name(test.stem.removeprefix("test_")) not in subjects | SPANNING
    ]
    assert alone == []


def test_flows_follow_the_nouns_of_the_door():
    """Follow the noun: a door's file has an operation and a flow of the same name."""
    root = SOURCE.parent.parent
    nouns = {
        path.stem
        for path in modules()
        if path.parent == SOURCE / "api" and "def routes(" in path.read_text() and path.stem != "health"
    }
    assert {"scrape", "batch_scrape", "account"} <= nouns
    assert [noun for noun in sorted(nouns) if not (SOURCE / "operations" / f"{noun}.py").is_file()] == []
    assert [
        noun for noun in sorted(nouns) if not (root / "tests" / "flows" / f"test_{noun}.py").is_file()
    ] == []
