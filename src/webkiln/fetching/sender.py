"""Webhook deliveries: one POST, past the egress guard, to receivers nobody vouches for."""

from __future__ import annotations

import asyncio
import socket
import ssl
from typing import TYPE_CHECKING

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from webkiln import urls
from webkiln.errors import ConnectionFailed, InvalidTarget, ScrapeError, TlsFailed
from webkiln.fetching.egress import EgressGuard
from webkiln.fetching.failures import timed_out

if TYPE_CHECKING:
    from collections.abc import Mapping

    from webkiln.settings import FetchSettings

USER_AGENT = "Webkiln-Webhook"

_ANSWER_BYTES = 4_096
_ANSWER_PATIENCE_S = 1.0
"""How long an answer's body is waited for: it only decides whether the connection can be kept."""


class _VettedResolver(AbstractResolver):
    """Gives the connector the guard's addresses, so that it can dial no others."""

    def __init__(self, guard: EgressGuard) -> None:
        """Keep the guard."""
        self._guard = guard

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Return the vetted addresses of a name; raises what the guard raises."""
        return [
            ResolveResult(
                hostname=host,
                host=str(address),
                port=port,
                family=socket.AF_INET if address.version == 4 else socket.AF_INET6,  # noqa: PLR2004
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for address in await self._guard.addresses(host, port)
            if family in {socket.AF_UNSPEC, socket.AF_INET if address.version == 4 else socket.AF_INET6}  # noqa: PLR2004
        ]

    async def close(self) -> None:
        """Hold nothing, close nothing."""


class WebhookSender:
    """Posts events. The receiver is vetted at every delivery, redirects are not followed.

    How many are under way is the caller's to bound; none waits for another here. A host is shared by
    receivers of many tenants, so a limit of its own would let one slow receiver hold up all.
    Neither the environment's proxies nor the operator's apply, and no cookie is kept. Make it
    inside the event loop that uses it.
    """

    def __init__(self, settings: FetchSettings, guard: EgressGuard | None = None) -> None:
        """Read the settings once; `guard` is one made from the same settings, if not named.

        Raises OSError or ssl.SSLError when `extra_ca_file` cannot be used.
        """
        self._guard = EgressGuard(settings) if guard is None else guard
        self._names = self._guard.accepted_names
        self._trust = ssl.create_default_context()
        if settings.extra_ca_file is not None:
            self._trust.load_verify_locations(cafile=settings.extra_ca_file)
        self._session: aiohttp.ClientSession | None = None

    async def post(self, url: str, *, headers: Mapping[str, str], body: bytes, timeout_s: float) -> int:
        """Deliver one event and return the receiver's status, whatever it is (a redirect is a 3xx).

        `headers` must have passed `contract.headers.check_headers`. The receiver's words are not
        looked at. Raises BlockedAddress, InvalidTarget, NameNotResolved, TlsFailed,
        ConnectionFailed, or ScrapeTimeout after `timeout_s` seconds.
        """
        try:
            target = urls.parse_target(url, self._names)
        except urls.InvalidUrl as error:
            raise InvalidTarget(str(error)) from None
        parts = urls.parts_of(target)
        try:
            async with asyncio.timeout(timeout_s):
                # The connector asks its resolver about names only; a literal is judged here.
                await self._guard.addresses(parts.host, parts.port)
                return await self._exchange(target, headers, body)
        except TimeoutError:
            raise timed_out(parts.origin, timeout_s) from None
        except (aiohttp.ClientError, ValueError) as error:
            raise _failure_of(error, parts.origin) from None

    async def _exchange(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        """Send the request, and let go of the answer."""
        session = self._open_session()
        async with session.post(
            URL(url, encoded=True), data=body, headers=headers, allow_redirects=False, ssl=self._trust
        ) as response:
            try:
                async with asyncio.timeout(_ANSWER_PATIENCE_S):
                    await response.content.readexactly(_ANSWER_BYTES)
            except (TimeoutError, asyncio.IncompleteReadError, aiohttp.ClientError):
                pass  # short, slow or broken: the status is all that counts
            if not response.content.at_eof():
                response.close()
            return response.status

    def _open_session(self) -> aiohttp.ClientSession:
        """Return the session; it is made when the first event goes out."""
        if self._session is None:
            connector = aiohttp.TCPConnector(
                resolver=_VettedResolver(self._guard),
                use_dns_cache=False,
                limit=0,
                limit_per_host=0,
            )
            self._session = aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=None),
                auto_decompress=False,
                trust_env=False,
                headers={"User-Agent": USER_AGENT, "Accept": "*/*"},
                max_line_size=8_190,
                max_field_size=8_190,
            )
        return self._session

    async def close(self) -> None:
        """Close every connection; the sender is not used again."""
        if self._session is not None:
            await self._session.close()


# The first row whose class fits is the answer, so the narrow ones come first.
_FAILURES: tuple[tuple[type[Exception], type[ScrapeError], str, str], ...] = (
    (
        aiohttp.ClientConnectorCertificateError,
        TlsFailed,
        "ERR_CERT_INVALID",
        "its certificate could not be verified",
    ),
    (aiohttp.ClientSSLError, TlsFailed, "ERR_SSL_PROTOCOL_ERROR", "the TLS handshake failed"),
    (aiohttp.ClientConnectorError, ConnectionFailed, "ERR_CONNECTION_REFUSED", "no connection came about"),
    (
        aiohttp.ServerDisconnectedError,
        ConnectionFailed,
        "ERR_EMPTY_RESPONSE",
        "it closed the connection without an answer",
    ),
    (aiohttp.ClientOSError, ConnectionFailed, "ERR_CONNECTION_RESET", "it reset the connection"),
    (aiohttp.InvalidURL, InvalidTarget, "ERR_INVALID_URL", "the URL cannot be requested"),
    (
        aiohttp.ClientResponseError,
        ConnectionFailed,
        "ERR_INVALID_HTTP_RESPONSE",
        "its answer is not valid HTTP",
    ),
    (ValueError, InvalidTarget, "ERR_INVALID_ARGUMENT", "the request cannot be sent"),
)


def _failure_of(error: Exception, origin: str) -> ScrapeError:
    """Return our error for one of the client's; its own text names addresses and stays inside."""
    for kind, ours, word, reason in _FAILURES:
        if isinstance(error, kind):
            return ours(f"{word}: tried {origin}, {reason}")
    return ConnectionFailed(f"ERR_FAILED: tried {origin}, the connection failed")
