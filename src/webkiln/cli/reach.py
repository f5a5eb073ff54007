"""Which server a command speaks to: the one that is named, one that answers here, or its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import TypeAlias

import typer

from webkiln import settings as configuration
from webkiln.cli.client import ApiError, Client, ClientError
from webkiln.cli.output import ADVICE, note, was_refused

DEFAULT_URL = "http://127.0.0.1:3002"
PROBE_S = 1.0

LocalServer: TypeAlias = Callable[[], AbstractAsyncContextManager[tuple[str, str]]]
"""Starts a server in this process; gives its URL and a key for it."""


async def answers(base_url: str) -> bool:
    """Return whether a server is alive at a URL."""
    import aiohttp  # noqa: PLC0415 (15 MB that the processes of a server need not carry)

    timeout = aiohttp.ClientTimeout(total=PROBE_S)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.get(base_url + "/v0/health/liveness", allow_redirects=False) as response,
        ):
            return response.status == HTTPStatus.OK
    except (aiohttp.ClientError, TimeoutError):
        return False


@dataclass(frozen=True, slots=True)
class Target:
    """What the command line says about the server: where, with which key, or `local` for none."""

    api_url: str | None = None
    api_key: str | None = None
    local: bool = False
    default_url: str = DEFAULT_URL


@asynccontextmanager
async def reach(target: Target, local_server: LocalServer | None) -> AsyncIterator[tuple[Client, bool]]:
    """Give a client, and whether its server lives in this process and ends with it.

    The named server comes first, then one that answers at the default address, then
    `local_server`; with `local` that alone. Where it is None, a missing server is a ClientError.
    """
    url = None if target.local else target.api_url
    if url is None and not target.local and await answers(target.default_url):
        url = target.default_url
    if url is not None:
        async with Client(url, target.api_key) as client:
            yield client, False
    elif local_server is not None:
        failure: Exception | None = None
        async with local_server() as (own_url, own_key), Client(own_url, own_key) as client:
            try:
                yield client, True
            except (ClientError, OSError, typer.BadParameter) as error:
                failure = error  # a server's task group would wrap it
        if failure is not None:
            if isinstance(failure, ApiError) and was_refused(failure.code, failure):
                note(ADVICE)
            raise failure
    else:
        raise ClientError(f"No server answers at {target.default_url}; name one with --api-url")


def in_process() -> AbstractAsyncContextManager[tuple[str, str]]:
    """Start a server inside this process, on a temporary store."""
    from webkiln.cli.local import local_server  # noqa: PLC0415 (loads the whole server; seldom needed)

    try:
        configuration.load()
    except configuration.InvalidSettings as error:
        raise ClientError(error.told) from None
    for mistake in configuration.misspelt():
        note(mistake)
    return local_server()
