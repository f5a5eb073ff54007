"""HTTP clients that can dial vetted addresses only, kept so that their connections can be."""

from __future__ import annotations

import datetime as dt
import ssl
from collections import OrderedDict
from functools import partial
from typing import TYPE_CHECKING

import wreq

from webkiln.fetching.addresses import unmapped

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from webkiln.fetching.addresses import IPAddress
    from webkiln.settings import FetchSettings

MAX_HEADER_BYTES = 64 << 10
MAX_HEADER_LINES = 500

_MAX_CLIENTS = 256
_MAX_IDLE_CONNECTIONS = 64
_MAX_PORTS = 4_096
_IDLE_TIMEOUT = dt.timedelta(seconds=30)
_CONNECT_TIMEOUT = dt.timedelta(seconds=30)
_THREADS = 1
"""Threads of the client's own runtime; worker processes already are one a core."""

_BROWSER = wreq.Emulation(wreq.Profile.Chrome154, wreq.Platform.Linux)
_HEADER_ORDER = [
    # As Chrome orders and spells them on HTTP/1.1; the profile alone puts Host last.
    "Host",
    "Connection",
    "sec-ch-ua",
    "sec-ch-ua-mobile",
    "sec-ch-ua-platform",
    "Upgrade-Insecure-Requests",
    "User-Agent",
    "Accept",
    "Sec-Fetch-Site",
    "Sec-Fetch-Mode",
    "Sec-Fetch-User",
    "Sec-Fetch-Dest",
    "Referer",
    "Accept-Encoding",
    "Accept-Language",
    "Cookie",
]


class PinnedClient:
    """A client for one host whose name means the given addresses and nothing else."""

    __slots__ = ("_answered", "_fresh", "_make", "_peers", "addresses", "client", "http1_ports")

    def __init__(self, make: Callable[[int], wreq.Client], addresses: frozenset[IPAddress]) -> None:
        """Pin to the addresses; `make` builds a client that keeps so many connections open."""
        self.client = make(_MAX_IDLE_CONNECTIONS)
        self.addresses = addresses
        self.http1_ports: set[int] = set()
        """Ports whose server has said that it wants HTTP/1.1."""
        self._make = make
        self._fresh: wreq.Client | None = None
        self._peers: set[str] = set()
        self._answered: set[int] = set()

    @property
    def fresh(self) -> wreq.Client:
        """A client beside the other: each of its requests has a new connection, which is not kept."""
        if self._fresh is None:
            self._fresh = self._make(0)
        return self._fresh

    def close(self) -> None:
        """Cancel what is under way and close every connection."""
        self.client.close()
        if self._fresh is not None:
            self._fresh.close()

    def note_answer(self, port: int) -> bool:
        """Note that a connection, by its port on our side, has answered; return whether it had before."""
        if port in self._answered:
            return True
        if len(self._answered) >= _MAX_PORTS:
            self._answered.clear()
        self._answered.add(port)
        return False

    def has_answered(self, port: int | None) -> bool:
        """Return whether a connection, by its port on our side, has answered before."""
        return port in self._answered

    def is_peer(self, peer: wreq.SocketAddr | None) -> bool:
        """Return whether a connection's other end is one of the pinned addresses."""
        if peer is None:
            return False
        spelled = str(peer)
        if spelled not in self._peers:
            if unmapped(peer.ip()) not in self.addresses:
                return False
            self._peers.add(spelled)
        return True


class ClientPool:
    """The clients in use, the least recently used dropped first.

    A dropped client finishes what it has under way and then closes its idle connections.
    """

    def __init__(self, settings: FetchSettings) -> None:
        """Read the proxy and the extra certificate authorities once.

        Raises OSError when the CA file cannot be read, ssl.SSLError when it holds no certificate.
        """
        self._clients: OrderedDict[tuple[str, bool], PinnedClient] = OrderedDict()
        self._runtime = wreq.Runtime(workers=_THREADS, thread_name="webkiln-http")
        self._proxies = _proxies(settings)
        self._trust = True if settings.extra_ca_file is None else _trust(settings.extra_ca_file)

    def client(self, host: str, addresses: list[IPAddress], *, verify_tls: bool) -> PinnedClient:
        """Return a client whose pinned addresses include one of those just vetted.

        An address is judged by itself, so one that was vetted before is as good today: a client
        is kept, with its open connections, when DNS merely turns its answers around. Without any, the
        proxy is the one that knows them.
        """
        key = (host, verify_tls)
        found = self._clients.get(key)
        known = found is not None and (
            bool(found.addresses.intersection(addresses)) or not (found.addresses or addresses)
        )
        if found is None or not known:
            make = partial(self._make, host, addresses, verify_tls)
            found = PinnedClient(make, frozenset(addresses))
            self._clients[key] = found
            if len(self._clients) > _MAX_CLIENTS:
                self._clients.popitem(last=False)
        else:
            self._clients.move_to_end(key)
        return found

    def _make(
        self,
        host: str,
        addresses: list[IPAddress],
        verify_tls: bool,  # noqa: FBT001 (bound by `partial`)
        most_idle: int,
    ) -> wreq.Client:
        """Build a client: Chrome's profile, everything automatic switched off."""
        names = wreq.DnsOptions(system_dns=True)
        if addresses:
            names.add_resolve(host, addresses)
        route = {"proxies": self._proxies} if self._proxies else {"no_proxy": True}
        return wreq.Client(
            runtime=self._runtime,
            emulation=_BROWSER,
            orig_headers=_HEADER_ORDER,
            dns_options=names,
            redirect=wreq.redirect.Policy.none(),
            # The wire's own bytes are wanted: the caps hold for them, and they are cheap to keep.
            gzip=False,
            brotli=False,
            deflate=False,
            zstd=False,
            tls_verify=self._trust if verify_tls else False,
            connect_timeout=_CONNECT_TIMEOUT,
            pool_idle_timeout=_IDLE_TIMEOUT,
            pool_max_idle_per_host=most_idle,
            http1_options=wreq.Http1Options(
                max_headers=MAX_HEADER_LINES,
                max_buf_size=MAX_HEADER_BYTES,
                ignore_invalid_headers_in_responses=True,
                allow_obsolete_multiline_headers_in_responses=True,
                allow_spaces_after_header_name_in_responses=True,
            ),
            **route,
        )

    @property
    def proxied(self) -> bool:
        """Return whether requests go through a proxy."""
        return bool(self._proxies)

    def close(self) -> None:
        """Cancel what is under way and close every connection."""
        for pinned in self._clients.values():
            pinned.close()
        self._clients.clear()


def _proxies(settings: FetchSettings) -> list[wreq.Proxy]:
    """Return the operator's proxy; those of the environment never apply."""
    if settings.proxy_server is None:
        return []
    server = settings.proxy_server if "://" in settings.proxy_server else f"http://{settings.proxy_server}"
    if settings.proxy_username is None:
        return [wreq.Proxy.all(server)]
    password = settings.proxy_password.get_secret_value() if settings.proxy_password else ""
    return [wreq.Proxy.all(server, username=settings.proxy_username, password=password)]


def _trust(extra: Path) -> wreq.CertStore:
    """Return the system's certificate authorities and those of a PEM file.

    The client's own list cannot be added to, so the system's takes its place.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cafile=extra)
    return wreq.CertStore(der_certs=context.get_ca_certs(binary_form=True), default_paths=True)
