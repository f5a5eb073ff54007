from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webkiln.content.media_type import Kind, classify

PAGE = b"<!doctype html><html><body><p>x</p></body></html>"


@pytest.mark.parametrize(
    ("content_type", "body", "kind"),
    [
        ("text/html; charset=utf-8", PAGE, Kind.HTML),
        ("application/xhtml+xml", b'<?xml version="1.0"?><html><body>x</body></html>', Kind.HTML),
        ("text/html", b"", Kind.HTML),
        ("text/html", b"just words", Kind.HTML),
        ("text/html", b'{"a": 1}', Kind.JSON),
        ("text/html", b'[{"a": "<b>"}]', Kind.HTML),
        ("application/json", b'{"a": 1}', Kind.JSON),
        ("application/ld+json; charset=utf-8", b"[]", Kind.JSON),
        ("application/json", PAGE, Kind.HTML),
        ("text/plain", PAGE, Kind.TEXT),
        ("text/markdown", b"# T", Kind.TEXT),
        ("text/csv", b"a,b", Kind.TEXT),
        ("application/javascript", b"var a", Kind.TEXT),
        ("application/rss+xml", b'<?xml version="1.0"?><rss></rss>', Kind.XML),
        ("text/xml", b"<a>b</a>", Kind.XML),
        ("text/xml", PAGE, Kind.HTML),
        # data that is called a page
        ("text/html", b'<?xml version="1.0"?><rss><channel/></rss>', Kind.XML),
        ("text/html", b"\xef\xbb\xbf \n<rss version='2.0'>", Kind.XML),
        ("text/html; charset=utf-8", b"<!-- a --><?xml-stylesheet href='x'?><feed xmlns='a'>", Kind.XML),
        ("text/html", b"<rdf:RDF xmlns:rdf='r'>", Kind.XML),
        ("text/html", b"<opml version='2.0'>", Kind.XML),
        ("text/html", b"<!DOCTYPE rss PUBLIC 'a' 'b'><rss>", Kind.XML),
        ("text/html", b"<?xml version='1.0'?><books><book>x</book></books>", Kind.XML),
        (None, b"<feed><entry/></feed>", Kind.XML),
        ("application/octet-stream", b"<rss></rss>", Kind.XML),
        # and pages that begin like data
        ("text/html", b"<?xml version='1.0'?><!DOCTYPE html PUBLIC 'a'><html>", Kind.HTML),
        ("text/html", b"<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'>", Kind.HTML),
        ("text/html", b"<?xml version='1.0'?><section>x</section>", Kind.HTML),
        ("text/html", b"<?php echo 1 ?><div>x</div>", Kind.HTML),
        ("text/html", b"<books><book>x</book></books>", Kind.HTML),
        ("text/html", b"<feedback>x</feedback>", Kind.HTML),
        ("text/html", b"text, then <rss>", Kind.HTML),
        ("text/plain", b"<rss></rss>", Kind.TEXT),
        ("image/svg+xml", b"<svg></svg>", Kind.XML),
        (None, PAGE, Kind.HTML),
        (None, b"<!-- a --> \n <!-- b --><HTML>", Kind.HTML),
        (None, b"<div class='x'>fragment</div>", Kind.HTML),
        (None, b'<?xml version="1.0"?><feed></feed>', Kind.XML),
        (None, b' {"a": 1}', Kind.JSON),
        (None, b"words and words", Kind.TEXT),
        (None, b"", Kind.TEXT),
        ("application/octet-stream", PAGE, Kind.HTML),
        ("application/octet-stream", b"\x00\x01\x02\x03" * 50, Kind.BINARY),
        ("nonsense", PAGE, Kind.HTML),
        ("image/png", PAGE, Kind.HTML),
        ("image/png", b"\x89PNG\r\n\x1a\n....", Kind.IMAGE),
        ("text/html", b"\x89PNG\r\n\x1a\n....", Kind.IMAGE),
        ("text/html", b"%PDF-1.7 ...", Kind.PDF),
        ("application/pdf", b"\x00\x01\x02 not one", Kind.PDF),
        ("text/html", b"MZ\x90\x00" + b"\x00" * 200, Kind.BINARY),
        ("text/html", b"\x00\x01\x02\x03\x04\x05\x06\x07" * 40, Kind.BINARY),
        ("text/html", b"RIFF\x00\x00\x00\x00WEBPVP8 ", Kind.IMAGE),
        ("video/mp4", b"\x00\x00\x00\x18ftypmp42" + b"\x00" * 40, Kind.VIDEO),
        ("image/avif", b"\x00\x00\x00\x18ftypavif" + b"\x00" * 40, Kind.IMAGE),
        ("audio/mpeg", b"ID3\x03" + b"\x00" * 40, Kind.AUDIO),
        ("text/html", b"PK\x03\x04" + b"x" * 26 + b"[Content_Types].xml", Kind.OFFICE),
        ("application/zip", b"PK\x03\x04" + b"x" * 26 + b"readme.txt", Kind.ARCHIVE),
        ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", b"PK\x03\x04xx", Kind.OFFICE),
        ("application/vnd.oasis.opendocument.text", b"\x00\x01", Kind.OFFICE),
        ("text/rtf", b"{\\rtf1 x}", Kind.OFFICE),
        ("application/gzip", b"\x1f\x8b\x08\x00", Kind.ARCHIVE),
    ],
)
def test_the_bytes_win_where_they_are_unmistakable_and_the_header_elsewhere(content_type, body, kind):
    assert classify(content_type, body).kind is kind


@pytest.mark.parametrize(
    ("header", "name", "charset"),
    [
        ("text/html; charset=utf-8", "text/html", "utf-8"),
        ('Text/HTML;charset="Shift_JIS"; x=y', "text/html", "Shift_JIS"),
        ("text/html, text/html; charset=koi8-r", "text/html", "koi8-r"),
        ("text/html", "text/html", None),
        (None, "", None),
    ],
)
def test_name_and_charset_of_the_header(header, name, charset):
    media = classify(header, b"<p>x")
    assert (media.name, media.charset) == (name, charset)


def test_utf_16_is_text_although_half_of_it_is_null():
    body = "<html><body>text</body></html>".encode("utf-16-le")
    assert classify("text/html; charset=utf-16le", body).kind is Kind.HTML
    assert classify("text/html", b"\xff\xfe" + body).kind is Kind.HTML
    assert classify("text/html", body).kind is Kind.HTML


def test_comments_before_the_page_are_passed_over_in_linear_time():
    started = time.process_time()
    assert classify(None, b"<!---->" * 20_000 + b"nothing").kind is Kind.TEXT
    assert time.process_time() - started < 1


@given(st.one_of(st.none(), st.text(max_size=60)), st.binary(max_size=300))
def test_anything_is_of_some_kind(content_type, body):
    assert isinstance(classify(content_type, body).kind, Kind)
