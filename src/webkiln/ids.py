"""Job and task ids: UUID version 7 (RFC 9562), so that they sort by the time they were made."""

from __future__ import annotations

import os
import re
import time
import uuid

_SHAPE = re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}")


def new_id() -> str:
    """Return one fresh id, lower case with dashes."""
    return new_ids(1)[0]


def new_ids(count: int) -> list[str]:
    """Return `count` fresh ids in ascending order.

    The 74 bits after the timestamp start at a random point and count up, so ids of one call
    never collide and keep their order within a millisecond (RFC 9562 §6.2, method 2).
    """
    milliseconds = time.time_ns() // 1_000_000
    start = int.from_bytes(os.urandom(9), "big") >> 1  # 71 bits: room to count up within 74
    made = []
    for tail in range(start, start + count):
        value = (milliseconds & 0xFFFFFFFFFFFF) << 80
        value |= 0x7 << 76 | (tail >> 62 & 0xFFF) << 64
        value |= 0b10 << 62 | (tail & 0x3FFFFFFFFFFFFFFF)
        text = f"{value:032x}"
        made.append(f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}")
    return made


def parse_id(text: str) -> str | None:
    """Return the canonical lower-case form of any UUID shape, or None when it is none."""
    return str(uuid.UUID(text)) if _SHAPE.fullmatch(text) else None
