import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, text

from engine.scenes import TEAM
from webkiln import ids
from webkiln.store import page_texts
from webkiln.store.page_texts import PageText
from webkiln.store.pages import digest
from webkiln.store.search_query import parse_query
from webkiln.store.sqlite import SqliteDatabase

OTHER_TEAM = "0198a000-0000-7000-8000-000000000002"


@pytest.fixture
def do(database):
    async def run(statement, *given, **more):
        return await database.write(lambda connection: statement(connection, *given, **more))

    return run


def page(path, words="", *, team=TEAM, at=1.0, title="", host="site.test", description=""):
    url = f"https://{host}/{path}"
    return PageText(team, digest(url), at, host, url, title, description, words)


@pytest.fixture
def found(do):
    """Index what waits, search, and return the paths of what was found."""

    async def search(query, *, team=TEAM, limit=10, **more):
        while await do(page_texts.index_texts, team, str.strip, limit=2):
            pass
        hits = await do(page_texts.find_texts, team, parse_query(query), limit=limit, **more)
        return [hit.url.rpartition("/")[2] for hit in hits]

    return search


async def indexed(database):
    """Return how many texts the index knows."""
    statement = (
        "SELECT count(*) FROM page_words_docsize"
        if isinstance(database, SqliteDatabase)
        else "SELECT count(*) FROM page_texts WHERE words IS NOT NULL"
    )
    return await database.read(lambda connection: connection.execute(text(statement)).scalar())


@pytest.mark.parametrize(
    ("query", "paths"),
    [
        ("fox", ["fox"]),
        ("FOXES jumped", ["fox"]),
        ("quick fox", ["fox"]),
        ('"brown fox"', ["fox"]),
        ('"fox brown"', []),
        ('"fox brown" quick', ["fox", "hare"]),  # nothing has all of it
        ("quick -brown", ["hare"]),
        ('quick -"brown fox"', ["hare"]),
        ("quick nowhere", ["fox", "hare"]),
        ("nowhere", []),
        ("-quick", []),
        ("the", ["fox"]),
        ("cafe", ["hare"]),
        ("CAFÉ", ["hare"]),
        ("cafe\u0301", ["hare"]),
        ("привет", ["fox"]),
        ("well-known", ["hare"]),
        ("hound.site.test", ["hare"]),
        ("hound", ["hare"]),
        ("NOT fox AND (quick OR *", ["fox"]),
        ("", []),
        ("?!", []),
    ],
)
async def test_what_is_found(do, found, query, paths):
    await do(
        page_texts.insert_texts,
        [
            page("fox", "The quick brown fox jumps. Привет! and not or"),
            page("hare", "A quick, well-known hare in a café; see hound.site.test/x"),
        ],
    )
    assert sorted(await found(query)) == paths


async def test_a_title_weighs_more_than_an_address_and_that_more_than_a_text(do, found):
    await do(
        page_texts.insert_texts,
        [
            page("1", "kiln and much else about other things"),
            page("kiln", "nothing of it here"),
            page("3", "nothing of it here", title="The kiln"),
            page("4", "nothing of it here", description="A kiln"),
        ],
    )
    assert await found("kiln") == ["3", "kiln", "4", "1"]
    assert await found("kiln", limit=1) == ["3"]


async def test_a_team_finds_only_what_it_has_scraped_itself(do, found):
    await do(page_texts.insert_texts, [page("a", "fox"), page("a", "fox hare", team=OTHER_TEAM)])
    assert await found("fox") == ["a"]
    assert await found("hare") == []
    assert await found("hare", team=OTHER_TEAM) == ["a"]
    assert await found(OTHER_TEAM) == []
    assert await found(OTHER_TEAM.replace("-", "")) == []
    assert await found("fox", team=ids.new_id()) == []


@pytest.mark.parametrize("searched", [False, True])
async def test_a_newer_copy_takes_the_place_of_an_older_one(do, found, database, searched):
    await do(page_texts.insert_texts, [page("a", "fox", at=5.0), page("b", "hare")])
    if searched:
        assert await found("fox") == ["a"]
    await do(page_texts.insert_texts, [page("a", "wolf", at=6.0)])
    assert await found("fox") == []
    assert await found("wolf") == ["a"]
    await do(page_texts.insert_texts, [page("a", "fox", at=5.5), page("a", None, at=9.0, title="owl")])
    assert await found("fox owl") == []  # one is older, of the other only the head was read
    assert await found("wolf") == ["a"]
    assert await indexed(database) == 2


async def test_of_copies_that_come_together_the_newest_is_stored(do, found):
    await do(page_texts.insert_texts, [page("a", "one", at=2.0), page("a", "two", at=3.0), page("a", "x")])
    assert await found("two") == ["a"]
    await do(page_texts.insert_texts, [page("b", None, title="bare")])
    await do(page_texts.insert_texts, [page("b", "whole")])
    assert await found("bare") == []
    assert await found("whole") == ["b"]


async def test_what_is_indexed_waits_no_more(do, database):
    await do(page_texts.insert_texts, [page(str(number), " fox ") for number in range(5)])
    assert await do(page_texts.waits, TEAM)
    assert not await do(page_texts.waits, OTHER_TEAM)
    assert await do(page_texts.find_texts, TEAM, parse_query("fox"), limit=9) == []
    before = await do(page_texts.total_size)
    assert await do(page_texts.index_texts, TEAM, str.strip, limit=3) == 3
    assert await do(page_texts.index_texts, TEAM, str.strip, limit=3) == 2
    assert await do(page_texts.index_texts, TEAM, str.strip, limit=3) == 0
    assert not await do(page_texts.waits, TEAM)
    assert await do(page_texts.total_size) == before - 10  # the blanks
    hits = await do(page_texts.find_texts, TEAM, parse_query("fox"), limit=9)
    assert [hit.text for hit in hits] == ["fox"] * 5
    assert await indexed(database) == 5


async def test_hosts_are_the_callers_choice(do, found):
    hosts = ["site.test", "docs.site.test", "mysite.test"]
    await do(page_texts.insert_texts, [page(host, "fox", host=host) for host in hosts])
    assert sorted(await found("fox", of_host=lambda host: host.endswith(".site.test"))) == ["docs.site.test"]
    assert sorted(await found("fox", of_host=lambda host: host != "site.test")) == hosts[1:]
    assert await found("fox", of_host=lambda _: False) == []


async def test_the_oldest_go_until_the_rest_fits(do, found, database):
    made = [page(str(number), "fox" + "x" * 78) for number in range(10)]
    await do(page_texts.insert_texts, made[:5])
    assert await found("foxx") == []
    await do(page_texts.insert_texts, made[5:])
    assert await do(page_texts.total_size) == 1_000
    assert await do(page_texts.shrink, max_size=650, limit=2) == 2
    assert await do(page_texts.shrink, max_size=650, limit=100) == 2
    assert await do(page_texts.shrink, max_size=650, limit=100) == 0
    assert await do(page_texts.total_size) == 600
    assert await indexed(database) == 1
    assert await do(page_texts.shrink, max_size=0, limit=100) == 6
    assert await indexed(database) == 0
    assert await found("site") == []


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(query=st.one_of(st.text(), st.text(alphabet="ab\"-*:^(){}[]+\\'&|!<>%_~., \0é")))
async def test_no_query_is_ever_an_error(do, found, query):
    await do(page_texts.insert_texts, [page("a", "a b ab\n*")])
    assert set(await found(query)) <= {"a"}


@pytest.mark.parametrize(
    "query", ["a" * 10_000, "a " * 5_000, '"' * 10_000, "🦊" * 99, "\0", "\ud800", "a-" * 5_000, "½ ﷺ ² ß"]
)
async def test_odd_queries_have_an_answer(do, found, query):
    await do(page_texts.insert_texts, [page("b", "nothing")])
    assert await found(query) == []


async def test_this_python_can_search(do):
    assert await do(page_texts.lacking) is None


async def test_a_sqlite_without_fts5_says_so():
    class Without:
        """Stands for a connection to a SQLite that lists no such module."""

        class dialect:  # noqa: N801 (as SQLAlchemy spells it)
            name = "sqlite"

        def execute(self, _statement):
            return self

        def first(self):
            return None

    assert "FTS5" in page_texts.lacking(Without())


FILL = {
    "sqlite": """
        INSERT INTO page_texts (team_id, key, fetched_at, size, host, url, title, description, words)
        WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 5000)
        SELECT substr(:team, 1, 30) || (n % 90 + 10), n, 1, 1, 'h', 'u', 't', '', '' FROM numbers
    """,
    "postgresql": """
        INSERT INTO page_texts (team_id, key, fetched_at, size, host, url, title, description, words)
        SELECT CAST(substr(:team, 1, 30) || (n % 90 + 10) AS uuid), decode(md5(n::text), 'hex'), 1, 1,
               'h', 'u', 't', '', to_tsvector('webkiln', 'word' || n)
        FROM generate_series(1, 5000) AS n
    """,
}


async def test_rows_are_found_by_an_index(do):
    """However many texts of however many teams there are."""

    def plans(connection):
        kind = connection.dialect.name
        connection.execute(text(FILL[kind]), {"team": TEAM.replace("-", "")})
        connection.execute(text("ANALYZE page_texts"))
        page_texts.insert_texts(connection, [page("a", "word7")])
        sent = []

        def keep(_connection, _cursor, statement, parameters, _context, many):
            sent.append((statement, parameters[0] if many else parameters))

        event.listen(connection, "before_cursor_execute", keep)
        page_texts.insert_texts(connection, [page("a", "word8", at=2.0), page("b", "word9")])
        page_texts.waits(connection, TEAM)
        page_texts.index_texts(connection, TEAM, str, limit=9)
        page_texts.find_texts(connection, TEAM, parse_query("word8"), limit=9, of_host=bool)
        page_texts.insert_texts(connection, [page("a", "word8", at=3.0)])
        event.remove(connection, "before_cursor_execute", keep)
        explain = "EXPLAIN" if kind == "postgresql" else "EXPLAIN QUERY PLAN"
        return [
            (statement, row[-1])
            for statement, parameters in sent
            if not statement.startswith("CREATE")
            for row in connection.exec_driver_sql(f"{explain} {statement}", parameters)
        ]

    found = await do(plans)
    assert len(found) > 20
    wholes = [step for _, step in found if "Seq Scan on page_texts" in step or step == "SCAN page_texts"]
    assert wholes == []
