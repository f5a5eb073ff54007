"""Stores over a real database in a temporary file."""

from __future__ import annotations

from engine.conftest import blank, clock, database, lifecycle, logs

__all__ = ["blank", "clock", "database", "lifecycle", "logs"]
