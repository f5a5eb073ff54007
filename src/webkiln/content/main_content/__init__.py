"""Which parts of a page are its content, and which are furniture around it."""

from webkiln.content.main_content.reading import MainContent, reduce_to_content

__all__ = ["MainContent", "reduce_to_content"]
