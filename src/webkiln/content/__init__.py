"""Bytes in, text out: what a page says, without knowing where it came from. Pure and synchronous."""

from webkiln.content.markdown import to_markdown

__all__ = ["to_markdown"]
