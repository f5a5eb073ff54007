from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webkiln.frontier.patterns import InvalidPattern
from webkiln.frontier.rules import Denial, Link, LinkOptions, LinkRules, url_depth
from webkiln.frontier.traps import CALENDAR, CIRCLE, TOO_LONG
from webkiln.urls import InvalidUrl

TODAY = date(2026, 11, 26)
HOME = "https://example.com/"


def rules(origin: str = HOME, **options) -> LinkRules:
    return LinkRules(origin, LinkOptions(**options), today=TODAY)


def verdict(url: str, *, found_on: str | None = HOME, origin: str = HOME, **options) -> str | Denial:
    """Return the URL to visit, or why there is none."""
    judged = rules(origin, **options).judge(url, found_on=found_on)
    return judged.url if isinstance(judged, Link) else judged


@pytest.mark.parametrize(
    ("href", "wanted"),
    [
        ("https://example.com/a", "https://example.com/a"),
        ("/a", "https://example.com/a"),
        ("a?x=1", "https://example.com/docs/a?x=1"),
        ("../a", "https://example.com/a"),
        ("?x=1", "https://example.com/docs/page?x=1"),
        ("//example.com/a", "https://example.com/a"),
        (" /a\n", "https://example.com/a"),
        ("/a b", "https://example.com/a%20b"),
        ("https:\\\\example.com\\a", "https://example.com/a"),
        ("HTTPS://EXAMPLE.com/A", "https://example.com/A"),
        ("https:a", "https://example.com/docs/a"),
        ("", "https://example.com/docs/page"),
        # ports and www are of no matter to who is at home
        ("https://www.example.com/a", "https://www.example.com/a"),
        ("http://example.com:8080/a", "http://example.com:8080/a"),
        # hash routes, and what is taken for one
        ("#/route", "https://example.com/docs/page#/route"),
        ("#!/route", "https://example.com/docs/page#!/route"),
        ("/a#b/c", "https://example.com/a"),
        ("#b/c", "https://example.com/docs/page"),
        # a section of a page is on that page, which nothing else may lead to
        ("/a#top", "https://example.com/a"),
        ("a#", "https://example.com/docs/a"),
        ("?x=1#y", "https://example.com/docs/page?x=1"),
        ("//www.example.com/a?#y", "https://www.example.com/a"),
        ("https://example.com/a#:~:text=cone%20six", "https://example.com/a"),
    ],
)
def test_links_at_home_are_followed(href, wanted):
    assert verdict(href, found_on="https://example.com/docs/page") == wanted


@pytest.mark.parametrize(
    ("href", "denial"),
    [
        ("mailto:a@example.com", Denial.NON_WEB_PROTOCOL),
        ("tel:123", Denial.NON_WEB_PROTOCOL),
        ("javascript:void(0)", Denial.NON_WEB_PROTOCOL),
        ("data:text/html,x", Denial.NON_WEB_PROTOCOL),
        ("ftp://example.com/", Denial.NON_WEB_PROTOCOL),
        ("file:///etc/passwd", Denial.NON_WEB_PROTOCOL),
        ("https://", Denial.URL_PARSE_ERROR),
        ("https://[::1", Denial.URL_PARSE_ERROR),
        ("https://user:word@example.com/", Denial.URL_PARSE_ERROR),
        ("https://intranet/", Denial.URL_PARSE_ERROR),
        ("https://example.com:22/", Denial.URL_PARSE_ERROR),
        ("/" + "a" * 40_000, Denial.URL_PARSE_ERROR),
        ("https://example.com/\ud800", Denial.URL_PARSE_ERROR),
        ("#top", Denial.SECTION_LINK),
        ("#", Denial.SECTION_LINK),
        (" #top\n", Denial.SECTION_LINK),
        ("#:~:text=kiln", Denial.SECTION_LINK),
        ("https://example.org/", Denial.EXTERNAL_LINK),
        ("https://docs.example.com/", Denial.EXTERNAL_LINK),
        ("https://example.com.evil.org/", Denial.EXTERNAL_LINK),
        ("/a.png", Denial.FILE_TYPE),
    ],
)
def test_links_that_are_never_followed(href, denial):
    assert verdict(href) is denial


def test_the_words_of_the_contract():
    assert [str(denial) for denial in Denial] == [
        "depth limit",
        "exclude pattern",
        "include pattern",
        "file type",
        "URL parse error",
        "backward crawling",
        "social media",
        "external link",
        "section link",
        "non-web protocol",
        "trap",
    ]


@pytest.mark.parametrize(
    ("rest", "kept"),
    [
        *(
            (f"/a{end}", False)
            for end in (".png", ".JPG", ".css?v=1", ".js#/x", ".woff2", ".webp", ".inc", ".xlsx")
        ),
        *(
            (f"/a{end}", True)
            for end in (".pdf", ".docx", ".xml", ".html", ".json", ".txt", "", "?f=a.png", ".png/")
        ),
    ],
)
def test_files_without_text_are_left_out_whatever_their_query(rest, kept):
    assert (verdict(rest) != Denial.FILE_TYPE) is kept


@pytest.mark.parametrize(
    ("start", "inside", "outside"),
    [
        ("/", ["/", "/a", "/a/b"], []),
        ("/docs/", ["/docs/", "/docs/a", "/docs/a/b"], ["/docs", "/", "/docs2/", "/Docs/"]),
        ("/docs/intro.html", ["/docs/", "/docs/other", "/docs/a/b"], ["/", "/docs", "/blog"]),
        ("/intro.php", ["/", "/a"], []),
        ("/blog", ["/blog", "/blog/", "/blog/a", "/blog?x=1"], ["/blogger", "/", "/a/blog"]),
        ("/v1.2", ["/v1.2", "/v1.2/a"], ["/v1.3", "/"]),
    ],
)
def test_links_stay_below_the_start(start, inside, outside):
    origin = f"https://example.com{start}"
    for path in inside:
        assert verdict(path, origin=origin) == f"https://example.com{path}"
    for path in outside:
        assert verdict(path, origin=origin) is Denial.BACKWARD_CRAWLING
        assert verdict(path, origin=origin, crawl_entire_domain=True) == f"https://example.com{path}"


def test_scope_looks_at_the_path_of_other_hosts_too():
    origin = "https://example.com/docs/"
    for option in ("allow_subdomains", "allow_external_links"):
        assert (
            verdict("https://api.example.com/docs/a", origin=origin, **{option: True})
            != Denial.BACKWARD_CRAWLING
        )
        assert (
            verdict("https://api.example.com/a", origin=origin, **{option: True}) is Denial.BACKWARD_CRAWLING
        )


@pytest.mark.parametrize(
    ("path", "options", "wanted"),
    [
        ("/blog/a", {"include_paths": ("/blog/*",)}, None),
        ("/a", {"include_paths": ("^/blog/",)}, Denial.INCLUDE_PATTERN),
        ("/a", {"include_paths": ("^/blog/", "^/a$")}, None),
        ("/a/b", {"exclude_paths": ("b",)}, Denial.EXCLUDE_PATTERN),
        ("/a/c", {"exclude_paths": ("^/b", "^/a")}, Denial.EXCLUDE_PATTERN),
        ("/a", {"exclude_paths": ("a",), "include_paths": ("a",)}, Denial.EXCLUDE_PATTERN),
        ("/a?x=b", {"exclude_paths": ("b",)}, None),
        ("/a?x=b", {"exclude_paths": ("b",), "regex_on_full_url": True}, Denial.EXCLUDE_PATTERN),
        ("/a", {"include_paths": (r"^https://example\.com/a$",), "regex_on_full_url": True}, None),
        ("/a", {"include_paths": (r"^https://example\.com/a$",)}, Denial.INCLUDE_PATTERN),
        ("/a", {"include_paths": ("example",)}, Denial.INCLUDE_PATTERN),
    ],
)
def test_patterns_are_searched_in_the_path_or_the_full_url(path, options, wanted):
    assert verdict(path, **options) == (wanted or f"https://example.com{path}")


@pytest.mark.parametrize(
    ("href", "options", "denial"),
    [
        ("#x", {"exclude_paths": ("/",)}, Denial.SECTION_LINK),
        ("/a.png#x", {"exclude_paths": ("a",)}, Denial.EXCLUDE_PATTERN),
        ("https://github.com/a.png", {"exclude_paths": ("github.com",)}, Denial.SOCIAL_MEDIA),
        ("https://example.org/a", {"exclude_paths": ("example.org",)}, Denial.EXCLUDE_PATTERN),
        ("https://example.org/a", {"exclude_paths": ("^/a",)}, Denial.EXTERNAL_LINK),
        ("/a.png", {"exclude_paths": ("a",), "include_paths": ("b",)}, Denial.EXCLUDE_PATTERN),
        ("/a.png", {"include_paths": ("b",)}, Denial.INCLUDE_PATTERN),
        ("/a.png", {"include_paths": ("a",)}, Denial.BACKWARD_CRAWLING),
        ("/docs/a/a/a/a/a.png", {}, Denial.FILE_TYPE),
    ],
)
def test_the_first_rule_that_fails_is_the_reason(href, options, denial):
    assert verdict(href, origin="https://example.com/docs/", **options) is denial


NETWORKS = (
    "facebook.com twitter.com linkedin.com instagram.com pinterest.com github.com calendly.com discord.gg "
    "discord.com mailto:"
)


@pytest.mark.parametrize("network", NETWORKS.split())
def test_social_media_are_left_out_when_they_are_external(network):
    for url in (
        f"https://{network}/a".replace("//mailto", "//a.org/mailto"),
        f"https://a.org/share?to={network}",
    ):
        assert verdict(url, allow_external_links=True) is Denial.SOCIAL_MEDIA


def test_a_social_site_itself_can_be_crawled():
    origin = "https://github.com/webkiln/"
    assert verdict("/webkiln/a", origin=origin, found_on=origin) == "https://github.com/webkiln/a"
    assert verdict("/a?share=facebook.com") == "https://example.com/a?share=facebook.com"


def test_external_links_when_they_are_allowed_but_no_homepages():
    assert verdict("https://example.org/a", allow_external_links=True) == "https://example.org/a"
    for homepage in ("https://example.org", "https://www.example.org/?x=1"):
        assert verdict(homepage, allow_external_links=True) is Denial.EXTERNAL_LINK


def test_subdomains_when_they_are_allowed():
    for url in ("https://docs.example.com/", "https://a.b.example.com/x"):
        assert verdict(url, allow_subdomains=True) == url
        assert verdict(url) is Denial.EXTERNAL_LINK
    assert verdict("https://example.org/a", allow_subdomains=True) is Denial.EXTERNAL_LINK
    # the registrable domain counts, from wherever the crawl starts
    assert verdict(HOME, origin="https://docs.example.com/", found_on=None, allow_subdomains=True) == HOME
    user = "https://one.github.io/"
    assert (
        verdict("https://two.github.io/", origin=user, found_on=user, allow_subdomains=True)
        == Denial.EXTERNAL_LINK
    )


@pytest.mark.parametrize(
    ("pattern", "excluded", "kept"),
    [
        ("example.org", "https://example.org/a", "https://example.net/a"),
        ("https://www.example.org", "https://www.example.org/a", "https://notexample.org/a"),
        ("example.org", "https://docs.example.org/a", "https://example.org.uk/a"),
        ("example.org/blog", "https://example.org/blog/a", "https://example.org/docs"),
    ],
)
def test_excluded_paths_are_domains_for_external_links(pattern, excluded, kept):
    assert verdict(excluded, allow_external_links=True, exclude_paths=(pattern,)) is Denial.EXCLUDE_PATTERN
    assert verdict(kept, allow_external_links=True, exclude_paths=(pattern,)) == kept


def test_a_page_of_another_site_leads_nowhere():
    away = "https://example.org/a"
    crawl = rules(allow_external_links=True)
    assert crawl.judge("/b", found_on=away) is Denial.EXTERNAL_LINK
    assert crawl.judge(HOME, found_on=away) is Denial.EXTERNAL_LINK
    assert crawl.links(away, ["/b", HOME]) == []
    assert crawl.links(HOME, ["/b"], external_hop=True) == []
    assert crawl.links("no URL", ["/b"]) == []


def test_a_page_on_a_subdomain_has_links_of_its_own():
    docs = "https://docs.example.com/"
    crawl = rules(allow_subdomains=True)
    urls = [link.url for link in crawl.links(docs, ["/a", HOME, "https://example.org/a", "#x"])]
    assert urls == ["https://docs.example.com/a", HOME]
    assert rules(allow_external_links=True).links(docs, ["/a", HOME]) == []


def test_links_say_whether_they_leave_the_site():
    crawl = rules(allow_external_links=True, allow_subdomains=True)
    links = crawl.links(HOME, ["/a", "https://docs.example.com/", "https://example.org/a"])
    assert [link.external for link in links] == [False, False, True]


def test_entries_of_a_sitemap_are_as_if_found_on_the_origin():
    assert verdict("https://example.com/a#top", found_on=None) == "https://example.com/a"
    assert verdict("https://example.org/a", found_on=None) is Denial.EXTERNAL_LINK
    assert verdict("/a", found_on=None, origin="https://example.com/b/") is Denial.BACKWARD_CRAWLING


def test_names_that_were_pinned_can_be_crawled():
    origin = "http://intranet/"
    assert verdict("/a", origin=origin, found_on=origin) == "http://intranet/a"
    assert verdict("http://other/", origin=origin, found_on=origin) is Denial.URL_PARSE_ERROR


def test_hosts_in_other_alphabets_are_compared_as_they_travel():
    origin = "https://xn--bcher-kva.example/"
    assert verdict("https://bücher.example/ä", origin=origin, found_on=origin) == origin + "%C3%A4"


def test_a_page_gives_each_link_once_in_their_order():
    crawl = rules()
    hrefs = ["/b", "/a", "/a/", "http://www.example.com/a/index.html", "b", "/c.png", "/c?", "/c"]
    links = crawl.links(HOME, hrefs)
    assert [link.url for link in links] == [
        "https://example.com/b",
        "https://example.com/a",
        "https://example.com/c",
    ]
    assert crawl.links(HOME, hrefs) == links


def test_similar_urls_count_when_that_is_asked_for():
    hrefs = ["/a", "/a/", "http://example.com/a"]
    assert len(rules(deduplicate_similar_urls=False).links(HOME, hrefs)) == 3


def test_queries_go_when_they_are_ignored():
    hrefs = ["/a?x=1", "/a?x=2", "/a"]
    assert [link.url for link in rules(ignore_query_parameters=True).links(HOME, hrefs)] == [
        "https://example.com/a"
    ]
    assert len(rules().links(HOME, hrefs)) == 3


def test_what_is_remembered_of_one_page_does_not_mislead_on_another():
    crawl = rules(allow_subdomains=True)
    for page, wanted in (
        (HOME, ["https://example.com/a", "https://example.com/b"]),
        ("https://docs.example.com/x/", ["https://docs.example.com/a", "https://docs.example.com/x/b"]),
        ("https://example.com/y/", ["https://example.com/a", "https://example.com/y/b"]),
        ("http://example.com/", ["http://example.com/a", "http://example.com/b"]),
    ):
        assert [link.url for link in crawl.links(page, ["/a", "b"])] == wanted


def test_more_links_than_are_remembered_are_judged_all_the_same():
    crawl = rules()
    hrefs = [f"/p/{number}" for number in range(10_000)]
    for _ in range(2):
        assert [link.url for link in crawl.links(HOME, hrefs)] == [
            f"https://example.com{href}" for href in hrefs
        ]
    assert sum(map(len, crawl._known.values())) <= 4_096


def test_where_a_redirect_may_lead():
    crawl = rules("https://example.com/docs/", exclude_paths=("private",))
    assert crawl.permits_redirect("https://www.example.com/docs/b#top") is None
    assert crawl.permits_redirect("https://example.com/docs/private") is Denial.EXCLUDE_PATTERN
    assert crawl.permits_redirect("https://example.com/login") is Denial.BACKWARD_CRAWLING
    assert crawl.permits_redirect("https://example.org/docs/b") is Denial.EXTERNAL_LINK
    assert crawl.permits_redirect("https://u:p@example.com/docs/") is Denial.URL_PARSE_ERROR
    assert rules(allow_external_links=True).permits_redirect("https://example.org/a") is None


def test_whether_the_start_is_part_of_its_crawl():
    start = "https://example.com/docs/intro"
    assert rules(start).permits_start(start) is None
    assert rules(start, include_paths=("^/docs/intro/.",)).permits_start(start) is Denial.INCLUDE_PATTERN
    assert rules(start, exclude_paths=("intro",)).permits_start(start) is Denial.EXCLUDE_PATTERN
    assert rules(start).permits_start("https://example.com/") is Denial.BACKWARD_CRAWLING
    assert rules(start).permits_start("nothing at all") is Denial.URL_PARSE_ERROR


def test_traps_warn_once_each_and_only_where_a_link_would_have_been_followed():
    crawl = rules("https://example.com/docs/")
    assert crawl.trap_warnings == ()
    crawl.links(HOME, ["/calendar/2040-01", "/docs/x.png"])
    assert crawl.trap_warnings == ()
    hrefs = ["/docs/calendar/2040-01", "/docs/calendar/2040-02", "/docs/a/a/a/a/a", "/docs/" + "a" * 3_000]
    assert crawl.links(HOME, hrefs) == []
    assert crawl.trap_warnings == (CALENDAR, CIRCLE, TOO_LONG)
    assert crawl.judge(hrefs[0], found_on=HOME) is Denial.TRAP


def test_what_cannot_be_crawled_is_said_at_once():
    with pytest.raises(InvalidPattern):
        rules(include_paths=("(?=a)",))
    with pytest.raises(InvalidPattern):
        rules(exclude_paths=("[",))
    with pytest.raises(InvalidUrl):
        rules("nowhere")


EVERYTHING = LinkRules(
    HOME,
    LinkOptions(
        allow_external_links=True, allow_subdomains=True, exclude_paths=("x",), include_paths=("a|b",)
    ),
    today=TODAY,
)
ANY_TEXT = st.text(st.characters(codec=None))
LIKE_URLS = st.lists(
    st.sampled_from(
        ["http", "https", ":", "//", "/", "@", "[", "]", "\\", "#", "?", "&", "%", "a", ".", "com", "é", "\t"]
    )
).map("".join)


@given(ANY_TEXT | LIKE_URLS, st.none() | ANY_TEXT | LIKE_URLS | st.just(HOME))
def test_any_text_is_judged(href, found_on):
    judged = EVERYTHING.judge(href, found_on=found_on)
    assert isinstance(judged, Link | Denial)
    if isinstance(judged, Link):
        assert EVERYTHING.judge(judged.url, found_on=None) == judged
    assert len(EVERYTHING.links(HOME, [href, href])) <= 1
    EVERYTHING.permits_redirect(href)
    EVERYTHING.permits_start(href)


@pytest.mark.parametrize(
    ("path", "depth"),
    [("/", 0), ("", 0), ("/a", 1), ("/a/", 1), ("/a//b", 2), ("/index.html", 0), ("/a/index.php", 1)],
)
def test_a_path_is_as_deep_as_it_has_segments(path, depth):
    assert url_depth(path) == depth


@pytest.mark.parametrize(
    ("origin", "href", "wanted"),
    [
        (HOME, "/a/b", "https://example.com/a/b"),
        (HOME, "/a/b/index.html", "https://example.com/a/b/index.html"),
        (HOME, "/a/b/c", Denial.DEPTH_LIMIT),
        ("https://example.com/a/b/", "c/d", "https://example.com/a/b/c/d"),
        ("https://example.com/a/b/", "c/d/e", Denial.DEPTH_LIMIT),
    ],
)
def test_a_bound_on_the_depth_of_urls_counts_from_the_origin(origin, href, wanted):
    assert verdict(href, found_on=origin, origin=origin, max_url_depth=2) == wanted
    assert verdict(f"{origin}{href.lstrip('/')}", found_on=None, origin=origin, max_url_depth=2) == wanted


def test_a_start_is_never_too_deep_for_its_own_bound():
    origin = "https://example.com/a/b/c"
    assert rules(origin, max_url_depth=0).permits_start(origin) is None
    assert rules(origin, max_url_depth=0).permits_redirect(f"{origin}/d") is Denial.DEPTH_LIMIT


@pytest.mark.parametrize(
    ("origin", "entry", "followed"),
    [
        ("https://example.com/", "http://example.com/a", True),
        ("https://example.com/", "https://example.com:8443/a", False),
        ("http://example.com:8080/", "http://example.com:8080/a", True),
        ("http://example.com:8080/", "http://example.com/a", False),
    ],
)
def test_a_sitemap_lists_pages_of_its_own_server(origin, entry, followed):
    judged = LinkRules(origin, LinkOptions()).judge(entry, found_on=None)
    assert isinstance(judged, Link) if followed else judged is Denial.EXTERNAL_LINK


def test_links_to_the_sections_of_a_page_are_one_link_wherever_they_stand():
    hrefs = ["/a#one", "#one", "/a#two", "b#/route", "/a#/", "/b#x/y"]
    one = rules()
    for page in (f"{HOME}a", HOME):
        found = [link.url for link in one.links(page, hrefs)]
        assert found == [f"{HOME}a", f"{HOME}b#/route", f"{HOME}b"]


@pytest.mark.parametrize(
    ("origin", "inside", "outside"),
    [
        (HOME, ["http://www.example.com/a", f"{HOME}a/b?c"], ["https://docs.example.com/", "https://x.org/"]),
        (f"{HOME}docs", [f"{HOME}docs/", f"{HOME}docs/a"], [f"{HOME}Docs", f"{HOME}docs2", HOME]),
        (f"{HOME}docs/", [f"{HOME}docs/index.html"], [f"{HOME}docs", f"{HOME}manual/"]),
    ],
)
def test_what_a_crawl_contains(origin, inside, outside):
    for url in inside:
        assert rules(origin).contains(url)
    for url in outside:
        assert not rules(origin).contains(url)
    assert rules(origin, crawl_entire_domain=True).contains(f"{HOME}anything")
