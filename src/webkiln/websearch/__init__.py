"""Asking search engines: one protocol, several providers."""
