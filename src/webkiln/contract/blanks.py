"""What forms and workflow nodes send for what nobody filled in: nulls and empty texts."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, get_args, get_origin

if TYPE_CHECKING:
    from pydantic import BaseModel


def is_blank(value: object) -> bool:
    """Return whether a value is null, or a text of nothing but white space."""
    return value is None or (type(value) is str and not value.strip())


@cache
def optional_keys(model: type[BaseModel]) -> dict[str, bool]:
    """Return the keys that may be left out of a model, each with whether it is a list of texts."""
    return {
        field.alias or name: _lists_texts(field.annotation)
        for name, field in model.model_fields.items()
        if not field.is_required()
    }


def _lists_texts(annotation: Any) -> bool:
    """Return whether a type is a tuple of texts, whatever is said of it and of them besides."""
    parts = get_args(annotation)
    if get_origin(annotation) is tuple:
        item = parts[0]
        return item is str or (get_origin(item) is Annotated and get_args(item)[0] is str)
    return any(_lists_texts(part) for part in parts if part is not type(None))
