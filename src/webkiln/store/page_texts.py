"""Statements on the texts of scraped pages, each team's own, and on the index that finds them.

A text is stored when its page is scraped, which costs little, and indexed when its team next
searches, which costs ten times as much and which most pages never need. `words` is NULL until then.
On SQLite the index is an FTS5 table, `page_words`, made by the first search.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    String,
    bindparam,
    column,
    delete,
    exists,
    func,
    literal_column,
    select,
    table,
    text,
    update,
)

from webkiln.store.among import among
from webkiln.store.schema import page_texts
from webkiln.store.search_query import folded, fts5_query, tsquery
from webkiln.store.upsert import upsert

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from webkiln.store.search_query import SearchQuery


@dataclass(frozen=True, slots=True)
class PageText:
    """The words of one page; `key` says which page it is, `text` is None when only its head was read."""

    team_id: str
    key: bytes
    fetched_at: float
    host: str
    url: str
    title: str
    description: str
    text: str | None

    @property
    def size(self) -> int:
        """Return its characters, all together."""
        return len(self.url) + len(self.title) + len(self.description) + len(self.text or "")

    @property
    def rank(self) -> tuple[bool, float]:
        """Of two copies of a page the one with the higher rank stays: one with a text, the newer one."""
        return self.text is not None, self.fetched_at


@dataclass(frozen=True, slots=True)
class FoundText:
    """One page that a search found."""

    url: str
    title: str
    description: str
    text: str


_FTS5 = text("SELECT 1 FROM pragma_module_list WHERE name = 'fts5'")
# A Python without FTS5 may work on the file of one that has it: it cannot touch the index then.
_MADE = text(
    "SELECT 1 FROM sqlite_master WHERE name = 'page_words'"
    " AND EXISTS (SELECT 1 FROM pragma_module_list WHERE name = 'fts5')"
)
_COLUMNS = "team_id, title, url, description, text"
_MAKE = text(
    f"CREATE VIRTUAL TABLE page_words USING fts5({_COLUMNS}, content='page_texts', content_rowid='id',"
    " tokenize='porter unicode61 remove_diacritics 2')"
)
_page_words = table("page_words", column("rowid", Integer))
# What the columns weigh, in their order: the team is what is looked in, not what is looked for.
_BM25: ColumnElement[float] = literal_column("bm25(page_words, 0, 10, 5, 3, 1)")
# From D to A: the text, the description, the URL, the title. A long page is not better for being long.
_RANK_CD = "ts_rank_cd('{0.1, 0.3, 0.5, 1.0}', words, to_tsquery('webkiln', :query), 1)"

_OTHERS = select(
    page_texts.c.id,
    page_texts.c.team_id,
    page_texts.c.key,
    page_texts.c.fetched_at,
    page_texts.c.text.is_not(None).label("whole"),
).where(among(page_texts.c.key, "keys"))
_DROP = delete(page_texts).where(among(page_texts.c.id, "ids"))
_OF_TEAM = page_texts.c.team_id == bindparam("team", type_=page_texts.c.team_id.type)
_WAITS = select(exists().where(_OF_TEAM, page_texts.c.words.is_(None)))
_WAITING = (
    # Another search may be at the same texts; what both would index is found by both a moment later.
    select(page_texts)
    .where(_OF_TEAM, page_texts.c.words.is_(None))
    .order_by(page_texts.c.id.desc())
    .limit(bindparam("limit", type_=Integer))
    .with_for_update(skip_locked=True)
)
_HOSTS = select(page_texts.c.host).where(_OF_TEAM).distinct()
_FOUND = select(
    page_texts.c.id, page_texts.c.url, page_texts.c.title, page_texts.c.description, page_texts.c.text
)


def lacking(connection: Connection) -> str | None:
    """Say in words why this database cannot be searched; None when it can."""
    if connection.dialect.name != "sqlite" or connection.execute(_FTS5).first() is not None:
        return None
    return "The SQLite of this Python was built without FTS5, so stored pages cannot be searched."


def insert_texts(connection: Connection, texts: Sequence[PageText]) -> None:
    """Store texts, each in the place of an older copy of its page."""
    best: dict[tuple[bytes, str], PageText] = {}
    for one in texts:
        place = (one.key, one.team_id)
        if place not in best or one.rank >= best[place].rank:
            best[place] = one
    beaten = []
    for row in connection.execute(_OTHERS, {"keys": sorted({key for key, _ in best})}):
        new = best.get((row.key, row.team_id))
        if new is None:
            continue
        if new.rank > (bool(row.whole), row.fetched_at):
            beaten.append(row.id)
        else:
            del best[row.key, row.team_id]
    _forget(connection, beaten)
    if best:
        # Another worker may store the same page at this moment; one of the two copies is enough.
        connection.execute(
            upsert(connection, page_texts).on_conflict_do_nothing(),
            [_row(best[place]) for place in sorted(best)],
        )


def _row(one: PageText) -> dict[str, Any]:
    return {
        "team_id": one.team_id,
        "key": one.key,
        "fetched_at": one.fetched_at,
        "size": one.size,
        "host": one.host,
        "url": one.url,
        "title": one.title,
        "description": one.description,
        "text": one.text,
    }


def _forget(connection: Connection, ids: list[int]) -> None:
    """Delete texts; an index that was made for SQLite must be told what it loses."""
    if not ids:
        return
    if connection.dialect.name == "sqlite" and connection.execute(_MADE).first() is not None:
        _tell_index(connection, ids, "page_words, rowid", "'delete', id", "AND words IS NOT NULL")
    connection.execute(_DROP, {"ids": sorted(ids)})


def _tell_index(connection: Connection, ids: list[int], columns: str, values: str, only: str = "") -> None:
    # The names are our own, the numbers the database's.
    numbers = ", ".join(map(str, ids))
    connection.exec_driver_sql(
        f"INSERT INTO page_words({columns}, {_COLUMNS}) SELECT {values}, {_COLUMNS} FROM page_texts"  # noqa: S608
        f" WHERE id IN ({numbers}) {only}"
    )


def waits(connection: Connection, team_id: str) -> bool:
    """Return whether a team has texts that are not indexed yet."""
    return bool(connection.execute(_WAITS, {"team": team_id}).scalar())


def index_texts(connection: Connection, team_id: str, plain: Callable[[str], str], *, limit: int) -> int:
    """Index up to `limit` of a team's texts, the newest first, after `plain` has taken their markup away.

    Returns how many there were.
    """
    rows = connection.execute(_WAITING, {"team": team_id, "limit": limit}).all()
    if not rows:
        return 0
    sqlite = connection.dialect.name == "sqlite"
    if sqlite and connection.execute(_MADE).first() is None:
        connection.execute(_MAKE)
    changes = []
    for row in rows:
        content = None if row.text is None else plain(row.text)
        saved = len(row.text or "") - len(content or "")
        change = {"row": row.id, "text": content, "size": row.size - saved}
        if not sqlite:
            fields = {"title_": row.title, "url_": row.url, "about": row.description, "body": content or ""}
            change |= {name: folded(value) for name, value in fields.items()}
        changes.append(change)
    connection.execute(_SPELL if sqlite else _VECTOR, changes)
    if sqlite:
        _tell_index(connection, [row.id for row in rows], "rowid", "id")
    return len(rows)


def _vector(name: str, weight: str) -> ColumnElement[Any]:
    words = func.to_tsvector(literal_column("'webkiln'"), bindparam(name, type_=String))
    return func.setweight(words, literal_column(f"'{weight}'"))


_INDEXED = (
    update(page_texts)
    .where(page_texts.c.id == bindparam("row", type_=page_texts.c.id.type))
    .values(text=bindparam("text"), size=bindparam("size"))
)
_SPELL = _INDEXED.values(words="")  # the words themselves are in `page_words`
_VECTOR = _INDEXED.values(
    words=_vector("title_", "A")
    .op("||")(_vector("url_", "B"))
    .op("||")(_vector("about", "C"))
    .op("||")(_vector("body", "D"))
)


def find_texts(
    connection: Connection,
    team_id: str,
    query: SearchQuery,
    *,
    limit: int,
    of_host: Callable[[str], bool] | None = None,
) -> list[FoundText]:
    """Return a team's pages that have all that is looked for, or else some of it, the best first.

    With `of_host`, only those of hosts for which it says yes. Only what is indexed is found.
    """
    if not query.wanted:
        return []
    hosts: list[str] | None = None
    if of_host is not None:
        hosts = [host for host in connection.execute(_HOSTS, {"team": team_id}).scalars() if of_host(host)]
        if not hosts:
            return []
    look = _look_in_fts5 if connection.dialect.name == "sqlite" else _look_in_vectors
    found = look(connection, team_id, query, hosts, limit, every=True)
    if not found and len(query.wanted) > 1:
        found = look(connection, team_id, query, hosts, limit, every=False)
    return found


def _look_in_fts5(
    connection: Connection,
    team_id: str,
    query: SearchQuery,
    hosts: list[str] | None,
    limit: int,
    *,
    every: bool,
) -> list[FoundText]:
    if connection.execute(_MADE).first() is None:
        return []
    # The team stands in the index too, so that others' pages are passed over without a look at them.
    words = fts5_query(query, every=every)
    match = f'team_id : "{team_id.replace("-", "")}" AND {{title url description text}} : {words}'
    # Sorting carries whatever is selected along, so texts are read afterwards.
    best = (
        select(page_texts.c.id)
        .select_from(_page_words.join(page_texts, page_texts.c.id == _page_words.c.rowid))
        .where(text("page_words MATCH :query"), _OF_TEAM)
        .order_by(_BM25, page_texts.c.id.desc())
        .limit(limit)
    )
    ids = list(_run(connection, best, {"query": match, "team": team_id}, hosts).scalars())
    rows = connection.execute(_FOUND.where(among(page_texts.c.id, "ids")), {"ids": ids}) if ids else ()
    by_id = {row.id: row for row in rows}
    return [_found(by_id[one]) for one in ids if one in by_id]


def _look_in_vectors(
    connection: Connection,
    team_id: str,
    query: SearchQuery,
    hosts: list[str] | None,
    limit: int,
    *,
    every: bool,
) -> list[FoundText]:
    words = tsquery(query, every=every)
    if not words:
        return []
    best = (
        _FOUND.where(text("words @@ to_tsquery('webkiln', :query)"), _OF_TEAM)
        .order_by(text(f"{_RANK_CD} DESC"), page_texts.c.id.desc())
        .limit(limit)
    )
    return [_found(row) for row in _run(connection, best, {"query": words, "team": team_id}, hosts)]


def _run(connection: Connection, best: Any, values: dict[str, Any], hosts: list[str] | None) -> Any:
    if hosts is None:
        return connection.execute(best, values)
    return connection.execute(best.where(among(page_texts.c.host, "hosts")), values | {"hosts": hosts})


def _found(row: Any) -> FoundText:
    return FoundText(row.url, row.title, row.description, row.text or "")


def total_size(connection: Connection) -> int:
    """Return the characters of all texts."""
    return int(connection.execute(select(func.coalesce(func.sum(page_texts.c.size), 0))).scalar_one())


def shrink(connection: Connection, *, max_size: int, limit: int) -> int:
    """Delete up to `limit` of the oldest texts while all together are larger than `max_size` characters."""
    excess = total_size(connection) - max_size
    if excess <= 0:
        return 0
    doomed: list[int] = []
    oldest = select(page_texts.c.id, page_texts.c.size).order_by(page_texts.c.id).limit(limit)
    for text_id, size in connection.execute(oldest):
        if excess <= 0:
            break
        doomed.append(text_id)
        excess -= size
    _forget(connection, doomed)
    return len(doomed)
