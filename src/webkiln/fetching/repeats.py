"""Requests that are sent again at no cost: their connection was to blame, not the page.

A kept connection may be closed by its server at any moment, also just when the next request goes out
(RFC 9112 §9.3.1), or be answered 408 for a request that was never sent (RFC 9110 §15.5.9). Over HTTP/2 a
server says which requests it has not looked at (RFC 9113 §8.7). All of ours are GETs, so browsers and we
send them again. Each kind of repeat has its bound; what fails then, fails.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import wreq

from webkiln.fetching.failures import loss_of

if TYPE_CHECKING:
    from webkiln.fetching.clients import PinnedClient

_ON_KEPT = 2
"""Repeats of an unread request over connections that are shared; then it gets one for itself."""
_REQUEST_TIMEOUT = 408


class Repeats:
    """What one request has been sent again for so far."""

    def __init__(self, pinned: PinnedClient, port: int) -> None:
        """Start with the first sending, to `port` of the client's host."""
        self._pinned = pinned
        self._port = port
        self._unread = 0
        self._alone = False

    async def send(self, url: str, headers: dict[str, str]) -> wreq.Response:
        """Send it and return the head of the answer; raises the client's errors."""
        # A repeat has a client that has no connection yet and keeps none.
        client = self._pinned.fresh if self._alone else self._pinned.client
        if self._port in self._pinned.http1_ports:
            return await client.get(url, headers=headers, version=wreq.Version.HTTP_11)
        return await client.get(url, headers=headers)

    def mends(self, error: BaseException) -> bool:
        """Return whether the request is to be sent again after an error of the client's."""
        loss = loss_of(error)
        if loss is None:
            return False
        if loss.wants_http1:
            known = self._port in self._pinned.http1_ports
            self._pinned.http1_ports.add(self._port)
            return not known
        if loss.unread and self._unread < _ON_KEPT:
            self._unread += 1
            return True
        old = loss.unread or loss.stale or loss.shared or self._pinned.has_answered(loss.port)
        return old and self._take_fresh()

    def doubts(self, response: wreq.Response, *, kept: bool) -> bool:
        """Return whether the request is to be sent again after an answer that may not be meant for it.

        `kept` says that the connection had given an answer before.
        """
        unasked = kept and response.status.as_int() == _REQUEST_TIMEOUT
        return unasked and response.version != wreq.Version.HTTP_2 and self._take_fresh()

    def _take_fresh(self) -> bool:
        """Give the request a connection of its own, once."""
        taken, self._alone = self._alone, True
        return not taken
