"""Which pages are taken for what they are, and which for what builds them."""

import time

import pytest

from webkiln.fetching.page import Page
from webkiln.fetching.page_verdict import page_verdict

TEXT = "Clay is centred on the wheel and opened with both thumbs. "
SENTENCE = f"<p>{TEXT}</p>"
ARTICLE = f"<p>{TEXT * 12}</p>"
SCRIPT = '<script src="/app.js"></script>'
NO_TEXT = "the page had scripts and no text"
SHELL = "the page was a shell for scripts to fill"
DEMAND = "the page asked for JavaScript"
LEADS_ON = "the page only led on to another"


def page(body, *, status=200, headers=(("content-type", "text/html; charset=utf-8"),)):
    raw = body if isinstance(body, bytes) else body.encode()
    return Page(
        requested_url="https://site.test/",
        url="https://site.test/",
        status=status,
        headers=headers,
        content_encoding="",
        wire_body=raw,
        body=raw,
        fetched_at=0.0,
    )


def verdict(body, **more):
    return page_verdict(page(body, **more))


def whole(body, head=""):
    return f"<!doctype html><html><head><title>T</title>{head}</head><body>{body}</body></html>"


@pytest.mark.parametrize(
    "body",
    [
        whole(ARTICLE + SCRIPT),
        whole(f'<div id="root">{ARTICLE}</div>{SCRIPT}'),
        whole(f"<h1>Short</h1>{SENTENCE}{SENTENCE}{SCRIPT}"),
        whole("Not much."),
        whole(""),
        whole(f"<noscript>Enable JavaScript</noscript>{ARTICLE}{SCRIPT}"),
        whole(ARTICLE, '<meta http-equiv="refresh" content="300">'),
        whole("<script></script>" * 2000 + ARTICLE),
        whole(f"<!-- {'x' * 100_000} -->{ARTICLE}{SCRIPT}"),
        "",
        "  \n ",
    ],
)
def test_a_page_that_has_what_it_has_stays_as_it_is(body):
    assert verdict(body) is None


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (whole(f'<div id="root"></div>{SCRIPT}'), NO_TEXT),
        (whole("", SCRIPT), NO_TEXT),
        (whole("<script>location.replace('/x')</script>"), NO_TEXT),
        (whole(f"<style>{TEXT * 20}</style>{SCRIPT}"), NO_TEXT),
        (whole(f"<script>{TEXT * 20}</script>"), NO_TEXT),
        (whole(f"<!-- {TEXT * 20} -->{SCRIPT}"), NO_TEXT),
        (whole(f"<template>{TEXT * 20}</template>{SCRIPT}"), NO_TEXT),
        (whole(f"<svg><text>{TEXT * 20}</text></svg>{SCRIPT}"), NO_TEXT),
        (whole(f"<noscript><p>{TEXT * 20}</p></noscript>{SCRIPT}"), NO_TEXT),
        (whole(f"<SCRIPT>{TEXT * 20}</SCRIPT>"), NO_TEXT),
        (f"<html><head>{SCRIPT}<body></body></html>", NO_TEXT),
        ("<html><script>build()", NO_TEXT),
        (whole(f'<div id="root">{SENTENCE}{SENTENCE}</div>{SCRIPT}'), SHELL),
        (whole(f"<div class=x id=__next>{SENTENCE}{SENTENCE}</div>{SCRIPT}"), SHELL),
        (whole(f"<app-root>{SENTENCE}{SENTENCE}</app-root>{SCRIPT}"), SHELL),
        (whole(f"<noscript>You need to enable JavaScript to run this app.</noscript>{SENTENCE}"), DEMAND),
        (whole(f"<noscript>JavaScript is required.</noscript>{SENTENCE}{SENTENCE}"), DEMAND),
        (whole(f"<noscript>Bitte aktivieren Sie JavaScript</noscript>{SENTENCE}"), DEMAND),
        (whole("", '<meta http-equiv="refresh" content="0; url=/x">'), LEADS_ON),
        (whole("One moment.", "<META content='0;url=/x' HTTP-EQUIV=Refresh>"), LEADS_ON),
    ],
)
def test_a_page_that_is_still_to_be_built_is_shown(body, why):
    assert verdict(body) == why


def test_a_long_beginning_without_text_is_looked_past():
    padding = "<script>" + "x" * 200_000 + "</script>"
    assert verdict(whole(padding + ARTICLE)) is None
    assert verdict(whole(f"{padding}<div id=root></div>")) == NO_TEXT


@pytest.mark.parametrize(
    "headers",
    [
        (("content-type", "application/json"),),
        (("content-type", "text/plain"),),
        (("content-type", "image/svg+xml"),),
        (),
    ],
)
def test_what_is_no_html_is_not_shown(headers):
    assert verdict('{"id":"root"}<script></script>', headers=headers) is None


def test_html_without_a_type_is_known_by_its_beginning():
    assert verdict(f"\n<!DOCTYPE html><body>{SCRIPT}", headers=()) == NO_TEXT


@pytest.mark.parametrize(
    ("sign", "kind"),
    [
        ("<script>window._cf_chl_opt={}</script>", "Cloudflare"),
        ('<script src="https://geo.captcha-delivery.com/x.js"></script>', "DataDome"),
        ('<div id="px-captcha"></div>', "PerimeterX"),
        ('<script src="/_Incapsula_Resource?x"></script>', "Imperva"),
        ("<script>AwsWafIntegration.x()</script>", "AWS WAF"),
        ('<div class="g-recaptcha"></div>', "reCAPTCHA"),
    ],
)
def test_a_challenge_is_known_by_its_signs_and_its_status(sign, kind):
    body = whole(ARTICLE + sign)
    assert verdict(body, status=403) == f"a {kind} challenge stood before the page"
    assert verdict(body, status=200) is None  # a page with a form that has a captcha


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        (("cf-mitigated", "challenge"), "Cloudflare"),
        (("x-amzn-waf-action", "captcha"), "AWS WAF"),
        (("x-datadome", "protected"), "DataDome"),
    ],
)
def test_a_challenge_is_known_by_its_headers(header, kind):
    headers = (("content-type", "text/html"), header)
    assert kind in verdict(whole(ARTICLE + SCRIPT), status=403, headers=headers)


def test_an_error_page_is_an_error_page():
    assert verdict(whole(ARTICLE), status=403) is None
    assert verdict(whole(f'<div id="root"></div>{SCRIPT}'), status=404) == NO_TEXT


@pytest.mark.parametrize(
    "body",
    [
        b"<" * 2_000_000,
        b"<!--" * 500_000,
        b"<script>" * 250_000,
        b"<a " * 700_000,
        b"<noscript>java" + b" " * 2_000_000,
        b"<body " + b"id=" * 600_000,
        b"<meta " * 350_000,
        b"<html><head>" + b"<style>" * 280_000,
        b"\x00\xff" * 1_000_000,
    ],
)
def test_no_page_takes_long_to_judge(body):
    begun = time.process_time()
    verdict(b"<html>" + body)
    assert time.process_time() - begun < 2
