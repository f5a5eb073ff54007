"""The egress guard: which hosts may be reached at all.

Everything that leaves the program asks here first and then dials the very addresses it was given,
so that a name cannot change its meaning between the check and the connection (DNS rebinding).
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from webkiln import urls
from webkiln.errors import BlockedAddress, NameNotResolved
from webkiln.fetching.addresses import AllowedNetworks, is_public, parse_address
from webkiln.fetching.names import Dns

if TYPE_CHECKING:
    from collections.abc import Callable, Container

    from webkiln.fetching.addresses import IPAddress
    from webkiln.fetching.names import Lookup
    from webkiln.settings import FetchSettings

_ANSWER_TTL_S = 5.0
_MAX_ANSWERS = 4_096

_INTERNAL_DOMAINS = frozenset(
    {
        # RFC 6761, 6762, 7686, 8375, 9476, and ICANN's reservation of "internal".
        "localhost",
        "local",
        "internal",
        "invalid",
        "onion",
        "alt",
        "arpa",
        # Never delegated because private networks use them (ICANN name collision study).
        "corp",
        "home",
        "mail",
        # Common in private networks, containers and service discovery; no public domain ends so.
        "lan",
        "intranet",
        "intra",
        "private",
        "localdomain",
        "domain",
        "workgroup",
        "consul",
        "svc",
        "docker",
        "kubernetes",
    }
)

_NUMBER = re.compile(r"[0-9]*|0[xX][0-9a-fA-F]*")


# What these names mean is no question for DNS (RFC 6761 §6.3).
_LOOPBACK = [ipaddress.ip_address("127.0.0.1"), ipaddress.ip_address("::1")]


class _AnyName:
    """Holds every name."""

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str)


def _is_loopback(host: str) -> bool:
    return host == "localhost" or host.endswith(".localhost")


def _is_internal(host: str) -> bool:
    """Return whether a name, no address, means something only here: without a dot, or in such a domain."""
    return "." not in host or host.rpartition(".")[2] in _INTERNAL_DOMAINS


def _pinned(name: str, texts: tuple[str, ...]) -> list[IPAddress]:
    """Read the addresses of one pin; a mistyped one must not send the name to DNS after all."""
    found = [parse_address(text) for text in texts]
    if not found or None in found:
        raise ValueError(f"WEBKILN_RESOLVE pins {name} to something that is no IP address")
    return [address for address in found if address is not None]


@dataclass(slots=True, eq=False)
class _Question:
    """A name that DNS is being asked for, and how many wait for the answer."""

    task: asyncio.Task[list[IPAddress]]
    waiting: int = 0


class EgressGuard:
    """Judges hosts before anything connects to them.

    Refuses every address that is not public, unless `allow_networks` opens it. Names come from
    `resolve` (the operator's pins) or from DNS; if any of a name's addresses is refused, the name
    is. Names of internal domains and without a dot are refused unless pinned, whatever DNS says about
    them; with networks open they are what DNS has for them in these networks, and nothing else.
    """

    def __init__(
        self,
        settings: FetchSettings,
        lookup: Lookup | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Read the settings once; `lookup` and `clock` (seconds) are the system's if not named.

        Raises ValueError when a pin names no IP address.
        """
        self._allowed = AllowedNetworks(settings.allow_networks)
        self._pins = {name.lower(): _pinned(name, texts) for name, texts in settings.resolve.items()}
        self._opened = bool(settings.allow_networks)
        self._lookup: Lookup = Dns().line() if lookup is None else lookup
        self._clock = clock
        self._proxy_resolves = settings.proxy_resolves_names
        self._answers: OrderedDict[str, tuple[float, list[IPAddress]]] = OrderedDict()
        self._asking: dict[str, _Question] = {}

    @property
    def accepted_names(self) -> Container[str]:
        """Names that need no public ending, as `urls.parse_target` wants them.

        Those the operator pinned; with networks open any, for its addresses decide.
        """
        return _AnyName() if self._opened else frozenset(self._pins)

    def permits(self, address: IPAddress) -> bool:
        """Return whether an address may be connected to."""
        return is_public(address) or address in self._allowed

    def refuses_literal(self, url: str) -> bool:
        """Return whether a URL in normal form shows by itself that it is refused.

        True for a refused IP literal, for a name pinned to a refused address, and, where no network is
        open, for a name of an internal domain that is not pinned. False only means that DNS has the last
        word.
        """
        return self._refuses_host(urls.host_of(url))

    def _refuses_host(self, host: str) -> bool:
        """Judge a host without asking DNS."""
        pinned = self._pins.get(host)
        if pinned is not None:
            return not all(map(self.permits, pinned))
        if _is_loopback(host):
            return not any(address in self._allowed for address in _LOOPBACK)
        if host.rpartition(".")[2] in _INTERNAL_DOMAINS:
            return not self._opened
        literal = parse_address(host) if host[-1:].isdigit() or ":" in host else None
        return literal is not None and not self.permits(literal)

    async def addresses(self, host: str, port: int, *, by_proxy: bool = False) -> list[IPAddress]:
        """Return the vetted addresses of a host; the caller connects to these and no others.

        Whoever goes `by_proxy`, where the operator leaves names to the proxy, gets none for a name that
        is not pinned: nothing here knows where it leads.

        `host` is a lower-case name or an IP literal without brackets. Every call vets anew; what
        DNS answered is kept for 5 seconds. Raises BlockedAddress when any address is refused or
        the port is one of `urls.BAD_PORTS`, NameNotResolved when there is none. The caller bounds
        the time.
        """
        if self._refuses_host(host) or str(port) in urls.BAD_PORTS:
            raise BlockedAddress
        literal = parse_address(host)
        if by_proxy and self._proxy_resolves and literal is None and host not in self._pins:
            # Resolvers read numbers as addresses, and internal names are those of a private network.
            if _is_internal(host) or _NUMBER.fullmatch(host.rpartition(".")[2]):
                raise BlockedAddress
            return []
        pinned = [literal] if literal is not None else self._pins.get(host)
        found = pinned or (_LOOPBACK if _is_loopback(host) else await self._resolved(host))
        if not pinned and self._opened and _is_internal(host):
            # This machine's own name has addresses of every kind; only what was opened is meant.
            found = [address for address in found if address in self._allowed]
            if not found:
                raise BlockedAddress
        if not found:
            raise NameNotResolved(f"ERR_NAME_NOT_RESOLVED: DNS has no address for {host}")
        if not all(map(self.permits, found)):
            raise BlockedAddress
        return found

    async def _resolved(self, host: str) -> list[IPAddress]:
        """Return what DNS says, asking once for all who want to know at the same time."""
        kept = self._answers.get(host)
        if kept is not None and self._clock() < kept[0]:
            return kept[1]
        question = self._asking.get(host)
        if question is None:
            question = self._asking[host] = _Question(asyncio.create_task(self._ask(host)))
        question.waiting += 1
        try:
            # Shielded: one impatient caller must not take the answer from the others.
            return await asyncio.shield(question.task)
        finally:
            question.waiting -= 1
            if question.waiting == 0:
                question.task.cancel()  # nobody is left to hear the answer
                if self._asking.get(host) is question:
                    del self._asking[host]

    async def _ask(self, host: str) -> list[IPAddress]:
        """Ask DNS and keep the answer for a while; "no address" is kept as well."""
        found = await self._lookup(host)
        self._answers[host] = (self._clock() + _ANSWER_TTL_S, found)
        self._answers.move_to_end(host)
        while len(self._answers) > _MAX_ANSWERS:
            self._answers.popitem(last=False)
        return found
