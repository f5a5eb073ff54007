"""How the program may speak to its log: in fixed words, with URLs through one place."""

import ast

from house.repository import modules, shown, tree

_METHODS = frozenset({"debug", "info", "warning", "error", "exception", "critical"})


def calls_to_the_log(path):
    for node in ast.walk(tree(path)):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id="log"), attr=method)) if method in _METHODS:
                yield node


def is_cleaned(value):
    return isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "for_log"


def has_url(keyword):
    names = {getattr(node, "attr", getattr(node, "id", "")) for node in ast.walk(keyword.value)}
    return any(
        "url" in name.lower() or name in {"payload", "typed", "origin"} for name in {keyword.arg, *names}
    )


def test_what_happened_is_said_in_fixed_words():
    """Of a page nobody may remember no word is logged but these."""
    found = [
        f"{shown(path)}:{call.lineno}"
        for path in modules()
        for call in calls_to_the_log(path)
        if not (len(call.args) == 1 and isinstance(call.args[0], ast.Constant))
    ]
    assert found == []


def test_no_url_gets_into_the_log_uncleaned():
    lines = [(path, call) for path in modules() for call in calls_to_the_log(path)]
    assert len(lines) > 30
    found = [
        f"{shown(path)}:{call.lineno}: {keyword.arg}"
        for path, call in lines
        for keyword in call.keywords
        if has_url(keyword) and not is_cleaned(keyword.value)
    ]
    assert found == []


def test_nobody_writes_to_a_log_of_another_kind():
    """What goes past structlog goes past the redaction."""
    for path in modules():
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                assert node.func.attr != "getLogger" or shown(path).endswith("telemetry/logs.py"), shown(path)
