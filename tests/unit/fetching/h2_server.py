"""Just enough of HTTP/2 (RFC 9113) to answer requests with a page, to refuse them, and to go away."""

from __future__ import annotations

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RST_STREAM, SETTINGS, GOAWAY, WINDOW = 0, 1, 3, 4, 7, 8
END_STREAM, END_HEADERS, ACK = 1, 4, 1
NO_ERROR, PROTOCOL_ERROR, INTERNAL_ERROR, REFUSED_STREAM, CANCEL = 0, 1, 2, 7, 8
ENHANCE_YOUR_CALM, HTTP_1_1_REQUIRED = 11, 13
STATUS_200 = b"\x88"  # HPACK, static table (RFC 7541 Appendix A)


def frame(kind, flags, stream, payload=b""):
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


def goaway(last, code=NO_ERROR, debug=b""):
    return frame(GOAWAY, 0, 0, last.to_bytes(4, "big") + code.to_bytes(4, "big") + debug)


def reset(stream, code):
    return frame(RST_STREAM, 0, stream, code.to_bytes(4, "big"))


def h2_page(stream, body=b"over h2"):
    return frame(HEADERS, END_HEADERS, stream, STATUS_200) + frame(DATA, END_STREAM, stream, body)


def speaking_h2(on_request):
    """Call `on_request(connection, number, stream)` for every request of a connection, counted from 1.

    The connection ends when that returns a true value.
    """

    async def answer(connection):
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
                if await on_request(connection, len(connection.heads), stream):
                    return

    return answer


async def speak_h2(connection):
    """Answer every request of a connection with `over h2`."""

    async def on_request(connection, _number, stream):
        await connection.send(h2_page(stream))

    await speaking_h2(on_request)(connection)
