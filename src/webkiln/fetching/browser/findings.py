"""What was found out about showing pages on this machine."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Findings:
    """Why pages cannot be shown (`shows`), or not be worked on and pictured (`drives`); None: they can."""

    shows: str | None
    drives: str | None

    @property
    def problem(self) -> str | None:
        """Why not everything can be done, or None when it can."""
        return self.shows or self.drives
