"""How JSON from outside becomes a model: one base class, one way in.

Everything a client sends goes through `parse_body` or `parse_query`; both raise nothing but
BadRequest (or its child MalformedJson), whatever the bytes are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, Any, ClassVar, Self, TypeAlias, TypeVar

import orjson
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    Strict,
    ValidationError,
    ValidationInfo,
    WithJsonSchema,
    model_validator,
)
from pydantic.alias_generators import to_camel
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from webkiln.contract.blanks import is_blank, optional_keys
from webkiln.contract.headers import InvalidHeader, check_headers
from webkiln.contract.issues import bad_request, from_validation, issue
from webkiln.errors import MalformedJson
from webkiln.urls import trimmed

MAX_DEPTH = 64  # deeper than any JSON Schema or webhook metadata we have seen
MAX_KEYS = 1_000  # keys of one object; bounds the issues one body can cause
MAX_CONTAINERS = 1_000_000  # an empty {} costs 64 bytes, so 32 MB of them would cost a GB
MAX_SAFE_INTEGER = 2**53 - 1  # what every JSON reader holds exactly (RFC 8259 §6)

T = TypeVar("T")
M = TypeVar("M", bound="WireModel")
Q = TypeVar("Q", bound="QueryModel")

_CONTAINERS = (dict, list)


def refuse(message: str) -> PydanticCustomError:
    """Return the error of a rule of ours; its text becomes the answer's headline (contract §1.2)."""
    return PydanticCustomError("custom", "{reason}", {"reason": message})


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the JSON schema without its null branch: null is our word for "absent", not the wire's."""
    branches = [branch for branch in schema.get("anyOf", []) if branch != {"type": "null"}]
    if not branches:
        return schema
    return branches[0] if len(branches) == 1 else {**schema, "anyOf": branches}


class _NeverNull:
    """Lets a field be absent (None inside) while an explicit null stays a type error."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        def refuse_null(value: object) -> object:
            if value is None:
                raise PydanticCustomError("null", "Null is not accepted; leave the key out")
            return value

        return core_schema.no_info_before_validator_function(refuse_null, handler(source))

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return _without_null(handler(core))


class Shorthand:
    """Lets a short spelling stand for an object: `expand` turns it into one before validation.

    `schema` is the JSON schema of the short spelling, shown beside the object's.
    """

    def __init__(self, expand: Callable[[Any], Any], schema: dict[str, Any]) -> None:
        self.expand = expand
        self.schema = schema

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Run `expand` before the object's own validation."""
        return core_schema.no_info_before_validator_function(self.expand, handler(source))

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Offer both spellings."""
        return {"anyOf": [self.schema, _without_null(handler(core))]}


class Whole:
    """A whole number from `least` to `most`; 5.0 is 5, for JSON has one kind of number.

    With `clamps` a client's number beyond `most` is lowered to it, and a warning says so: for what
    the published API takes without a bound (contract §4).
    """

    def __init__(self, least: int = 0, most: int = MAX_SAFE_INTEGER, *, clamps: bool = False) -> None:
        self.least = least
        self.most = most
        self.clamps = clamps

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Read a float without a fraction as an int, then check the bounds."""

        def integral(value: object, info: ValidationInfo) -> object:
            if type(value) is float and value.is_integer() and abs(value) <= MAX_SAFE_INTEGER:
                value = int(value)
            warnings = _warnings(info)
            if self.clamps and warnings is not None and type(value) is int and value > self.most:
                warnings.append(f"{to_camel(info.field_name or '')} was lowered to its most, {self.most}")
                return self.most
            return value

        bounded = core_schema.int_schema(strict=True, ge=self.least, le=self.most)
        return core_schema.with_info_before_validator_function(integral, bounded)


def _warnings(info: ValidationInfo) -> list[str] | None:
    """Return where the warnings of a client's body go; None when what we keep or answer is read."""
    return info.context if isinstance(info.context, list) else None


def _sendable(headers: dict[str, str]) -> dict[str, str]:
    try:
        check_headers(headers)
    except InvalidHeader as error:
        raise refuse(f"Invalid header: {error}") from None
    return headers


Address: TypeAlias = Annotated[str, AfterValidator(trimmed)]
Headers: TypeAlias = Annotated[dict[str, str], AfterValidator(_sendable)]
Maybe: TypeAlias = Annotated[T | None, _NeverNull()]
Timestamp: TypeAlias = Annotated[str, WithJsonSchema({"type": "string", "format": "date-time"})]
"""ISO 8601 in UTC with milliseconds and `Z`."""
Items: TypeAlias = Annotated[tuple[T, ...], Strict(strict=False), Field(fail_fast=True)]


def _without_null_defaults(schema: dict[str, Any]) -> None:
    """Leave `default: null` out of the JSON schema: null is our word for "absent", not the wire's."""
    for described in schema.get("properties", {}).values():
        if described.get("default", "") is None:
            del described["default"]


class WireModel(BaseModel):
    """A JSON object of the contract: camelCase outside, snake_case inside, frozen.

    Unknown keys are refused and JSON types are never coerced. `newer_keys` are keys that newer
    clients send and this server has no use for: each is dropped, and its text is added to the
    warnings of `parse_body`. `internal_keys` (names, or prefixes ending in `*`) are dropped
    without a word (contract §1.1). In a request, a key that may be left out counts as left out when
    its value is null or an empty text, and so does such an entry of an optional list of texts: forms
    and nodes send them for what nobody filled in. NUL is refused in every text but the values of
    `texts_with_nul`, which are judged one by one later. `version` is that of the API it is part of.
    """

    model_config = ConfigDict(
        alias_generator=to_camel,
        extra="forbid",
        frozen=True,
        strict=True,
        json_schema_extra=_without_null_defaults,
    )

    newer_keys: ClassVar[Mapping[str, str]] = {}
    internal_keys: ClassVar[tuple[str, ...]] = ()
    texts_with_nul: ClassVar[frozenset[str]] = frozenset()
    version: ClassVar[str] = "v2"

    @model_validator(mode="before")
    @classmethod
    def _drop_tolerated_keys(cls, data: Any, info: ValidationInfo) -> Any:
        """Drop the keys that are accepted and not used, and of a request what nobody filled in."""
        if not isinstance(data, dict):
            return data
        warnings = _warnings(info)
        optional = {} if warnings is None else optional_keys(cls)
        kept = {}
        for key, value in data.items():
            if key in cls.newer_keys:
                if warnings is not None and not (value is False or is_blank(value)):
                    warnings.append(cls.newer_keys[key])
            elif _matches(key, cls.internal_keys) or (key in optional and is_blank(value)):
                continue
            elif optional.get(key) and type(value) is list:
                kept[key] = [one for one in value if not is_blank(one)]
            else:
                kept[key] = value
        return kept

    def to_wire(self) -> dict[str, Any]:
        """Return what was sent, as JSON types under its wire names; `from_wire` reads it back."""
        return self.model_dump(mode="json", by_alias=True, exclude_unset=True, exclude_none=True)

    @classmethod
    def from_wire(cls, data: Mapping[str, Any]) -> Self:
        """Read back what `to_wire` gave; for data of our own, not for a client's."""
        return cls.model_validate(dict(data))


class QueryModel(WireModel):
    """The query parameters of a route; values arrive as text, unknown names are ignored."""

    model_config = ConfigDict(extra="ignore", strict=False)


def _digits(value: object) -> object:
    """Take plain decimal digits only; int() would also take "1_0", " 5" and "٣"."""
    if isinstance(value, str):
        if not re.fullmatch(r"[0-9]{1,16}", value):
            raise PydanticCustomError("number", "Expected a whole number")
        return int(value)
    return value


QueryNumber: TypeAlias = Annotated[int, BeforeValidator(_digits), Field(ge=0, le=MAX_SAFE_INTEGER)]


def parse_body(model: type[M], raw: bytes) -> tuple[M, list[str]]:
    """Read a request body; return the model and the warnings the answer should carry.

    Raises MalformedJson when the bytes are not JSON, BadRequest with the issues (contract §1.2)
    when they are and break the schema.
    """
    body = _load(raw, model.texts_with_nul)
    if "alexandria" in body:
        text = "Requests of the form 'alexandria' are not available on this server"
        raise bad_request([issue("custom", ["alexandria"], text)])
    warnings: list[str] = []
    try:
        return model.model_validate(body, context=warnings), warnings
    except ValidationError as error:
        raise from_validation(error, body, version=model.version) from None


def parse_query(model: type[Q], params: Mapping[str, str]) -> Q:
    """Read the query parameters of a route; raises BadRequest with the issues."""
    values = dict(params)
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise from_validation(error, values) from None


def _load(raw: bytes, texts_with_nul: frozenset[str]) -> dict[str, Any]:
    """Parse the bytes into an object that is neither too deep nor too wide, and free of NUL."""
    if raw.count(b"{") + raw.count(b"[") > MAX_CONTAINERS:
        raise bad_request([issue("custom", [], "The body holds too many objects and arrays")])
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError:
        raise MalformedJson from None
    if not isinstance(body, dict):
        text = "Invalid input: expected object"
        raise bad_request([issue("invalid_type", [], text, expected="object")])
    _check_shape([body])
    if b"\\u0000" in raw:  # the only spelling of NUL in JSON; an escaped backslash may match it too
        _check_nul([{key: value for key, value in body.items() if key not in texts_with_nul}])
    return body


def _check_shape(level: list[Any]) -> None:
    """Raise BadRequest when nesting or an object's width goes past what any real body has."""
    depth = 0
    while level:
        depth += 1
        if depth > MAX_DEPTH:
            raise bad_request([issue("custom", [], f"The body is nested deeper than {MAX_DEPTH} levels")])
        deeper: list[Any] = []
        for container in level:
            if type(container) is dict:
                if len(container) > MAX_KEYS:
                    raise bad_request([issue("custom", [], f"An object has more than {MAX_KEYS} keys")])
                deeper.extend(value for value in container.values() if type(value) in _CONTAINERS)
            else:
                deeper.extend(value for value in container if type(value) in _CONTAINERS)
        level = deeper


def _check_nul(level: Iterable[Any]) -> None:
    """Raise BadRequest when a text or key holds U+0000, which no database and no header takes."""
    waiting = list(level)
    while waiting:
        value = waiting.pop()
        if type(value) is str:
            if "\0" in value:
                raise bad_request([issue("custom", [], "A text in the body holds a NUL character")])
        elif type(value) is dict:
            waiting.extend(value)
            waiting.extend(value.values())
        elif type(value) is list:
            waiting.extend(value)


def _matches(key: str, names: tuple[str, ...]) -> bool:
    return any(key.startswith(name[:-1]) if name.endswith("*") else key == name for name in names)
