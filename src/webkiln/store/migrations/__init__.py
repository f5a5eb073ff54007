"""Bringing a database to the schema this version needs, one numbered step at a time."""
