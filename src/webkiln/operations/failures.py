"""How pages that fail, and addresses that are refused, are kept, and told to the operator: in the log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import structlog

from webkiln import errors
from webkiln.engine.outcome import NOTHING, Failed
from webkiln.telemetry.redaction import for_log

if TYPE_CHECKING:
    from collections.abc import Sequence

    from webkiln.engine.outcome import Event, Found
    from webkiln.store.tasks import ClaimedTask

log = structlog.get_logger(__name__)

_MOST_LINES: Final = 100  # of one request


def failed(
    task: ClaimedTask, error: errors.WebkilnError, events: tuple[Event, ...] = (), found: Found = NOTHING
) -> Failed:
    """Return the end of a page that failed, and log where, why and after how many tries.

    Of a page without retention the line has neither address nor reason.
    """
    log.warning(
        "page failed",
        url=for_log(task.payload),
        code=error.code,
        tries=task.tries + 1,
        why=error.message,
        kind=task.kind,
        job=task.job_id,
        task=task.id,
    )
    return Failed(error, events, found)


def log_refused(addresses: Sequence[str]) -> None:
    """Log the addresses of a request that the egress guard refused by themselves, a hundred at most."""
    for address in addresses[:_MOST_LINES]:
        log.warning("address refused", url=for_log(address), code=errors.BlockedAddress.code)
    if len(addresses) > _MOST_LINES:
        log.warning("further addresses refused", number=len(addresses) - _MOST_LINES)
