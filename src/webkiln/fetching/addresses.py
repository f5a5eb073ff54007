"""Which IP addresses are public: our own table, made from the IANA registries.

Python's `ipaddress.is_global` is no guard: by version it calls multicast, NAT64, 6to4, site-local
and SRv6 addresses global. Here an IPv4 address is public unless a row below holds it, and an IPv6
address only inside 2000::/3 and outside the rows. Rows the registries mark "globally reachable"
(anycast relays, AS112) are refused too: no web site lives there.

Sources: IANA IPv4 and IPv6 Special-Purpose Address Registries, IPv4 Multicast Address Space,
IPv6 Global Unicast Address Assignments.
"""

from __future__ import annotations

import ipaddress
from bisect import bisect_right
from functools import lru_cache

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_REFUSED_V4 = (
    "0.0.0.0/8",  # this network; Linux connects 0.0.0.0 to loopback (RFC 791)
    "10.0.0.0/8",  # private (RFC 1918)
    "100.64.0.0/10",  # carrier-grade NAT (RFC 6598), 100.100.100.200 is Alibaba's metadata
    "127.0.0.0/8",  # loopback (RFC 1122)
    "168.63.129.16/32",  # Azure's wire server, inside a public range
    "169.254.0.0/16",  # link local (RFC 3927), 169.254.169.254 is most clouds' metadata
    "172.16.0.0/12",  # private (RFC 1918)
    "192.0.0.0/24",  # IETF protocol assignments (RFC 6890), 192.0.0.192 is Oracle's metadata
    "192.0.2.0/24",  # documentation (RFC 5737)
    "192.31.196.0/24",  # AS112 (RFC 7535)
    "192.52.193.0/24",  # AMT relays (RFC 7450)
    "192.88.99.0/24",  # 6to4 relays, deprecated (RFC 7526)
    "192.168.0.0/16",  # private (RFC 1918)
    "192.175.48.0/24",  # AS112 (RFC 7534)
    "198.18.0.0/15",  # benchmarking (RFC 2544)
    "198.51.100.0/24",  # documentation (RFC 5737)
    "203.0.113.0/24",  # documentation (RFC 5737)
    "224.0.0.0/4",  # multicast (RFC 5771)
    "240.0.0.0/4",  # reserved, and the broadcast address (RFC 1112)
)

_GLOBAL_UNICAST_V6 = ipaddress.IPv6Network("2000::/3")
_REFUSED_V6 = (
    "2001::/23",  # IETF protocol assignments (RFC 2928): Teredo, benchmarking, AMT, ORCHID, DETs
    "2001:db8::/32",  # documentation (RFC 3849)
    "2002::/16",  # 6to4 (RFC 3056): carries an IPv4 address
    "2620:4f:8000::/48",  # AS112 (RFC 7534)
    "3ffe::/16",  # 6bone, returned (RFC 3701)
    "3fff::/20",  # documentation (RFC 9637)
)

_MAPPED = ipaddress.IPv6Network("::ffff:0:0/96")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_LOW_32_BITS = 0xFFFFFFFF


class _Ranges:
    """Sorted, disjoint address ranges of one IP version, found by bisection."""

    def __init__(self, networks: list[Network]) -> None:
        """Merge the networks, which must be of one version."""
        merged = ipaddress.collapse_addresses(networks)  # type: ignore[type-var]
        ranges = sorted((int(net.network_address), int(net.broadcast_address)) for net in merged)
        self._starts = [start for start, _ in ranges]
        self._ends = [end for _, end in ranges]

    def __contains__(self, number: int) -> bool:
        """Return whether an address, as its integer, lies in one of the ranges."""
        index = bisect_right(self._starts, number) - 1
        return index >= 0 and number <= self._ends[index]


_SPECIAL_V4 = _Ranges([ipaddress.IPv4Network(row) for row in _REFUSED_V4])
_SPECIAL_V6 = _Ranges([ipaddress.IPv6Network(row) for row in _REFUSED_V6])


@lru_cache(4_096)
def parse_address(text: str) -> IPAddress | None:
    """Return the address a literal spells, or None for a name.

    Reads canonical spellings only: `urls.parse_target` has already turned octal, hexadecimal and
    short forms into them. IPv4-mapped IPv6 becomes the IPv4 address it connects to.
    """
    try:
        return unmapped(ipaddress.ip_address(text))
    except ValueError:
        return None


def unmapped(address: IPAddress) -> IPAddress:
    """Return the IPv4 address behind `::ffff:a.b.c.d`, any other address as it is."""
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def is_public(address: IPAddress) -> bool:
    """Return whether an address belongs to the public internet.

    Mapped addresses are judged by the IPv4 address they reach. Other embedded forms (compatible,
    translated, NAT64, 6to4, Teredo) are never public, whatever they embed, and neither is an
    address with a zone.
    """
    address = unmapped(address)
    if isinstance(address, ipaddress.IPv4Address):
        return int(address) not in _SPECIAL_V4
    return address.scope_id is None and address in _GLOBAL_UNICAST_V6 and int(address) not in _SPECIAL_V6


class AllowedNetworks:
    """Networks an operator opened although they are not public; nothing beside them opens."""

    def __init__(self, networks: tuple[Network, ...]) -> None:
        """Keep the networks; a mapped IPv6 network opens the IPv4 network behind it."""
        plain = [_unmapped_network(network) for network in networks]
        self._v4 = _Ranges([net for net in plain if isinstance(net, ipaddress.IPv4Network)])
        self._v6 = _Ranges([net for net in plain if isinstance(net, ipaddress.IPv6Network)])

    def __contains__(self, address: IPAddress) -> bool:
        """Return whether the address was opened.

        An operator on an IPv6-only network opens NAT64 to reach the IPv4 web; what is private
        behind the translator stays closed.
        """
        address = unmapped(address)
        if isinstance(address, ipaddress.IPv4Address):
            return int(address) in self._v4
        if address.scope_id is not None or int(address) not in self._v6:
            return False
        if address in _NAT64:
            embedded = ipaddress.IPv4Address(int(address) & _LOW_32_BITS)
            return is_public(embedded) or embedded in self
        return True


def _unmapped_network(network: Network) -> Network:
    """Return the IPv4 network behind a mapped IPv6 one, any other as it is."""
    if isinstance(network, ipaddress.IPv6Network) and network.subnet_of(_MAPPED):
        start = ipaddress.IPv4Address(int(network.network_address) & _LOW_32_BITS)
        return ipaddress.IPv4Network((start, network.prefixlen - _MAPPED.prefixlen))
    return network
