"""What a text is known by when it is compared with a later one (contract §5)."""

from __future__ import annotations

from collections import Counter
from hashlib import blake2b
from typing import Final

_BYTES: Final = 16
_PIECE: Final = 1 << 20  # characters that are counted at once


def fingerprint(text: str) -> bytes:
    """Return 16 bytes that are the same for texts of the same characters, whatever their order.

    White space does not count: pages that show the same things in another order have not changed.
    """
    counts: Counter[str] = Counter()
    for start in range(0, len(text), _PIECE):
        counts.update(text[start : start + _PIECE])
    counted = sorted((character, count) for character, count in counts.items() if not character.isspace())
    spelled = "".join(f"{character}{count};" for character, count in counted)
    return blake2b(spelled.encode("utf-8", "surrogatepass"), digest_size=_BYTES).digest()
