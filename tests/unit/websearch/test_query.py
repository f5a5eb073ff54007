import pytest

from webkiln.websearch.freshness import parse
from webkiln.websearch.query import Query, unheeded


def test_what_was_not_asked_for_has_the_contracts_defaults():
    query = Query("a")
    assert (query.language, query.region, query.wanted) == ("en", "us", 20)
    assert Query("a", location="Graz").region is None
    assert Query("a", location="Graz", country="at").region == "at"
    assert Query("a", lang="pt_BR").language == "pt-br"


@pytest.mark.parametrize(
    ("query", "url", "admitted"),
    [
        (Query("a"), "https://a.test/", True),
        (Query("a"), "HTTP://a.test/", True),
        (Query("a"), "ftp://a.test/", False),
        (Query("a"), "javascript:alert(1)", False),
        (Query("a"), "https://[/", False),
        (Query("a"), "", False),
        (Query("a", include_domains=("a.test",)), "https://www.a.test/x", True),
        (Query("a", include_domains=("a.test",)), "https://nota.test/", False),
        (Query("a", include_domains=("a.test",)), "https://b.test/?a.test", False),
        (Query("a", exclude_domains=("a.test",)), "https://sub.a.test/", False),
        (Query("a", sites=("github.com",)), "https://gist.github.com/x", True),
        (Query("a", sites=("github.com",)), "https://b.test/", False),
        (Query("a", sites=("github.com",), file_type="pdf"), "https://b.test/paper", True),
        (Query("a", sites=("gov",)), "https://www.nasa.gov/", True),
    ],
)
def test_a_hit_is_admitted_when_it_is_what_was_asked_for(query, url, admitted):
    assert query.admits(url) is admitted


def test_options_that_were_asked_for_and_are_passed_over_are_named():
    query = Query("a", safe=True, location="Graz", freshness=parse("qdr:d"), duplicates="0", lang="de")
    assert unheeded(query, ("tbs", "lang")) == ("location", "safe", "filter")
    assert unheeded(Query("a", safe=False), ()) == ()
