"""Scraping over a real store of pages, with the web replaced at its seam."""

from __future__ import annotations

from engine.conftest import blank, clock, database, logs, prepared
from engine.one_store import sqlite_store

__all__ = ["blank", "clock", "database", "logs", "prepared", "sqlite_store"]
