"""Who asks: the team and key behind a request."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Caller:
    """A team, and the key it came with; `key_id` is None where keys are switched off.

    `credit_limit` is the key's own, in credits a month; None is no limit. `base_url` is where the
    caller reaches this server, for links to what is kept here.
    """

    team_id: str
    key_id: str | None
    credit_limit: int | None = None
    base_url: str = ""

    def reserved(self, price: int) -> int:
        """Return what of a page's price is reserved: nothing where nothing limits the caller."""
        return 0 if self.credit_limit is None else price
