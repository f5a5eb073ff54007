"""The menu of a restaurant: what its page says of it to machines, and how it is laid out for readers."""

from webkiln.content.menu.reading import menu_of

__all__ = ["menu_of"]
