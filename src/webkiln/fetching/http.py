"""Pages over plain HTTP, with a browser's TLS and header profile.

Threats answered here: connections go to vetted addresses only, redirects are followed by us and
vetted hop by hop, bytes are counted before and after decoding, one clock runs over everything, and
what the client's errors say stays inside.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from webkiln.contract.headers import InvalidHeader, check_headers
from webkiln.errors import BlockedAddress, InvalidTarget, SiteFailed
from webkiln.fetching import bodies
from webkiln.fetching.clients import ClientPool
from webkiln.fetching.egress import EgressGuard
from webkiln.fetching.failures import CLIENT_ERRORS, failure_of, timed_out
from webkiln.fetching.floods import FloodWatch
from webkiln.fetching.page import Page
from webkiln.fetching.redirects import REDIRECTS, Chain
from webkiln.fetching.refresh import SOON_S, refresh_of
from webkiln.fetching.repeats import Repeats

if TYPE_CHECKING:
    from collections.abc import Callable

    import wreq

    from webkiln.fetching.clients import PinnedClient
    from webkiln.fetching.page import FetchRequest
    from webkiln.settings import FetchSettings

_PROXY_AUTHENTICATION_REQUIRED = 407


class HttpFetcher:
    """A Fetcher that speaks HTTP/1.1 and HTTP/2 as Chrome does; no script runs.

    Make it inside the event loop that uses it. Any status is a page; the errors are those of the
    Fetcher protocol.
    """

    def __init__(
        self,
        settings: FetchSettings,
        guard: EgressGuard | None = None,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Read the settings once; `guard` is one made from the same settings, if not named.

        Raises OSError or ssl.SSLError when `extra_ca_file` cannot be used, ValueError for a pin
        that is no address.
        """
        self._guard = EgressGuard(settings) if guard is None else guard
        self._names = self._guard.accepted_names
        self._clients = ClientPool(settings)
        self._floods = FloodWatch()
        self._bodies = bodies.BodyReader(settings.max_page_mb << 20)
        self._max_redirects = settings.max_redirects
        self._now = clock

    async def fetch(self, request: FetchRequest) -> Page:
        """Fetch one URL, following its redirects; cancelling closes the socket within milliseconds."""
        try:
            check_headers(request.headers)
        except InvalidHeader as error:
            raise InvalidTarget(str(error)) from None
        chain = Chain(request, self._names)
        try:
            async with asyncio.timeout(request.timeout_s):
                return await self._follow(request, chain)
        except TimeoutError:
            raise timed_out(chain.parts.origin, request.timeout_s) from None

    async def close(self) -> None:
        """Close every connection; the fetcher is not used again."""
        self._floods.close()
        self._bodies.close()
        self._clients.close()

    async def _follow(self, request: FetchRequest, chain: Chain) -> Page:
        """Ask hop after hop until an answer is no redirect."""
        most = self._max_redirects
        if request.max_redirects is not None:
            most = min(most, request.max_redirects)
        while True:
            try:
                page = await self._exchange(request, chain)
            except CLIENT_ERRORS as error:
                raise failure_of(error, chain.parts.origin) from None
            if page is not None:
                return page
            if chain.hops > most:
                raise SiteFailed(
                    f"ERR_TOO_MANY_REDIRECTS: tried {request.url}, gave up after {most} redirects"
                )

    async def _exchange(self, request: FetchRequest, chain: Chain) -> Page | None:
        """Send one request; answer with the page, or None when the chain went on."""
        origin = chain.parts.origin
        response = await self._send(chain, verify_tls=request.verify_tls)
        async with response:
            headers = bodies.read_headers(response, origin)
            status = response.status.as_int()
            if status in REDIRECTS:
                location = next(iter(bodies.values_of(headers, "location")), "")
                if location:
                    # The body is left unread: it is nobody's page and may be a bomb.
                    chain.follow(_as_utf8(location), bodies.values_of(headers, "set-cookie"))
                    return None
            if request.first_bytes is None:
                body = await self._bodies.read(response, headers, origin)
            else:
                most = request.first_bytes
                body = await self._bodies.read_start(response, headers, origin, most)
        page = Page(
            requested_url=request.url,
            url=chain.url,
            status=status,
            headers=headers,
            content_encoding=body.coding,
            wire_body=body.wire,
            body=body.decoded,
            fetched_at=self._now(),
            held=body.place,
        )
        return None if request.leads_on and _led_on(chain, page) else page

    async def _send(self, chain: Chain, *, verify_tls: bool) -> wreq.Response:
        """Vet the chain's next URL and get the head of its answer, past connections that fail it."""
        parts = chain.parts
        addresses = await self._guard.addresses(parts.host, parts.port, by_proxy=self._clients.proxied)
        pinned = self._clients.client(parts.host, addresses, verify_tls=verify_tls)
        repeats = Repeats(pinned, parts.port)
        while True:
            try:
                response = await self._ask(chain, pinned, repeats)
            except CLIENT_ERRORS as error:
                if not repeats.mends(error):
                    raise
                continue
            if response.local_addr is None:
                return response
            port = response.local_addr.port()
            self._floods.answered(port)
            if not repeats.doubts(response, kept=pinned.note_answer(port)):
                return response
            async with response:
                pass  # closes it unread

    async def _ask(self, chain: Chain, pinned: PinnedClient, repeats: Repeats) -> wreq.Response:
        """Send a request once and get the head of the answer."""
        parts = chain.parts
        url, headers = chain.url.partition("#")[0], chain.headers()
        try:
            async with asyncio.timeout(None) as patience:
                watched = self._floods.begin(patience, pinned.addresses, parts.port)
                try:
                    response = await repeats.send(url, headers)
                finally:
                    self._floods.end(watched)
        except TimeoutError:
            raise SiteFailed(
                f"ERR_INVALID_HTTP_RESPONSE: tried {parts.origin}, it sends informational answers without end"
            ) from None
        if self._clients.proxied:
            if response.status.as_int() == _PROXY_AUTHENTICATION_REQUIRED:
                raise SiteFailed(
                    f"ERR_TUNNEL_CONNECTION_FAILED: tried {parts.origin}, the proxy wants other credentials"
                )
        elif not pinned.is_peer(response.remote_addr):
            # Cannot happen while the client honours its pins; if it ever does not, nothing is read.
            raise BlockedAddress
        return response


def _led_on(chain: Chain, page: Page) -> bool:
    """Follow a page that leads on by itself; say whether it does."""
    refresh = refresh_of(page)
    if refresh is None or refresh.delay_s > SOON_S or not refresh.target:
        return False
    return chain.follow_refresh(refresh.target, refresh.base, bodies.values_of(page.headers, "set-cookie"))


def _as_utf8(value: str) -> str:
    """Read a header's bytes as UTF-8 where they are, for servers that do not percent-encode."""
    try:
        return value.encode("latin-1").decode()
    except UnicodeDecodeError:
        return value
