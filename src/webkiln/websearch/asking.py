"""One exchange of JSON with a provider's server.

The addresses are the operator's own, often on this machine, so they do not pass the egress guard;
redirects are not followed, for they would lead where the operator did not.
"""

from __future__ import annotations

import asyncio
import ssl
from typing import TYPE_CHECKING, Any

import aiohttp
import orjson

from webkiln.websearch.query import ProviderFailed

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_MOST_BYTES = 2 * 1024 * 1024
_OK = 200
_REDIRECTS = range(300, 400)


class Asking:
    """Asks servers for JSON objects, within bytes and time.

    No cookie is kept and no proxy used. Make it inside the event loop that uses it.
    """

    def __init__(self, *, timeout_s: float, extra_ca_file: Path | None = None) -> None:
        """Give each answer `timeout_s`; raises OSError when `extra_ca_file` cannot be used."""
        self._timeout_s = timeout_s
        self._trust = ssl.create_default_context()
        if extra_ca_file is not None:
            self._trust.load_verify_locations(cafile=extra_ca_file)
        self._session: aiohttp.ClientSession | None = None

    async def get(
        self, address: str, params: Mapping[str, str], headers: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        """Return the object that a GET answers with; raises ProviderFailed."""
        return await self._ask("GET", address, headers or {}, params=params)

    async def post(self, address: str, body: object, headers: Mapping[str, str]) -> dict[str, Any]:
        """Return the object that a POST of JSON answers with; raises ProviderFailed."""
        sent = {"Content-Type": "application/json", **headers}
        return await self._ask("POST", address, sent, data=orjson.dumps(body))

    async def close(self) -> None:
        """Close every connection; it is not used again."""
        if self._session is not None:
            await self._session.close()

    async def _ask(
        self, method: str, address: str, headers: Mapping[str, str], **more: Any
    ) -> dict[str, Any]:
        # The errors of the client name addresses and quote headers: none of their texts goes on.
        try:
            async with asyncio.timeout(self._timeout_s):
                body = await self._exchange(method, address, headers, **more)
        except TimeoutError:
            raise ProviderFailed(f"no answer within {self._timeout_s:g} s") from None
        except aiohttp.ClientConnectorError:
            raise ProviderFailed("no connection came about") from None
        except (aiohttp.ClientError, ValueError, OSError):
            raise ProviderFailed("the connection failed") from None
        try:
            answer = orjson.loads(body)
        except orjson.JSONDecodeError:
            answer = None
        if not isinstance(answer, dict):
            raise ProviderFailed("its answer is not JSON")
        return answer

    async def _exchange(self, method: str, address: str, headers: Mapping[str, str], **more: Any) -> bytes:
        async with self._open_session().request(
            method, address, headers=headers, allow_redirects=False, ssl=self._trust, **more
        ) as response:
            if response.status in _REDIRECTS:
                raise ProviderFailed(f"HTTP {response.status}, and redirects are not followed")
            if response.status != _OK:
                raise ProviderFailed(f"HTTP {response.status}")
            chunks, size = [], 0
            async for chunk in response.content.iter_any():
                size += len(chunk)
                if size > _MOST_BYTES:
                    response.close()
                    raise ProviderFailed("its answer is larger than 2 MiB")
                chunks.append(chunk)
            return b"".join(chunks)

    def _open_session(self) -> aiohttp.ClientSession:
        """Return the session; it is made with the first question."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=None),
                trust_env=False,
                headers={"User-Agent": "Webkiln-Search", "Accept": "application/json"},
            )
        return self._session
