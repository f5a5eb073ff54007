"""A DNS server on loopback: answers from a table, is silent about what it is told to, counts questions."""

import asyncio
import contextlib
import socket
import struct
from dataclasses import dataclass, field
from ipaddress import ip_address

_A, _AAAA = 1, 28
_NAME_ERROR = 3


@dataclass
class DnsServer(asyncio.DatagramProtocol):
    """`table` has the addresses of names; of a name that ends in `silent` nothing is said at all."""

    table: dict[str, list[str]]
    silent: str = ".silent.test"
    asked: list[tuple[str, int]] = field(default_factory=list)
    port: int = 0

    def connection_made(self, transport):
        self.transport = transport
        self.port = transport.get_extra_info("sockname")[1]

    def datagram_received(self, data, addr):
        name, end = _name(data)
        (kind,) = struct.unpack("!H", data[end : end + 2])
        self.asked.append((name, kind))
        if name.endswith(self.silent):
            return
        known = [ip_address(text) for text in self.table.get(name, [])]
        wanted = [one for one in known if one.version == (4 if kind == _A else 6)]
        code = 0 if name in self.table else _NAME_ERROR
        head = data[:2] + struct.pack("!HHHHH", 0x8180 | code, 1, len(wanted), 0, 0)
        records = b"".join(
            b"\xc0\x0c" + struct.pack("!HHIH", kind, 1, 0, len(one.packed)) + one.packed for one in wanted
        )
        self.transport.sendto(head + data[12 : end + 4] + records, addr)


def _name(data):
    labels, at = [], 12
    while data[at]:
        labels.append(data[at + 1 : at + 1 + data[at]].decode().lower())
        at += data[at] + 1
    return ".".join(labels), at + 1


@contextlib.asynccontextmanager
async def dns_server(table):
    """Serve until the block ends."""
    loop = asyncio.get_running_loop()
    listening = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    listening.bind(("127.0.0.1", 0))
    transport, server = await loop.create_datagram_endpoint(lambda: DnsServer(table), sock=listening)
    try:
        yield server
    finally:
        transport.close()
