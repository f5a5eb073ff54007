"""Which page of a job repeats an earlier one of the same job."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import orjson
import structlog

from webkiln import errors
from webkiln.content.quality.likeness import MOST_APART, apart, bands
from webkiln.store import likenesses

if TYPE_CHECKING:
    from webkiln.scraping.documents import Made
    from webkiln.store.database import Database

log = structlog.get_logger(__name__)

_SIGN = 1 << 63


class Likenesses:
    """Compares the pages of a job, over all workers."""

    def __init__(self, database: Database) -> None:
        """Note pages in `database`, until their job is pruned."""
        self._database = database

    async def told(self, made: Made, job_id: str, task_id: str) -> bytes:
        """Return a document that names in `metadata.quality.repeats` which earlier page it repeats, if any.

        Where the database does not answer, a `warning` says so.
        """
        found = made.likeness
        if found is None or not job_id:
            return made.document
        try:
            earlier = await self._database.write(
                partial(
                    likenesses.earlier_like,
                    job_id=job_id,
                    task_id=task_id,
                    bits=found - _SIGN,  # as the database's whole numbers have a sign
                    bands=bands(found),
                    near=lambda bits: apart(bits + _SIGN, found) <= MOST_APART,
                ),
                durable=False,
            )
        except errors.Unavailable as error:
            log.warning("cannot compare the pages of a job", error=error.message)
            return _with_warning(made.document)
        if earlier is None:
            return made.document
        document = orjson.loads(made.document)
        document["metadata"]["quality"]["repeats"] = earlier
        return orjson.dumps(document)


def _with_warning(encoded: bytes) -> bytes:
    document = orjson.loads(encoded)
    own = "Whether the page repeats another could not be looked for."
    document["warning"] = f"{document['warning']} {own}" if "warning" in document else own
    return orjson.dumps(document)
