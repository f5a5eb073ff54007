"""Just enough of HTTP/2 (RFC 9113) to answer one request on a connection with a page."""

from __future__ import annotations

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, SETTINGS, WINDOW = 0, 1, 4, 8
END_STREAM, END_HEADERS, ACK = 1, 4, 1
STATUS_200 = b"\x88"  # HPACK, static table (RFC 7541 Appendix A)


def frame(kind, flags, stream, payload=b""):
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


async def speak_h2(connection):
    """Answer every request of a connection with `over h2`."""
    await connection.reader.readexactly(len(PREFACE))
    await connection.send(frame(SETTINGS, 0, 0))
    while True:
        head = await connection.reader.readexactly(9)
        await connection.reader.readexactly(int.from_bytes(head[:3], "big"))
        kind, flags, stream = head[3], head[4], int.from_bytes(head[5:], "big")
        if kind == SETTINGS and not flags & ACK:
            await connection.send(frame(SETTINGS, ACK, 0))
        if kind == HEADERS:
            connection.heads.append(head)
            await connection.send(frame(HEADERS, END_HEADERS, stream, STATUS_200))
            await connection.send(frame(DATA, END_STREAM, stream, b"over h2"))
