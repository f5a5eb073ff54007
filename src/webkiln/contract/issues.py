"""What is wrong with a request, spelled as the contract spells it (§1.2).

An issue is `{code, path, message, …}`. The codes are those of the validator behind the original
(`invalid_type`, `unrecognized_keys`, `too_small`, `custom`, …), because clients read them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from webkiln.contract.served import FORMATS_NAMED
from webkiln.errors import BadRequest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

_UNRECOGNIZED = "Unrecognized key in body -- please review the {} API documentation for request body changes"
UNRECOGNIZED = _UNRECOGNIZED.format("v2")
MOST_ISSUES = 50  # enough to mend a request by; a hostile body can earn a thousand
LONGEST_KEY = 100  # characters of a key that are echoed
_MOST_TOLD = 3  # issues that the headline tells of
_LONGEST_TOLD = 300

_EXPECTED = {
    "string_type": "string",
    "int_type": "int",
    "int_from_float": "int",
    "float_type": "number",
    "bool_type": "boolean",
    "dict_type": "object",
    "model_type": "object",
    "model_attributes_type": "object",
    "list_type": "array",
    "tuple_type": "array",
}
_CODES = {
    "missing": "invalid_type",
    "null": "invalid_type",
    "extra_forbidden": "unrecognized_keys",
    "literal_error": "invalid_value",
    "union_tag_invalid": "invalid_value",
    "union_tag_not_found": "invalid_value",
    "string_too_short": "too_small",
    "too_short": "too_small",
    "greater_than": "too_small",
    "greater_than_equal": "too_small",
    "string_too_long": "too_big",
    "too_long": "too_big",
    "less_than": "too_big",
    "less_than_equal": "too_big",
    "string_pattern_mismatch": "invalid_format",
    "number": "invalid_format",
    "custom": "custom",
}


def issue(code: str, path: Sequence[str | int], message: str, **more: Any) -> dict[str, Any]:
    """Return one issue; `more` are further keys of that code."""
    return {"code": code, **more, "path": [_short(part) for part in path], "message": message}


def bad_request(issues: Sequence[dict[str, Any]], *, version: str = "v2") -> BadRequest:
    """Return the 400 for these issues of a request to a version of the API.

    The headline begins as contract §1.2 has it: any unrecognized key wins, else the text of a first
    issue that is a rule of its own, else "Bad Request". Then it says what is wrong: many clients show
    their users nothing else.
    """
    unknown = [found for found in issues if found["code"] == "unrecognized_keys"]
    if unknown:
        headline = f"{_UNRECOGNIZED.format(version)}: {', '.join(map(_keys, unknown[:_MOST_TOLD]))}"
    elif issues and issues[0]["code"] == "custom":
        headline = told(issues)
    else:
        headline = f"Bad Request: {told(issues)}" if issues else "Bad Request"
    return BadRequest(headline, list(issues[:MOST_ISSUES]))


def told(issues: Sequence[dict[str, Any]], *, formats: str = FORMATS_NAMED) -> str:
    """Return what is wrong in a sentence or two; where it is a format, `formats` tells which there are."""
    said = list(dict.fromkeys(_sentence(found) for found in issues))
    text = said[0] if len(said) == 1 else "; ".join(one.rstrip(".") for one in said[:_MOST_TOLD])
    if len(said) > _MOST_TOLD:
        text += f"; and {len(said) - _MOST_TOLD} more"
    if any(_is_of_a_format(found) for found in issues):
        text = f"{text.rstrip('.')}. {formats}"
    return text


def _sentence(found: dict[str, Any]) -> str:
    if found["code"] == "custom":
        return str(found["message"])
    if found["code"] == "unrecognized_keys":
        return f"Unrecognized key {_keys(found)}"
    place = ".".join(str(part) for part in found["path"])
    if _is_of_a_format(found):
        return f"{place} names no format"
    message = str(found["message"])[:_LONGEST_TOLD]
    return f"{place}: {message}" if place else message


def _keys(found: dict[str, Any]) -> str:
    """Return the unrecognized keys of an issue, with where they stand."""
    place = "".join(f"{part}." for part in found["path"])
    return ", ".join(f"'{place}{key}'" for key in found["keys"])


def _is_of_a_format(found: dict[str, Any]) -> bool:
    """Return whether an issue is that a format is unknown, or not made here."""
    unknown = found["code"] == "invalid_value" and found["path"][-2:-1] == ["formats"]
    return "formats" in found["path"] and (unknown or found["message"].startswith("The format '"))


def from_validation(error: ValidationError, data: object, *, version: str = "v2") -> BadRequest:
    """Return the 400 for what pydantic found in `data`."""
    found = error.errors(include_url=False, include_input=False)
    return bad_request([_translate(entry, data) for entry in found], version=version)


def _translate(entry: ErrorDetails, data: object) -> dict[str, Any]:
    """Turn one of pydantic's errors into an issue."""
    kind = entry["type"]
    path = _path(entry["loc"], data)
    if kind == "extra_forbidden":
        return issue("unrecognized_keys", path[:-1], "Unrecognized key", keys=[_short(path[-1])])
    if kind == "missing":
        return issue("invalid_type", path, "Required", received="undefined")
    if kind in _EXPECTED:
        expected = _EXPECTED[kind]
        return issue("invalid_type", path, f"Invalid input: expected {expected}", expected=expected)
    return issue(_CODES.get(kind, "invalid_value"), path, entry["msg"])


def _path(location: tuple[int | str, ...], data: object) -> list[str | int]:
    """Drop from pydantic's location what is no key of the body: the tag of a chosen variant."""
    path: list[str | int] = []
    current = data
    for part in location:
        if (
            path
            and isinstance(path[-1], int)
            and isinstance(part, str)
            and part in (current, _kind_of(current))
        ):
            continue
        path.append(part)
        current = _step(current, part)
    return path


def _kind_of(value: object) -> object:
    return value.get("type") if isinstance(value, dict) else None


def _step(value: object, part: int | str) -> object:
    if isinstance(value, dict):
        return value.get(part)
    if isinstance(value, (list, tuple)) and isinstance(part, int) and part < len(value):
        return value[part]
    return None


def _short(part: str | int) -> str | int:
    return part[:LONGEST_KEY] if isinstance(part, str) else part
