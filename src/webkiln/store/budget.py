"""Statements on what a key may still spend this month.

Where a key has a limit, each of its running jobs reserves what its pages that are to come may cost. That is
reckoned from the jobs' rows: a page that ends, and a job that does, give back what they did not use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import BigInteger, bindparam, case, cast, func, literal_column, select

from webkiln import errors
from webkiln.store.schema import RUNNING, api_keys, jobs, usage

if TYPE_CHECKING:
    from sqlalchemy import Connection

_USED = (
    select(func.coalesce(func.sum(usage.c.credits), 0))
    .where(usage.c.key_id == bindparam("key"), usage.c.month == bindparam("month"))
    .scalar_subquery()
)
# A crawl finds its pages as it goes: it reserves for as many as it may still have.
_PAGES = case((jobs.c.page_limit.is_(None), jobs.c.open), else_=jobs.c.page_limit - jobs.c.documents)
_RESERVED = (
    select(func.coalesce(func.sum(cast(jobs.c.page_price, BigInteger) * _PAGES), 0))
    .where(
        jobs.c.key_id == bindparam("key"),
        jobs.c.state == RUNNING,
        jobs.c.page_price > literal_column("0"),
    )
    .scalar_subquery()
)
# One statement, for one moment: what was used and what is reserved change into each other.
_LEFT = select(api_keys.c.credit_limit - _USED - _RESERVED).where(api_keys.c.id == bindparam("key"))
_LOCKED = select(api_keys.c.id).where(api_keys.c.id == bindparam("key")).with_for_update()


def left(connection: Connection, key_id: str, month: str) -> int | None:
    """Return what a key neither used nor has reserved in `month` (YYYY-MM); None without a limit."""
    found = connection.execute(_LEFT, {"key": key_id, "month": month}).scalar()
    return None if found is None else max(int(found), 0)


def reserve(connection: Connection, key_id: str, needed: int, month: str) -> None:
    """See that a key can afford the job that this transaction goes on to store, and nobody else's meanwhile.

    Raises PaymentRequired. The key's row is locked before all others ("One order").
    """
    connection.execute(_LOCKED, {"key": key_id})
    check(connection, key_id, needed, month)


def check(connection: Connection, key_id: str, needed: int, month: str) -> None:
    """Raise PaymentRequired when a key has a limit that leaves less than `needed`."""
    available = left(connection, key_id, month)
    if available is not None and available < needed:
        raise errors.PaymentRequired
