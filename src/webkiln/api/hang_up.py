"""Work for a client that waits: it ends when the client hangs up, for nobody is left to read it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeVar

from webkiln import errors

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from starlette.requests import Request

T = TypeVar("T")


async def while_connected(request: Request, work: Coroutine[Any, Any, T]) -> T:
    """Run `work`, whose request's body has been read, and cancel it when the client hangs up."""
    working = asyncio.ensure_future(work)
    leaving = asyncio.ensure_future(_hang_up(request))
    try:
        await asyncio.wait({working, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise errors.Unavailable("The client went away before the answer was there.")
        return working.result()
    finally:
        leaving.cancel()
        if not working.done():  # also when the server ends, which cancels this
            working.cancel()
            await asyncio.wait({working})


async def _hang_up(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        continue
