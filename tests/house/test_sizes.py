"""A file or function that outgrows its size asks: which second idea has moved in?"""

from __future__ import annotations

import ast

from house.repository import modules, shown, tree

FILE_LINES = 400
FUNCTION_LINES = 60

Function = ast.FunctionDef | ast.AsyncFunctionDef


def test_no_file_is_longer_than_400_lines():
    sizes = {shown(path): len(path.read_text().splitlines()) for path in modules()}
    assert sizes
    assert {name: lines for name, lines in sizes.items() if lines > FILE_LINES} == {}


def own_lines(node: Function) -> int:
    """Count a function's lines without those of the functions inside it, which count for themselves."""
    inner = sum(own_lines(child) for child in nested(node))
    return (node.end_lineno or 0) - node.lineno + 1 - inner


def nested(node: ast.AST) -> list[Function]:
    found: list[Function] = []
    for child in ast.iter_child_nodes(node):
        found += [child] if isinstance(child, Function) else nested(child)
    return found


def test_no_function_is_longer_than_60_lines():
    sizes = {
        f"{shown(path)}:{node.lineno} {node.name}": own_lines(node)
        for path in modules()
        if "versions" not in path.parts  # a migration is a list of tables, written once
        for node in ast.walk(tree(path))
        if isinstance(node, Function)
    }
    assert len(sizes) > 100
    assert {name: lines for name, lines in sizes.items() if lines > FUNCTION_LINES} == {}
