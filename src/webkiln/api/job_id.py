"""Job ids in paths."""

from __future__ import annotations

from webkiln import errors
from webkiln.ids import parse_id


def checked(job_id: str) -> str:
    """Return the id in canonical form; raises the contract's 400 for anything that is no UUID (§1.2)."""
    parsed = parse_id(job_id)
    if parsed is None:
        raise errors.RequestError("Invalid job ID format. Job ID must be a valid UUID.")
    return parsed
