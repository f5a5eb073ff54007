from webkiln.websearch.operators import with_operators
from webkiln.websearch.query import Query


def test_a_plain_query_stays_as_it_is():
    assert with_operators(Query("clay pots")) == "clay pots"


def test_categories_are_alternatives_and_domains_hold_besides():
    query = Query("clay", sites=("a.test", "b.test"), file_type="pdf", include_domains=("c.test",))
    assert with_operators(query) == "clay (site:a.test OR site:b.test OR filetype:pdf) site:c.test"
    assert with_operators(query, domains=False) == "clay (site:a.test OR site:b.test OR filetype:pdf)"


def test_excluded_domains_are_each_taken_out():
    query = Query("clay", exclude_domains=("a.test", "b.test"))
    assert with_operators(query) == "clay -site:a.test -site:b.test"
