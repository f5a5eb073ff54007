from __future__ import annotations

from dataclasses import replace

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from webkiln.contract.document import Document
from webkiln.contract.scrape import ScrapeOptions
from webkiln.errors import NothingScraped, ScrapeError, UnsupportedFile
from webkiln.fetching.page import Page, Rendered
from webkiln.scraping.rendering import read, render, render_reading
from webkiln.scraping.wishes import Wishes

URL = "https://site.test/docs/page.html"
ALL = ["markdown", "html", "rawHtml", "links", "images"]
HTML = (
    '<html lang="en"><head><title>T</title><meta name="description" content="d">'
    '<meta property="og:image" content="/og.png"></head>'
    '<body><nav><a href="/n">n</a></nav><h1>T</h1><p>x <a href="a">l</a><img src="i.png"></p></body></html>'
)


def page(
    body: bytes | str,
    content_type: str | None = "text/html; charset=utf-8",
    *,
    status: int = 200,
    url: str = URL,
) -> Page:
    data = body.encode() if isinstance(body, str) else body
    headers = () if content_type is None else (("content-type", content_type),)
    return Page(
        requested_url=url,
        url=url,
        status=status,
        headers=headers,
        content_encoding="",
        wire_body=data,
        body=data,
        fetched_at=0.0,
    )


def options(*formats, **more) -> Wishes:
    return Wishes.of(ScrapeOptions.model_validate({"formats": list(formats), **more}))


def test_only_what_is_asked_for_and_always_the_metadata():
    for name in ALL:
        assert set(render(page(HTML), options(name))) == {name, "metadata"}
    assert set(render(page(HTML), options())) == {"metadata"}


def test_every_format_of_a_page():
    document = render(
        page(HTML),
        options(*ALL, {"type": "attributes", "selectors": [{"selector": "a", "attribute": "href"}]}),
    )
    assert document["markdown"] == "# T\n\nx [l](https://site.test/docs/a)![](https://site.test/docs/i.png)"
    assert document["html"] == (
        '<html lang="en"><body><h1>T</h1><p>x <a href="https://site.test/docs/a">l</a>'
        '<img src="https://site.test/docs/i.png"></p></body></html>'
    )
    assert document["rawHtml"] == HTML
    assert document["links"] == ["https://site.test/docs/a"]
    assert document["images"] == ["https://site.test/og.png", "https://site.test/docs/i.png"]
    assert document["attributes"] == [{"selector": "a", "attribute": "href", "values": ["/n", "a"]}]
    assert document["metadata"] == {
        "title": "T",
        "language": "en",
        "description": "d",
        "ogImage": "/og.png",
        "og:image": "/og.png",
        "url": URL,
        "statusCode": 200,
        "contentType": "text/html; charset=utf-8",
    }


def test_the_document_is_the_contracts():
    document = render(page(HTML), options(*ALL))
    document["metadata"]["sourceURL"] = URL
    Document.model_validate(document)


def test_the_whole_page_when_main_content_is_not_wanted():
    document = render(page(HTML), options("markdown", "links", onlyMainContent=False))
    assert document["markdown"].startswith("[n](https://site.test/n)")
    assert document["links"][0] == "https://site.test/n"


def test_tags_of_the_request():
    document = render(page(HTML), options("markdown", includeTags=["h1", "nav"], excludeTags=["*og*"]))
    assert document["markdown"] == "# T\n\n[n](https://site.test/n)"


def test_selectors_that_cannot_be_read_are_warned_of():
    formats = ["markdown", {"type": "attributes", "selectors": [{"selector": "a[", "attribute": "href"}]}]
    document = render(page(HTML), options(*formats, excludeTags=["p("]))
    assert "a[, p(" in document["warning"]
    assert document["attributes"] == [{"selector": "a[", "attribute": "href", "values": []}]
    assert document["markdown"].startswith("# T")


def test_nothing_left_of_the_page_means_the_whole_page():
    document = render(page("<nav><a href=/n>n</a></nav>"), options("markdown", "links", "html"))
    assert document["markdown"] == "[n](https://site.test/n)"
    assert document["links"] == ["https://site.test/n"]
    assert "<nav>" in document["html"]


def test_base64_images():
    body = "<p>x<img alt=A src='data:image/png;base64,AAAA'>"
    assert render(page(body), options("markdown"))["markdown"] == "x![A](<Base64-Image-Removed>)"
    kept = render(page(body), options("markdown", removeBase64Images=False))
    assert kept["markdown"] == "x![A](data:image/png;base64,AAAA)"


@pytest.mark.parametrize(
    ("body", "content_type", "markdown"),
    [
        ('{"a": 1}', "application/json", '```json\n{"a": 1}\n```'),
        ('{"a": "```"}', "application/json", '````json\n{"a": "```"}\n````'),
        ("# T\n\n[l](https://a.test/)", "text/plain", "# T\n\n[l](https://a.test/)"),
        ("<b>&amp;</b>", "text/plain", "<b>&amp;</b>"),
        (
            "<rss><link>https://a.test/</link></rss>",
            "application/rss+xml",
            "```xml\n<rss><link>https://a.test/</link></rss>\n```",
        ),
    ],
)
def test_what_is_no_page_comes_verbatim(body, content_type, markdown):
    document = render(page(body, content_type), options(*ALL))
    assert document["markdown"] == markdown
    assert document["rawHtml"] == body
    assert document["images"] == []
    assert document["links"] == (["https://a.test/"] if "https:" in body else [])
    assert "<b>" not in document["html"]


def test_json_that_is_called_a_page():
    assert render(page('{"a": 1}', "text/html"), options("markdown"))["markdown"] == '```json\n{"a": 1}\n```'


@pytest.mark.parametrize("media_type", ["application/rss+xml", "text/xml", "text/html; charset=utf-8", None])
def test_a_feed_is_read_whatever_its_server_calls_it(media_type):
    body = (
        "<?xml version='1.0'?><rss><channel><title>Kiln</title><item><title>First firing</title>"
        "<link>https://a.test/first</link><description><![CDATA[<p>Went <b>well</b>.]]></description></item>"
        "</channel></rss>"
    )
    wanted = options("markdown", "links", "rawHtml")
    sent = page(body, media_type)
    document, links = render_reading(sent, read(sent), wanted, links=True)
    assert document["markdown"] == "# Kiln\n\n## [First firing](https://a.test/first)\n\nWent **well**."
    assert document["rawHtml"] == body
    assert document["links"] == links == ["https://a.test/first"]
    assert document["metadata"]["title"] == "Kiln"


def test_other_xml_stays_as_it_is_whatever_its_server_calls_it():
    body = (
        "<?xml version='1.0'?><opml><body><outline text='Kiln feed' xmlUrl='https://a.test/'/></body></opml>"
    )
    for media_type in ("text/x-opml+xml", "text/html"):
        document = render(page(body, media_type), options("markdown", "links"))
        assert document["markdown"] == f"```xml\n{body}\n```"
        assert document["links"] == ["https://a.test/"]


def test_pages_sent_as_xml_are_pages():
    body = '<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><head><title/></head><body><p>x</p></body></html>'
    assert render(page(body, "application/xhtml+xml"), options("markdown"))["markdown"] == "x"


def test_legacy_encodings_are_read():
    body = '<meta charset="shift_jis"><p>日本語の文章です。'.encode("shift_jis")
    document = render(page(body, "text/html"), options("markdown", "rawHtml"))
    assert document["markdown"] == "日本語の文章です。"
    assert "日本語" in document["rawHtml"]


@pytest.mark.parametrize(
    ("body", "content_type", "named"),
    [
        (b"%PDF-1.7", "application/pdf", "a PDF document (application/pdf)"),
        (b"\x89PNG\r\n\x1a\n", "text/html", "an image (text/html)"),
        (b"PK\x03\x04word/document.xml", None, "an office document"),
        (b"\x00\x01\x02\x03" * 90, None, "a binary file"),
    ],
)
def test_what_is_no_text_is_refused_by_name(body, content_type, named):
    with pytest.raises(UnsupportedFile) as caught:
        render(page(body, content_type), options("markdown"))
    assert named in caught.value.message


@pytest.mark.parametrize("formats", [["markdown"], ["links"], ["html"], []])
@pytest.mark.parametrize("body", ["", "<html><body><div id=root></div><script>1</script>", "<p> &nbsp; </p>"])
@pytest.mark.parametrize("status", [200, 203, 304])
def test_a_success_without_any_text_is_none(body, formats, status):
    with pytest.raises(NothingScraped) as caught:
        render(page(body, status=status), options(*formats))
    assert str(status) in caught.value.message


def test_a_page_without_text_says_how_it_was_read_and_what_was_found_out():
    empty = "<html><body><script>build()</script></body></html>"
    unshown = replace(page(empty), notes=("over HTTP the page had scripts and no text",))
    with pytest.raises(NothingScraped, match=r"fetched over HTTP .* no text; over HTTP the page had scripts"):
        render(unshown, options("markdown"))
    with pytest.raises(NothingScraped, match=r"shown in a browser .* but the page has no text\.$"):
        render(replace(page(empty), rendered=Rendered()), options("markdown", "html"))


def test_who_wants_to_see_a_page_needs_no_text_of_it():
    drawn = replace(page("<html><body><canvas></canvas></body></html>"), rendered=Rendered())
    assert "markdown" not in render(drawn, options("screenshot"))


def test_an_empty_answer_that_is_no_page_is_none_either():
    with pytest.raises(NothingScraped):
        render(page(" \n", "text/plain"), options("markdown"))


@pytest.mark.parametrize(
    ("status", "reason"), [(404, "Not Found"), (500, "Internal Server Error"), (599, "Unknown Error")]
)
def test_an_empty_page_that_reports_an_error_is_a_document(status, reason):
    document = render(page("", status=status), options(*ALL))
    assert {name: document[name] for name in ALL} == {
        "markdown": "",
        "html": "",
        "rawHtml": "",
        "links": [],
        "images": [],
    }
    assert document["metadata"]["error"] == reason
    assert document["metadata"]["statusCode"] == status


def test_an_image_alone_is_something():
    assert (
        render(page("<img src=/a.png alt=a>"), options("markdown"))["markdown"]
        == "![a](https://site.test/a.png)"
    )


def test_pages_too_large_to_read_say_so():
    document = render(page("<p>x</p>" + "<i>" * 2_500_000), options("markdown"))
    assert "too large" in document["warning"]
    assert document["markdown"] == "x"


HEADERS = st.one_of(
    st.none(),
    st.sampled_from(
        [
            "text/html",
            "text/html; charset=shift_jis",
            "application/json",
            "text/plain; charset=utf-16",
            "image/png",
        ]
    ),
    st.text(alphabet=st.characters(max_codepoint=255), max_size=40),
)


@pytest.mark.parametrize("body", [b"\x00\x01\x02\x03" * 90, b"\x1f\x8b\x08" + b"x" * 90])
def test_a_page_whose_bytes_are_no_text_is_a_broken_answer(body):
    with pytest.raises(NothingScraped) as caught:
        render(page(body, "text/html"), options("markdown"))
    assert "text/html" in caught.value.message


@given(st.binary(max_size=300), HEADERS, st.sampled_from([200, 404]), st.booleans())
def test_any_bytes_are_a_document_or_a_scrape_error(body, content_type, status, main):
    try:
        document = render(page(body, content_type, status=status), options(*ALL, onlyMainContent=main))
    except ScrapeError:
        return
    orjson.dumps(document)


@given(st.text(max_size=200), st.text(max_size=40))
def test_any_text_at_any_address_is_a_document_or_a_scrape_error(body, path):
    try:
        document = render(
            page(
                body.encode("utf-8", "replace"),
                url=f"https://site.test/{path.encode('utf-8', 'replace').decode()}",
            ),
            options(*ALL),
        )
    except ScrapeError:
        return
    orjson.dumps(document)
