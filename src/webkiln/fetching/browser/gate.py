"""The only way out of a browser's page: a proxy that asks the egress guard before it dials.

Intercepting requests inside the browser is no guard: redirects, workers, WebSockets, prefetches and
DNS pass by it. A page that can connect to nothing but this proxy has no other way. Each page has one
of its own, so that what it received can be counted, what was refused be told, and every socket be
closed the moment nobody wants the page any more.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from webkiln.errors import BlockedAddress, ConnectionFailed, ScrapeError, SiteFailed
from webkiln.fetching.browser.advertising import is_advertising
from webkiln.fetching.browser.messages import HEAD_BYTES, Answer, onward, pass_body
from webkiln.fetching.browser.trust import prove

if TYPE_CHECKING:
    import ssl

    from webkiln.fetching.addresses import IPAddress
    from webkiln.fetching.egress import EgressGuard
    from webkiln.settings import FetchSettings

_HEAD_S = 10.0  # a browser that has connected says at once what it wants
_SHARE_OF_A_SITE, _SHARE_OF_A_FILE = 2, 4
_CONNECT_S = 10.0
_CHUNK = 64 * 1024
_MOST_CONNECTIONS = 256
_HTTP, _HTTPS = 80, 443

_AUTHORITY = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([^\[\]:/?#@\s]+))(?::([0-9]{1,5}))?")
_ABSOLUTE = re.compile(r"http://([^/?#]*)([^#]*)", re.IGNORECASE)

_ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"
_REFUSED = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
_UNREACHABLE = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Upstream:
    """The operator's own proxy, which everything vetted goes through."""

    host: str
    port: int
    authorization: str | None


def upstream_of(settings: FetchSettings) -> Upstream | None:
    """Read the operator's proxy; raises ValueError for one that is not spoken to over plain HTTP."""
    if settings.proxy_server is None:
        return None
    server = settings.proxy_server if "://" in settings.proxy_server else f"http://{settings.proxy_server}"
    parts = urlsplit(server)
    if parts.scheme != "http" or parts.hostname is None:
        raise ValueError("the browser can only use a proxy of the form http://host:port")
    user = settings.proxy_username or parts.username
    password = settings.proxy_password.get_secret_value() if settings.proxy_password else parts.password
    credentials = None if user is None else base64.b64encode(f"{user}:{password or ''}".encode()).decode()
    return Upstream(parts.hostname, parts.port or _HTTP, credentials and f"Basic {credentials}")


class Gate:
    """A proxy on a loopback port of its own, for one page; close it and every socket is closed."""

    def __init__(
        self,
        guard: EgressGuard,
        *,
        most_bytes: int,
        upstream: Upstream | None = None,
        without_ads: bool = False,
        trust: ssl.SSLContext | None = None,
    ) -> None:
        """Let the page receive at most `most_bytes`, half of that from one site; then nothing more.

        With `trust` no site is spoken to over TLS whose certificate that does not accept.
        """
        self._guard = guard
        self._most_bytes = most_bytes
        self._upstream = upstream
        self._without_ads = without_ads
        self._trust = trust
        self._proven: set[tuple[str, int]] = set()
        self._server: asyncio.Server | None = None
        self._closed = False
        self._open: set[asyncio.Task[None]] = set()
        self._writers: set[asyncio.StreamWriter] = set()
        self.received = 0
        self.cut_off = False
        """Whether anything was cut off because it was too large."""
        self.refused: dict[str, ScrapeError] = {}
        """Why each host, as the URL spells it, could not be reached."""

    async def open(self, host: str = "127.0.0.1") -> None:
        """Listen on a free port of `host`."""
        self._server = await asyncio.start_server(self._accept, host, 0, limit=HEAD_BYTES)

    @property
    def url(self) -> str:
        """What a browser is told to use as its proxy."""
        assert self._server is not None  # noqa: S101 (it is open)
        host, port = self._server.sockets[0].getsockname()[:2]
        return f"http://{host}:{port}"

    @property
    def flooded(self) -> bool:
        """Whether the page has received all it may."""
        return self.received > self._most_bytes

    def close(self) -> None:
        """Close every socket, now."""
        self._closed = True
        if self._server is not None:
            self._server.close()
        for writer in self._writers:
            writer.transport.abort()
        for task in self._open:
            task.cancel()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 (the server makes one)
        self._open.add(task)
        self._writers.add(writer)
        try:
            if len(self._open) <= _MOST_CONNECTIONS and not self.flooded:
                await self._serve(reader, writer)
        except (OSError, EOFError, ValueError, asyncio.LimitOverrunError):
            pass  # one of both ends is gone, or never spoke HTTP
        except asyncio.CancelledError:
            if not self._closed:  # cancelled by us it ends as any other: asyncio would complain
                raise
        finally:
            self._open.discard(task)
            self._writers.discard(writer)
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with asyncio.timeout(_HEAD_S):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        method, target, version = head.partition("\r\n")[0].split(" ")
        if not version.startswith("HTTP/1."):
            return
        tunnel = method == "CONNECT"
        absolute = None if tunnel else _ABSOLUTE.fullmatch(target)
        authority = target if tunnel else absolute[1] if absolute is not None else ""
        found = _AUTHORITY.fullmatch(authority)
        if found is None:
            writer.write(_REFUSED)
            await writer.drain()
            return
        host = (found[1] or found[2]).lower()
        port = int(found[3] or (_HTTPS if tunnel else _HTTP))
        try:
            if tunnel and self._trust is not None and (host, port) not in self._proven:
                _, proving = await self._dial(host, port)
                await prove(self._trust, host, proving)
                self._proven.add((host, port))
            far_reader, far_writer = await self._dial(host, port)
        except ScrapeError as error:
            self.refused[host] = error
            writer.write(_REFUSED if isinstance(error, BlockedAddress) else _UNREACHABLE)
            await writer.drain()
            return
        self._writers.add(far_writer)
        try:
            # Over plain HTTP a connection is one file, over TLS it may be all that a site sends.
            if absolute is None:
                writer.write(_ESTABLISHED)
                answer, most = None, self._most_bytes // _SHARE_OF_A_SITE
                sending = asyncio.ensure_future(_pass_on(reader, far_writer))
            else:
                far_writer.write(onward(head, method, absolute[2] or "/", authority))
                answer, most = Answer(), self._most_bytes // _SHARE_OF_A_FILE
                sending = asyncio.ensure_future(pass_body(head, reader, far_writer))
            await self._relay(sending, answer, far_reader, writer, most)
        finally:
            self._writers.discard(far_writer)
            far_writer.transport.abort()

    async def _dial(self, host: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Connect to one of a host's vetted addresses; raises the ScrapeError that says why not."""
        if self._without_ads and is_advertising(host):
            raise SiteFailed("ERR_BLOCKED_BY_CLIENT: an advertiser's")
        try:
            async with asyncio.timeout(_CONNECT_S):
                by_proxy = self._upstream is not None
                addresses = await self._guard.addresses(host.rstrip("."), port, by_proxy=by_proxy)
                if self._upstream is not None:
                    return await _through(self._upstream, host, port)
                return await _first_of(addresses, port)
        except TimeoutError:
            raise ConnectionFailed(f"ERR_CONNECTION_TIMED_OUT: tried {host}:{port}") from None
        except OSError as error:
            raise ConnectionFailed(
                f"ERR_CONNECTION_FAILED: tried {host}:{port}, {error.strerror or 'no answer'}"
            ) from None

    async def _relay(
        self,
        sending: asyncio.Future[None],
        answer: Answer | None,
        far_reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        most: int,
    ) -> None:
        """Pass bytes on until the site has said all, or the page may have no more, or wants no more.

        `sending` is what goes the other way. Without an `answer` it is a tunnel, which a browser may
        close on its side and still listen.
        """
        receiving = asyncio.ensure_future(self._receive(answer, far_reader, writer, most))
        try:
            if answer is None:
                await receiving
            else:
                await asyncio.wait((sending, receiving), return_when=asyncio.FIRST_COMPLETED)
            if receiving.done():
                receiving.result()
        finally:
            for task in (sending, receiving):
                task.cancel()
            await asyncio.gather(sending, receiving, return_exceptions=True)

    async def _receive(
        self, answer: Answer | None, far_reader: asyncio.StreamReader, writer: asyncio.StreamWriter, most: int
    ) -> None:
        received = 0
        while data := await far_reader.read(_CHUNK):
            received += len(data)
            self.received += len(data)
            # One endless picture must not take what the rest of the page needs.
            if self.flooded or received > most:
                self.cut_off = True
                return
            writer.write(data if answer is None else answer.feed(data))
            await writer.drain()
        with contextlib.suppress(OSError, RuntimeError):
            if answer is not None:
                writer.write(answer.rest())
            writer.write_eof()
            await writer.drain()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(_CHUNK):
            writer.write(data)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()


async def _first_of(
    addresses: list[IPAddress], port: int
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Connect to the first address that answers."""
    failed: OSError = OSError("no address")
    for address in addresses:
        try:
            return await asyncio.open_connection(str(address), port)
        except OSError as error:
            failed = error
    raise failed


async def _through(
    upstream: Upstream, host: str, port: int
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Ask the operator's proxy for a tunnel."""
    reader, writer = await asyncio.open_connection(upstream.host, upstream.port)
    authority = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    lines = [f"CONNECT {authority} HTTP/1.1", f"Host: {authority}"]
    if upstream.authorization is not None:
        lines.append(f"Proxy-Authorization: {upstream.authorization}")
    writer.write("\r\n".join([*lines, "", ""]).encode("latin-1"))
    try:
        status = (await reader.readuntil(b"\r\n\r\n")).split(b" ", 2)[1]
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, IndexError):
        status = b""
    if not status.startswith(b"2"):
        writer.transport.abort()
        raise ConnectionFailed("ERR_TUNNEL_CONNECTION_FAILED: the proxy refused to connect")
    return reader, writer
