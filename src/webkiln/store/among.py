"""`column IN (…)` as PostgreSQL serves it best: values as one array, a query asked exactly once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Boolean, ColumnElement, any_, bindparam, func
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.visitors import InternalTraversal

if TYPE_CHECKING:
    from sqlalchemy import Column, Select
    from sqlalchemy.sql.compiler import SQLCompiler
    from sqlalchemy.sql.elements import KeyedColumnElement


class among(ColumnElement[bool]):  # noqa: N801 (reads as the function it stands for)
    """Whether `column` is one of the values bound as `name`.

    A list of markers is another statement for every length; PostgreSQL would parse and plan each,
    on every connection. There the values travel as one array.
    """

    type = Boolean()
    _traverse_internals = [  # noqa: RUF012 (the base class names the type)
        ("column", InternalTraversal.dp_clauseelement),
        ("name", InternalTraversal.dp_string),
    ]

    def __init__(self, column: KeyedColumnElement[Any], name: str) -> None:
        """Compare `column` with the list that is given as `name` at execution."""
        self.column = column
        self.name = name

    def self_group(self, against: object = None) -> among:
        """Stand in a condition as it is: written as `… = 1`, no index would serve it."""
        del against
        return self


@compiles(among)
def _as_list(element: among, compiler: SQLCompiler, **how: Any) -> str:
    return compiler.process(element.column.in_(bindparam(element.name, expanding=True)), **how)


@compiles(among, "postgresql")
def _as_array(element: among, compiler: SQLCompiler, **how: Any) -> str:
    values = bindparam(element.name, type_=ARRAY(element.column.type))
    return compiler.process(element.column == any_(values), **how)


class among_chosen(ColumnElement[bool]):  # noqa: N801 (reads as the function it stands for)
    """Whether `column` is one of what the query `chosen` returns.

    PostgreSQL may ask a query behind `IN` once for every row that it compares. One that takes rows
    up to a limit and locks them would take others each time; as an array it is asked once, and first.
    """

    type = Boolean()
    _traverse_internals = [  # noqa: RUF012 (the base class names the type)
        ("column", InternalTraversal.dp_clauseelement),
        ("chosen", InternalTraversal.dp_clauseelement),
    ]

    def __init__(self, column: Column[Any], chosen: Select[Any]) -> None:
        """Compare `column` with the one column of `chosen`."""
        self.column = column
        self.chosen = chosen.scalar_subquery()

    def self_group(self, against: object = None) -> among_chosen:
        """Stand in a condition as it is, as `among` does."""
        del against
        return self


@compiles(among_chosen)
def _as_query(element: among_chosen, compiler: SQLCompiler, **how: Any) -> str:
    return compiler.process(element.column.in_(element.chosen), **how)


@compiles(among_chosen, "postgresql")
def _as_array_of_query(element: among_chosen, compiler: SQLCompiler, **how: Any) -> str:
    chosen = func.array(element.chosen, type_=ARRAY(element.column.type))
    return compiler.process(element.column == any_(chosen), **how)
