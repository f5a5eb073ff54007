"""Which of the settings' texts nobody may read in a log."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from pydantic import BaseModel, SecretStr

if TYPE_CHECKING:
    from collections.abc import Iterator


def secrets_of(settings: BaseModel) -> frozenset[str]:
    """Return the secrets that settings hold, in the spellings in which they travel.

    These are the secret fields, and of fields with a URL the password and the values of its query.
    """
    return frozenset(text for text in _texts(settings) if text)


def _texts(settings: BaseModel) -> Iterator[str]:
    for name in type(settings).model_fields:
        value: Any = getattr(settings, name)
        if isinstance(value, BaseModel):
            yield from _texts(value)
        elif isinstance(value, SecretStr):
            secret = value.get_secret_value()
            yield from _spelled(secret)
            yield from _inside(secret)
            user = getattr(settings, f"{name.removesuffix('_password')}_username", None)
            if user is not None:
                yield _basic(user, secret)
        elif isinstance(value, str):
            yield from _inside(value)


def _inside(text: str) -> Iterator[str]:
    """Take the secrets out of a URL; `user:password@host` is one without its scheme."""
    if "@" not in text and "?" not in text:
        return
    try:
        url = urlsplit(text if "://" in text else f"//{text}")
    except ValueError:
        return
    if url.password:
        yield from _spelled(url.password)
        yield _basic(unquote(url.username or ""), unquote(url.password))
    for _, value in parse_qsl(url.query):
        yield from _spelled(value)


def _basic(user: str, password: str) -> str:
    """Return the credentials as HTTP sends them, which is no disguise (RFC 7617)."""
    return base64.b64encode(f"{user}:{password}".encode()).decode()


def _spelled(secret: str) -> Iterator[str]:
    yield secret
    yield unquote(secret)
    yield quote(unquote(secret), safe="")
