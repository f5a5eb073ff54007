from __future__ import annotations

import gzip
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webkiln.fetching.sitemap_files import MAX_URLS, Sitemap, SitemapEntry, read_sitemap

SITE = "https://site.example"
FILE = f"{SITE}/maps/sitemap.xml"
NAMESPACE = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
MIB = 1 << 20


def read(body, url=FILE):
    return read_sitemap(body if isinstance(body, bytes) else body.encode(), url)


def pages(body, url=FILE):
    return [entry.url for entry in read(body, url).pages]


def urlset(*locations, head='<?xml version="1.0" encoding="UTF-8"?>', namespace=NAMESPACE):
    listed = "".join(f"<url><loc>{location}</loc></url>" for location in locations)
    return f"{head}<urlset {namespace}>{listed}</urlset>"


ONE = f"{SITE}/one"
TWO = f"{SITE}/two"


# The formats.


def test_a_urlset_lists_pages():
    body = f"""<?xml version="1.0" encoding="UTF-8"?>
    <urlset {NAMESPACE} xmlns:image="http://www.google.com/schemas/sitemap-image/1.1"
            xmlns:xhtml="http://www.w3.org/1999/xhtml">
      <!-- a comment -->
      <url>
        <lastmod>2026-01-01</lastmod><priority>0.8</priority>
        <image:image><image:loc>{SITE}/a.png</image:loc><image:title>Picture</image:title></image:image>
        <xhtml:link rel="alternate" hreflang="de" href="{SITE}/de"/>
        <loc> {ONE}
        </loc>
      </url>
      <url><loc>{TWO}</loc></url>
      <url></url><url><loc/></url>
    </urlset>"""
    assert read(body) == Sitemap((SitemapEntry(ONE), SitemapEntry(TWO)))


def test_an_index_lists_sitemaps():
    body = f"""<sitemapindex {NAMESPACE}>
      <sitemap><loc>{SITE}/a.xml</loc><lastmod>2026-01-01</lastmod></sitemap>
      <sitemap><loc>{SITE}/list.php?page=2</loc></sitemap>
    </sitemapindex>"""
    assert read(body) == Sitemap(sitemaps=(f"{SITE}/a.xml", f"{SITE}/list.php?page=2"))


def test_a_sitemap_among_pages_is_a_sitemap():
    found = read(urlset(ONE, f"{SITE}/more.xml", f"{SITE}/more.XML.gz?x", f"{SITE}/page?of=a.xml"))
    assert [entry.url for entry in found.pages] == [ONE, f"{SITE}/page?of=a.xml"]
    assert found.sitemaps == (f"{SITE}/more.xml", f"{SITE}/more.XML.gz?x")


@pytest.mark.parametrize("namespace", ["", 'xmlns="http://www.google.com/schemas/sitemap/0.84"', 'xmlns=""'])
def test_namespaces_do_not_matter(namespace):
    assert pages(urlset(ONE, namespace=namespace)) == [ONE]


@pytest.mark.parametrize("declared", ["", 'xmlns:s="http://www.sitemaps.org/schemas/sitemap/0.9"'])
def test_prefixes_do_not_matter_even_undeclared_ones(declared):
    assert pages(f"<s:urlset {declared}><s:url><s:loc>{ONE}</s:loc></s:url></s:urlset>") == [ONE]


def test_a_news_sitemap_has_titles():
    body = f"""<urlset {NAMESPACE} xmlns:news="n"><url><loc>{ONE}</loc><news:news>
      <news:publication><news:name>The Paper</news:name></news:publication>
      <news:title>It &amp; that</news:title></news:news></url><url><loc>{TWO}</loc></url></urlset>"""
    assert read(body).pages == (SitemapEntry(ONE, "It & that"), SitemapEntry(TWO))


def test_rss_lists_pages():
    body = f"""<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel>
      <title>Feed</title><link>{SITE}/</link><atom:link href="{SITE}/feed" rel="self"/>
      <item><title><![CDATA[ One ]]></title><link>{ONE}</link><description>&lt;p&gt;x</description></item>
      <item><link>/two</link></item>
      <item><title>No address</title></item>
    </channel></rss>"""
    assert read(body).pages == (SitemapEntry(ONE, "One"), SitemapEntry(TWO))


def test_rss_1_lists_pages():
    body = f"""<rdf:RDF xmlns:rdf="r" xmlns="http://purl.org/rss/1.0/"><channel><link>{SITE}</link></channel>
      <item rdf:about="x"><title>One</title><link>{ONE}</link></item></rdf:RDF>"""
    assert read(body).pages == (SitemapEntry(ONE, "One"),)


def test_atom_lists_pages():
    body = f"""<feed xmlns="http://www.w3.org/2005/Atom"><title>Feed</title><link href="{SITE}/"/>
      <entry><title>One</title><link rel="edit" href="/edit"/><link href="/one"/></entry>
      <entry><link rel="enclosure" href="/a.mp3"/><link rel="alternate" href="{TWO}"/></entry></feed>"""
    assert read(body).pages == (SitemapEntry(ONE, "One"), SitemapEntry(TWO))


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_text_lists_a_page_a_line(end):
    lines = [ONE, "  ", f"  {TWO}  ", "# no address", "/three", f"{SITE}/a b", "ftp://site.example/x", ONE]
    assert pages(end.join(lines)) == [ONE, TWO]


@pytest.mark.parametrize("body", [urlset(ONE), ONE + "\n"], ids=["xml", "text"])
@pytest.mark.parametrize(
    "pack",
    [
        str.encode,
        lambda text: b"\xef\xbb\xbf" + text.encode(),
        lambda text: b"\r\n \n" + text.encode(),
        lambda text: gzip.compress(text.encode()),
        lambda text: gzip.compress(gzip.compress(text.encode())),
        lambda text: gzip.compress(text.encode()) + b"garbage behind",
    ],
)
def test_packings(body, pack):
    assert pages(pack(body)) == [ONE]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_wide_text(encoding):
    mark = {"utf-16": b"", "utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}[encoding]
    assert pages(mark + urlset(f"{SITE}/ö", head="").encode(encoding)) == [f"{SITE}/%C3%B6"]
    assert pages(mark + f"{ONE}\n{SITE}/ö\n".encode(encoding)) == [ONE, f"{SITE}/%C3%B6"]


@pytest.mark.parametrize("encoding", ["iso-8859-1", "windows-1252", "us-ascii", "utf-8"])
def test_declared_encodings(encoding):
    letter = "" if encoding == "us-ascii" else "é"
    body = urlset(f"{SITE}/caf{letter}", head=f'<?xml version="1.0" encoding="{encoding}"?>')
    assert pages(body.encode(encoding)) == [f"{SITE}/caf{'%C3%A9' if letter else ''}"]


ENCODINGS = ["utf-16", "shift_jis", "no-such-thing", "zlib", "unicode_escape", "idna", "iso-8859-99"]


@pytest.mark.parametrize("declared", ENCODINGS)
def test_a_wrong_encoding_is_not_the_end(declared):
    found = read(urlset(ONE, f"{SITE}/é", head=f'<?xml version="1.0" encoding="{declared}"?>'))
    assert [entry.url for entry in found.pages] == [ONE, f"{SITE}/%C3%A9"]


def test_python_is_not_asked_for_encodings():
    head = f'<?xml version="1.0"{" " * 200}encoding="unicode_escape"?>'
    assert pages(urlset(ONE, "/a\\x41", head=head)) == [ONE, f"{SITE}/a/x41"]


def test_latin_1_that_claims_to_be_utf_8_is_read():
    found = read(urlset(ONE, f"{SITE}/caf\xe9", TWO).encode("latin-1"))
    assert [entry.url for entry in found.pages] == [ONE, f"{SITE}/caf%C3%A9", TWO]
    assert found.warning is not None


# Addresses.


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (f"{SITE}/?a=1&amp;b=%26", f"{SITE}/?a=1&b=%26"),
        (f"{SITE}/&#x41;&#66;", f"{SITE}/AB"),
        (f"<![CDATA[{SITE}/?a=1&b=2]]>", f"{SITE}/?a=1&b=2"),
        (f"\n<![CDATA[\n {SITE}/x ]]>\n", f"{SITE}/x"),
        (f"{SITE}/a&#10;b", f"{SITE}/ab"),
        ("/rooted", f"{SITE}/rooted"),
        ("beside", f"{SITE}/maps/beside"),
        ("?q", f"{SITE}/maps/other?q"),
        ("//other.example/x", "https://other.example/x"),
        ("HTTP://Other.Example:80", "http://other.example/"),
        (f"{SITE}/größe", f"{SITE}/gr%C3%B6%C3%9Fe"),
    ],
)
def test_addresses_are_made_whole(written, meant):
    assert pages(urlset(written), f"{SITE}/maps/other") == [meant]


@pytest.mark.parametrize(
    "written",
    [
        "file:///etc/passwd",
        "javascript:alert(1)",
        "mailto:a@site.example",
        "http://user:secret@site.example/",
        "http://site.example:25/",
        "http://",
        "http://[::bad/",
        "http://localhost/",
    ],
)
def test_what_is_no_page_of_the_web_is_passed_over(written):
    assert pages(urlset(written, ONE)) == [ONE]


def test_a_host_without_dots_may_list_its_own_pages():
    assert pages(urlset("http://wiki/a", "/b", "http://other/c"), "http://wiki/s.xml") == [
        "http://wiki/a",
        "http://wiki/b",
    ]


def test_pages_are_listed_once_with_the_title_they_have():
    items = f"<item><link>{ONE}</link></item><item><title>T</title><link>{ONE}</link></item>"
    assert read(f"<rss>{items}</rss>").pages == (SitemapEntry(ONE, "T"),)


# Broken files.


def test_a_broken_tail_leaves_what_came_before():
    whole = urlset(ONE, TWO, f"{SITE}/three")
    found = read(whole[: whole.index("three")])
    assert [entry.url for entry in found.pages][:2] == [ONE, TWO]
    assert found.warning is not None
    assert FILE in found.warning
    packed = gzip.compress("".join(f"{SITE}/{number * 7919}\n" for number in range(10_000)).encode())
    assert len(pages(packed[: len(packed) // 2])) > 100


@pytest.mark.parametrize(
    "bad",
    [
        f"<url><loc>{SITE}/?a=1&copy=2</loc></url>",
        f"<url><loc>{SITE}/?a=1&copy=2</url>",
        f"<url><loc>{SITE}/?a=1&copy=2</loc><x></url>",
        f"<url><loc>{SITE}/?a=1&copy=2</loc>&nbsp;</url>",
        f"<url><loc>{SITE}/?a=1&copy=2</loc>\x01</url>",
    ],
)
def test_behind_a_broken_place_addresses_are_found_in_the_text(bad):
    rest = f"<url><loc>{TWO}?x=1&amp;y=2</loc></url><url><LOC><![CDATA[{SITE}/three]]></LOC></url></urlset>"
    found = read(f"<urlset><url><loc>{ONE}</loc></url>{bad}{rest}")
    listed = [entry.url for entry in found.pages]
    assert listed == [ONE, f"{SITE}/?a=1&copy=2", f"{TWO}?x=1&y=2", f"{SITE}/three"]
    assert "broken" in str(found.warning)


def test_behind_a_broken_place_of_an_index_sitemaps_are_found():
    found = read(f"<sitemapindex>&<sitemap><loc>{SITE}/list.php</loc></sitemap></sitemapindex>")
    assert found.sitemaps == (f"{SITE}/list.php",)
    assert found.pages == ()


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("", "lists no pages"),
        ("nothing here", "lists no pages"),
        (urlset(), "lists no pages"),
        ("<!doctype html><html><body>Not found", "an HTML page"),
        ("<svg/>", "<svg>"),
        (b"\x1f\x8b\x08\0\0\0\0\0\0\x03" + b"\xff" * 100, "unpacked"),
    ],
)
def test_what_is_no_sitemap_is_said(body, says):
    found = read(body)
    assert (found.pages, found.sitemaps) == ((), ())
    assert says in str(found.warning)


# Hostile files.


@pytest.mark.parametrize(
    "declarations",
    [
        '<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">',
        '<!ENTITY a SYSTEM "file:///etc/passwd">',
        '<!ENTITY % p SYSTEM "http://127.0.0.1/x.dtd"> %p;',
        '<!ATTLIST url x CDATA "a long text for each of many elements">',
        '<!NOTATION n SYSTEM "x">',
    ],
)
def test_a_file_with_declarations_is_not_read(declarations):
    found = read(f"<!DOCTYPE urlset [{declarations}]><urlset><url><loc>{SITE}/&a;</loc></url></urlset>")
    assert found.pages == ()
    assert "declarations" in str(found.warning)


def test_a_dtd_elsewhere_is_not_loaded_and_its_entities_spoil_an_address():
    body = '<!DOCTYPE urlset SYSTEM "http://127.0.0.1:1/x.dtd">' + urlset(f"{SITE}/&a;", ONE, head="")
    assert pages(body) == [ONE]


def test_more_urls_than_allowed_are_not_taken():
    found = read(urlset(*(f"/{number}" for number in range(MAX_URLS + 1))))
    assert len(found.pages) == MAX_URLS
    assert "50,000" in str(found.warning)
    assert "50,000" in str(read(f"{ONE}\n" * (MAX_URLS + 1)).warning)
    assert len(read("<urlset>&" + "<loc>/x</loc>" * (MAX_URLS + 9)).pages) == 1
    assert read(urlset(*(f"/{number}" for number in range(MAX_URLS)))).warning is None


def test_an_address_longer_than_any_is_none():
    assert pages(urlset(f"{SITE}/{'a' * 40_000}", ONE)) == [ONE]
    assert pages(urlset(f"<![CDATA[{SITE}/{'a' * 3 * MIB}]]>", ONE)) == [ONE]
    assert pages(f"{SITE}/{'a' * 40_000}\n{ONE}") == [ONE]


def test_a_long_title_is_cut():
    found = read(f"<rss><item><title>{'ab&amp;' * 9_000}</title><link>{ONE}</link></item></rss>")
    assert len(str(found.pages[0].title)) == 500


HEAD = f"<urlset><url><loc>{ONE}</loc></url>".encode()


@pytest.mark.parametrize(
    "tail",
    [
        b"<a>" * 100_000,
        b"".join(b"<a%d/>" % number for number in range(100_000)),
        b"".join(b"<a b%d=''/>" % number for number in range(100_000)),
        b"<!--" + b"a" * 9 * MIB + b"-->",
        b"<url a='" + b"a" * 9 * MIB + b"'/>",
        b"<?pi " + b"a" * 9 * MIB,
        b"<" + b"a" * 9 * MIB,
    ],
    ids=["deep", "names", "attributes", "comment", "value", "instruction", "name"],
)
def test_markup_without_end_is_read_up_to_there(tail):
    body = HEAD + tail
    tracemalloc.start()
    try:
        found = read(body)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert found.pages == (SitemapEntry(ONE),)
    assert "up to there" in str(found.warning)
    assert peak < 24 * MIB


def test_elements_are_bounded_in_number():
    found = read(HEAD + b"<a/>" * 2_000_000)
    assert found.pages == (SitemapEntry(ONE),)
    assert "up to there" in str(found.warning)


@pytest.mark.parametrize("content", [b"\0", b"<a>", b"https://site.example/one\n", b"x"])
def test_of_a_bomb_50_mib_are_read(content):
    bomb = gzip.compress(content * (60 * MIB // len(content)), 1)
    tracemalloc.start()
    try:
        found = read(gzip.compress(bomb))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert found.warning is not None
    assert peak < 170 * MIB


@given(st.binary(max_size=600))
def test_arbitrary_bytes_are_some_sitemap(body):
    for start in (b"", b"<urlset>", b"\xff\xfe<\0", b"\x1f\x8b\x08"):
        assert isinstance(read_sitemap(start + body, FILE), Sitemap)
    assert isinstance(read_sitemap(gzip.compress(body), FILE), Sitemap)


PIECES = """
    <urlset> </urlset> <url> </url> <loc> </loc> <sitemap> </sitemap> <sitemapindex> <rss> <item> </item>
    <link> </link> <link_href='/x'/> <title> </title> _x='1' /a & &amp; <![CDATA[ ]]> <!DOCTYPE_a> <!-- -->
    http://a.b/ é \ud800 \0 <?xml ?>
""".split()  # noqa: SIM905 (a table of words reads best without quotes)


@given(st.lists(st.sampled_from(PIECES).map(lambda piece: piece.replace("_", " ")), max_size=30))
def test_parts_in_any_order_are_some_sitemap(parts):
    found = read_sitemap("".join(parts).encode("utf-8", "surrogatepass"), FILE)
    assert len(found.pages) + len(found.sitemaps) <= len(parts)
    assert all(entry.url.startswith(("http://", "https://")) for entry in found.pages)
