"""Who asks, and how often they may (contract §1.3, §1.4)."""

from __future__ import annotations

import base64
import math
import time
from typing import TYPE_CHECKING, Literal

from webkiln import errors

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import HTTPConnection

    from webkiln.operations.caller import Caller
    from webkiln.operations.keys import Keys

Mode = Literal["scrape", "search", "map", "status", "account"]

_WINDOW_S = 60.0
_STARTS_WORK: frozenset[Mode] = frozenset({"scrape", "search", "map"})
_SCHEME_AND_TOKEN = 2
_STATUS_FACTOR = 10  # watching a job takes many more requests than starting it


class RateLimit:
    """Counts requests per key and mode in windows of a minute; this process's share only."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        """Allow `per_minute` requests that start work, ten times as many others; 0 is no limit."""
        self._per_minute = per_minute
        self._clock = clock
        self._windows: dict[tuple[str, Mode], tuple[float, int]] = {}

    def count(self, who: str, mode: Mode) -> None:
        """Count one request; raises RateLimited when the window is full."""
        if not self._per_minute:
            return
        limit = self._per_minute * (1 if mode in _STARTS_WORK else _STATUS_FACTOR)
        now = self._clock()
        start, used = self._windows.get((who, mode), (now, 0))
        if now - start >= _WINDOW_S:
            start, used = now, 0
            self._windows = {key: value for key, value in self._windows.items() if now - value[0] < _WINDOW_S}
        if used >= limit:
            wait = max(math.ceil(start + _WINDOW_S - now), 1)
            consumed = f"Consumed (req/min): {used}, Remaining (req/min): 0."
            raise errors.RateLimited(f"Rate limit exceeded. {consumed} Please retry after {wait}s.", wait)
        self._windows[who, mode] = (start, used + 1)


class Auth:
    """Turns a request's key into its caller."""

    def __init__(self, keys: Keys, limit: RateLimit, *, everybody: Caller | None) -> None:
        """With `everybody` keys are switched off and all requests are this caller's."""
        self._keys = keys
        self._limit = limit
        self._everybody = everybody

    async def caller(self, connection: HTTPConnection, mode: Mode) -> Caller:
        """Return who asks; raises Unauthorized, RateLimited, and PaymentRequired for work past a limit."""
        found = self._everybody
        if found is None:
            found = await self._keys.authenticate(bearer_token(connection))
        self._limit.count(found.key_id or found.team_id, mode)
        if mode in _STARTS_WORK:
            await self._keys.check_credits(found)
        return found

    async def afford(self, caller: Caller, credits_needed: int) -> None:
        """Raise PaymentRequired when the caller's limit does not reach for so many credits (contract §2)."""
        left = await self._keys.affordable(caller)
        if left is not None and left < credits_needed:
            raise errors.PaymentRequired

    async def affordable(self, caller: Caller) -> int | None:
        """Return how many credits the caller may still spend; None when nothing limits it."""
        return await self._keys.affordable(caller)


def bearer_token(connection: HTTPConnection) -> str:
    """Return the token of the Authorization header, else a WebSocket's subprotocol.

    The scheme word is not checked: the second word counts (contract §1.3). Raises Unauthorized.
    """
    header = connection.headers.get("authorization")
    if header is None:
        subprotocols = connection.scope.get("subprotocols") or []
        if subprotocols:
            return str(subprotocols[0])
        raise errors.Unauthorized
    words = header.split()
    if len(words) < _SCHEME_AND_TOKEN:
        raise errors.Unauthorized("Unauthorized: Token missing")
    if words[0].lower() != "basic":
        return words[1]
    if "origin" in connection.headers:
        # A browser that knows a password sends it along with what any page has it ask.
        raise errors.Unauthorized
    return _password(words[1])


def _password(credentials: str) -> str:
    """Return the password of Basic credentials (RFC 7617): a browser's way to bring a key."""
    try:
        decoded = base64.b64decode(credentials, validate=True).decode()
    except ValueError:
        return credentials
    _, colon, password = decoded.partition(":")  # a key may have further ones
    return password if colon else decoded
