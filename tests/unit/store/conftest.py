"""Stores over a real database in a temporary file."""

from __future__ import annotations

from engine.conftest import (
    blank,
    clock,
    database,
    each_store,
    lifecycle,
    logs,
    postgres,
    postgres_url,
    prepared,
)

__all__ = [
    "blank",
    "clock",
    "database",
    "each_store",
    "lifecycle",
    "logs",
    "postgres",
    "postgres_url",
    "prepared",
]
