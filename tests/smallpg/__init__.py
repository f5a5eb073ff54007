"""A real PostgreSQL for tests, in processes of its own, that can be stopped, killed and frozen."""

from smallpg.server import PostgresServer, Unavailable, spawn

__all__ = ["PostgresServer", "Unavailable", "spawn"]
