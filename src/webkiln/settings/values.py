"""How the texts of the environment are read where pydantic alone would not do, and what is refused."""

from __future__ import annotations

import ipaddress
import os
import re
import ssl
from pathlib import Path  # noqa: TC003 (pydantic reads the annotations)
from urllib.parse import urlsplit

from pydantic import HttpUrl, SecretStr, TypeAdapter, ValidationError, ValidationInfo

_BUCKET = r"[A-Za-z0-9][A-Za-z0-9._-]+"
_PREFIX = r"(?!\.\.?(/|$))[A-Za-z0-9._=+!()-]+"  # one part of it
_PROXIES = frozenset({"http", "https", "socks5", "socks5h"})


def listed(value: object) -> object:
    """Split a comma-separated environment value; leave real lists alone."""
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return value


def pinned(value: object) -> object:
    """Read `name:address` pairs the way curl's `--resolve` spells them, without the port.

    `docs.test:127.0.0.1` pins one address; the same name may come again with another.
    """
    if not isinstance(value, str):
        return value
    pins: dict[str, list[str]] = {}
    for pair in listed(value):  # type: ignore[attr-defined]
        name, _, address = pair.partition(":")
        if not name or not address:
            message = f"{pair!r} is not of the form name:address"
            raise ValueError(message)
        # An address that is none would only be found out when the name is first asked for.
        pins.setdefault(name.lower(), []).append(str(ipaddress.ip_address(address.strip("[]"))))
    return pins


def api_key(value: SecretStr) -> SecretStr:
    """Refuse a preset key that no request could bring, or that is soon guessed; never repeat it."""
    if not re.fullmatch(r"[!-~]{8,256}", value.get_secret_value()):
        message = "an API key is made of 8 to 256 visible ASCII characters, without spaces"
        raise ValueError(message)
    return value


def postgres_url(value: SecretStr) -> SecretStr:
    """Refuse what names no PostgreSQL server, without repeating it: there is a password in it."""
    if not re.match(r"postgres(ql)?://", value.get_secret_value()):
        message = "a database is named as postgresql://user:password@host:port/name"
        raise ValueError(message)
    return value


def blob_url(value: str) -> str:
    """Refuse what names neither a bucket nor a folder; credentials have names of their own."""
    if not re.fullmatch(rf"s3://{_BUCKET}(/{_PREFIX})*/?|file:///[^?#]+", value):
        message = "blobs go to s3://bucket, s3://bucket/prefix or file:///folder"
        raise ValueError(message)
    return value


def endpoint_url(value: str) -> str:
    """Refuse an address that the S3 library would stumble over only when it is asked for something."""
    return _base_url(
        value, "an endpoint is named as https://host or http://host:port, without a user or a query"
    )


def paired(value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
    """Refuse half of a pair of S3 keys, where S3 is used at all: the names are shared with other programs."""
    used = (info.data.get("blob_url") or "").startswith("s3:")
    if used and (value is None) != (info.data.get("s3_access_key_id") is None):
        message = "an access key id and its secret are set together or not at all"
        raise ValueError(message)
    return value


def public_url(value: str) -> str:
    """Refuse what no link can begin with."""
    return _base_url(value, "links begin with http://host or https://host, maybe with a port and a path")


def _base_url(value: str, message: str) -> str:
    """Return an address that others are made from, without its last slash; `message` says how it is named."""
    try:
        url = TypeAdapter(HttpUrl).validate_python(value)
    except ValidationError:
        raise ValueError(message) from None
    if url.username or url.password or url.query is not None or url.fragment is not None:
        raise ValueError(message)
    return str(url).rstrip("/")


def left_to_a_proxy(value: bool, info: ValidationInfo) -> bool:  # noqa: FBT001 (pydantic's form)
    """Refuse to leave names to a proxy that is not there, or that is told addresses only."""
    server = info.data.get("proxy_server")
    if value and (server is None or server.lower().startswith(("socks4:", "socks5:"))):
        message = "names are left to a WEBKILN_PROXY_SERVER of http://, https:// or socks5h://"
        raise ValueError(message)
    return value


def proxy_url(value: str) -> str:
    """Refuse what names no proxy, without repeating it: there may be a password in it."""
    message = "a proxy is named as http://host:port, https://host:port or socks5://host:port"
    try:
        parts = urlsplit(value if "://" in value else f"http://{value}")
        named = parts.hostname is not None and parts.port != 0
    except ValueError:
        raise ValueError(message) from None
    beyond = parts.path not in ("", "/") or parts.query or parts.fragment
    if parts.scheme not in _PROXIES or not named or beyond or re.search(r"\s", value):
        raise ValueError(message)
    return value


def authorities(path: Path) -> Path:
    """Refuse a file that holds no certificate in PEM form."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.load_verify_locations(cafile=path)
    except ssl.SSLError:
        pass  # it holds none, which the next line finds too
    except OSError as error:
        message = f"{path} cannot be read: {error.strerror}"
        raise ValueError(message) from None
    if not context.cert_store_stats()["x509"]:
        message = f"{path} holds no certificate in PEM form (-----BEGIN CERTIFICATE-----)"
        raise ValueError(message)
    return path


def program(path: Path) -> Path:
    """Refuse what cannot be run."""
    if not path.is_file():
        message = f"there is no file {path}"
        raise ValueError(message)
    if not os.access(path, os.X_OK):
        message = f"{path} cannot be executed"
        raise ValueError(message)
    return path


def browser_url(value: str) -> str:
    """Refuse what names no browser's control port, without repeating it: there may be a token in it."""
    if not re.match(r"(wss?|https?)://[^/]", value):
        message = "a browser is named as ws://host:port/… or http://host:port"
        raise ValueError(message)
    return value


def sendable(value: SecretStr) -> SecretStr:
    """Refuse a key that no header can carry, without repeating it."""
    if not re.fullmatch(r"[!-~]+", value.get_secret_value()):
        message = "a key is made of visible ASCII characters, without spaces"
        raise ValueError(message)
    return value


def set_up(providers: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
    """Refuse to order search providers that lack their key or address, or come twice."""
    needs = {name: f"{name}_api_key" for name in ("serper", "searchapi", "brave", "tavily")}
    needs["searxng"] = "searxng_endpoint"
    for name in providers:
        if name in needs and not info.data.get(needs[name]):
            message = f"{name} is listed, and WEBKILN_{needs[name].upper()} is not set"
            raise ValueError(message)
    if len(set(providers)) < len(providers):
        message = "a provider is listed twice"
        raise ValueError(message)
    return providers
