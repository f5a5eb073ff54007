"""Webkiln: your own web-data API, wire-compatible with the Firecrawl API v2."""
