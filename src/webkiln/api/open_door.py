"""The door without keys: whom it serves (threats: DNS rebinding, requests that web pages forge).

Without keys a request proves nothing of who sent it, and a browser on this network sends what any page
it shows tells it to. Three things tell such a request from a client's: the name it asks for (a rebound
name is the attacker's own), the origin it names, and a body of a type that needs no permission first.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from webkiln import errors, urls
from webkiln.api.envelope import error_response

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from starlette.types import ASGIApp, Receive, Scope, Send

_HEALTH = "/v0/health/"
_WITHOUT_BODY = frozenset({"GET", "HEAD", "OPTIONS"})
_POLICY = 1008  # the close code of a message that breaks a rule (RFC 6455 §7.4.1)
_NO_HOST = frozenset("/?#@\\")


class OpenDoor:
    """Refuses what a web page could have sent: other hosts and origins (403), bodies that are no JSON (415).

    Who asks for the server's health may call it by any name.
    """

    def __init__(self, app: ASGIApp, hosts: Iterable[str] = ()) -> None:
        """Wrap `app`; besides loopback and the address a connection came to, `hosts` are names of ours."""
        self._app = app
        self._hosts = frozenset(host.lower().strip("[]").rstrip(".") for host in hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what may be a client's."""
        refused = None
        if scope["type"] in ("http", "websocket") and not scope["path"].startswith(_HEALTH):
            refused = self._refused(scope)
        if refused is None:
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": _POLICY, "reason": refused.message[:120]})
        else:
            await error_response(refused)(scope, receive, send)

    def _refused(self, scope: Scope) -> errors.RequestError | None:
        hosts, origins, types = (list(_values(scope, name)) for name in (b"host", b"origin", b"content-type"))
        if not hosts or not all(self._is_ours(_host_of(f"http://{host}", host), scope) for host in hosts):
            return errors.Forbidden(
                "This server has its API keys switched off and is not asked by this name; "
                "WEBKILN_ALLOWED_HOSTS can name further ones."
            )
        if not all(self._is_ours(_host_of(origin, origin.partition("://")[2]), scope) for origin in origins):
            return errors.Forbidden(
                "This server has its API keys switched off and does not serve web pages of other origins; "
                "WEBKILN_ALLOWED_HOSTS can name their hosts."
            )
        if scope["type"] == "http" and scope["method"] not in _WITHOUT_BODY:
            has_body = any(value != "0" for value in _values(scope, b"content-length")) or any(
                _values(scope, b"transfer-encoding")
            )
            if not all(map(_is_json, types)) or (has_body and not types):
                return errors.UnsupportedMediaType("The body has to be JSON, sent as application/json.")
        return None

    def _is_ours(self, host: str | None, scope: Scope) -> bool:
        if host is None:
            return False
        if host in self._hosts or host == "localhost" or host.endswith(".localhost"):
            return True
        try:
            address = ipaddress.ip_address(host)
        except ValueError:
            return False
        # With the address at which the connection arrived, no name was asked that could be rebound.
        server = scope.get("server") or ("",)
        return address.is_loopback or str(address) == server[0]


def _values(scope: Scope, name: bytes) -> Iterator[str]:
    return (value.decode("latin-1").strip() for key, value in scope["headers"] if key == name)


def _host_of(url: str, authority: str) -> str | None:
    """Return the host of an origin, or of a `Host` as one; None for what is neither."""
    if _NO_HOST & set(authority) or not url.startswith(("http://", "https://")):
        return None
    try:
        return urls.host_of(url).rstrip(".")
    except urls.InvalidUrl:
        return None


def _is_json(media_type: str) -> bool:
    return media_type.partition(";")[0].strip().lower() == "application/json"
