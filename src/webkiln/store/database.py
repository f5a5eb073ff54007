"""What the statements of this folder run on: transactions over one of the two databases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

T = TypeVar("T")


class Database(Protocol):
    """Runs functions over a connection, each in a transaction of its own.

    A function may run twice when the database asks for it, so it must have no effect besides its
    statements. Raises errors.Unavailable when the database does not answer.
    """

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Run `work` on a consistent view; it must not write."""
        ...

    async def write(self, work: Callable[[Connection], T], *, durable: bool = True) -> T:
        """Run `work` and commit; on return its effect is on disk.

        What is not `durable` may be undone by a power cut, never by the death of a process: claims,
        leases and stored copies, which nobody was promised.
        """
        ...

    async def migrate(self, work: Callable[[Connection], T]) -> T:
        """Run `work`, which changes tables and may take any time, in a transaction."""
        ...

    async def close(self) -> None:
        """Close every connection."""
        ...
