"""Ctrl-C as a question instead of an end."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from webkiln.cli.output import notes

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def interrupts() -> Iterator[asyncio.Event]:
    """Turn SIGINT into an event while the block runs; to be used inside a running loop."""
    event = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGINT, event.set)
    try:
        yield event
    finally:
        loop.remove_signal_handler(signal.SIGINT)


async def ask(question: str, interrupted: asyncio.Event) -> str | None:
    """Ask the person at the terminal; return the answer in lower case.

    None when nobody is there, or when Ctrl-C comes instead of an answer. Reads the terminal itself,
    for standard input may be a list of URLs.
    """
    try:
        terminal = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY)
    except OSError:
        return None
    loop = asyncio.get_running_loop()
    answered: asyncio.Future[bytes] = loop.create_future()

    def read() -> None:
        if not answered.done():
            answered.set_result(os.read(terminal, 1024))

    again = asyncio.create_task(interrupted.wait())
    either: list[asyncio.Future[Any]] = [answered, again]
    try:
        notes.print(question, end="")
        loop.add_reader(terminal, read)
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if answered.done():
            return answered.result().decode(errors="replace").strip().lower()
        notes.print()
        return None
    finally:
        loop.remove_reader(terminal)
        again.cancel()
        os.close(terminal)
