# ruff: noqa: E501 (a page in a line is read best)
"""What the reader keeps and leaves, with the model that ships, on pages of our own."""

from __future__ import annotations

import pytest

from webkiln.content.html_tree import body_of, parse
from webkiln.content.main_content.reader import keep_content

PROSE = (
    "<p>A kiln that cools too fast cracks what is in it, and nobody sees the cracks before the first"
    " tea is poured. So the door stays shut until the next day, however curious one is.</p>"
)
MORE = (
    "<p>Pots near the door are the coldest. Put the thick ones there and the thin ones in the middle,"
    " where the heat is even, and leave a finger of room between them.</p>"
)


def page(part: str) -> str:
    return (
        '<header class="site-header"><a href="/">Clay</a><nav class="main-nav"><ul><li><a href="/shop">Shop</a>'
        '<li><a href="/talk">Talk</a></ul></nav></header>'
        f"<main><article><h1>Cooling down</h1>{PROSE}{part}{MORE}{PROSE.replace('kiln', 'stove')}</article></main>"
        '<footer class="site-footer"><p>© 2026 Clay Ltd.</p><ul><li><a href="/imprint">Imprint</a></ul></footer>'
    )


def kept(html: str, **options) -> str:
    body = body_of(parse(html))
    assert keep_content(body, **options)
    return " ".join(body.text.split())


# For each kind of loss, pages of three makers or more.
STAYS = {
    "docusaurus admonition": '<div class="theme-admonition alert alert--danger"><p>Never open it hot.</p></div>',
    "asciidoctor admonition": '<div class="admonitionblock note"><table><tr><td>Note<td>Wear gloves.</table></div>',
    "mdbook blockquote": '<blockquote class="warning"><p>Mind the fumes.</p></blockquote>',
    "vuepress box": '<div class="custom-block tip notice"><p>Tip</p><p>Let it rest.</p></div>',
    "section called footer": '<section id="footer"><h2>Footer</h2><p>The foot of a pot is left bare.</p></section>',
    "section called cookies": '<section id="cookies"><h2>Cookies</h2><p>Cones, as potters call them.</p></section>',
    "section called toc": '<section id="share-toc"><h2>Shares</h2><p>Each member gets a shelf.</p></section>',
    "wrapper not-sidebar": '<div class="not-sidebar"><p>What the wrapper holds is read.</p></div>',
    "wrapper more": '<div class="read-more-body"><p>And on it goes after the fold.</p></div>',
    "materials in an aside": '<aside class="box"><h2>You need</h2><ul><li>2 kg <a href="/c">clay</a><li>one wire</ul></aside>',
    "byline in a footer": '<footer class="byline">Written by Noor Haddad in Lyon</footer>',
    "pull quote": '<aside class="pullquote"><p>The door stays shut.</p></aside>',
    "profile beside the text": '<aside class="profile"><dl><dt>Heat<dd>1,240 degrees<dt>Hours<dd>nine</dl></aside>',
    "menu of the day": '<div class="menu-section"><h3>Soups</h3><p>Nettle soup 5.50</p><p>Onion soup 6.00</p></div>',
    "dropdown answer": '<div class="dropdown"><div role="button">Does it rust?</div><nav><p>Not in ten years.</p></nav></div>',
    "contact": '<div class="contact-card"><p>Studio: 14 Mill Lane, open Tuesdays</p></div>',
    "stock in a form": '<form class="cart-form"><p class="price">34.00</p><p>nine left</p></form>',
    "languages spoken": '<div class="languages language"><p>We teach in Dutch and Turkish.</p></div>',
    "short thread": '<div class="comments"><ul><li>Mine took two days. <a href="/u/1">jo</a></ul></div>',
    "review": '<div id="reviews"><ol class="commentlist"><li><p>Fires evenly, says Ana.</p></ol></div>',
}
GOES = {
    "recommendations": '<div id="outbrain_widget_3"><p>You will not believe this pot</p></div>',
    "taboola": '<div class="taboola-feed"><a href="https://t.test">One weird trick</a></div>',
    "ad slot": '<div class="ad-slot-inline">Advertisement</div>',
    "share row": '<div class="social-share-row"><a href="/fb">Share on F</a> <a href="/x">Post it</a></div>',
    "related list": '<div class="related"><h3>Related</h3><ul><li><a href="/a">On wood</a><li><a href="/b">On gas</a></ul></div>',
    "sponsored": '<div class="sponsored-box">Paid: buy a boat</div>',
    "letter": '<div class="signup"><h3>Our letter</h3><input type="email" name="m"></div>',
    "edit link": '<div class="edit-this-page"><a href="/edit">Edit this page</a></div>',
}
CONSENT = {
    "onetrust": 'id="onetrust-banner-sdk"',
    "cookiebot": 'id="CybotCookiebotDialog"',
    "quantcast": 'class="qc-cmp2-container"',
    "complianz": 'class="cmplz-cookiebanner"',
    "sourcepoint": 'id="sp_message_container_4711"',
    "didomi": 'id="didomi-popup"',
    "usercentrics": 'id="usercentrics-cmp-ui"',
    "trustarc": 'id="truste-consent-track"',
    "osano": 'class="osano-cm-window"',
    "iubenda": 'id="iubenda-cs-banner"',
    "klaro": 'id="klaro"',
    "cookieyes": 'class="cky-overlay"',
    "borlabs": 'id="BorlabsCookieBox"',
}


@pytest.mark.parametrize("part", STAYS.values(), ids=STAYS)
def test_what_says_something_stays_whatever_it_is_called(part):
    said = " ".join(parse(part).text.split())
    assert said in kept(page(part))


@pytest.mark.parametrize("part", GOES.values(), ids=GOES)
def test_what_leads_elsewhere_or_sells_goes(part):
    assert " ".join(parse(part).text.split()) not in kept(page(part))


@pytest.mark.parametrize("name", CONSENT.values(), ids=CONSENT)
def test_consent_layers_go(name):
    text = "We and our partners store things on your device. " * 20
    html = page("").replace("<main>", f"<div {name}><p>{text}</p><button>Accept</button></div><main>")
    assert "partners" not in kept(html)


def test_the_frame_of_a_page_goes_and_its_title_stays():
    text = kept(page(""))
    assert text.startswith("Cooling downA kiln")
    assert "Imprint" not in text
    assert "Shop" not in text


def test_spared_elements_stay():
    body = body_of(parse(page("")))
    footer = body.select("footer")[0]
    assert keep_content(body, frozenset({footer}))
    assert "Imprint" in body.text


def test_pages_with_next_to_no_text_are_not_judged():
    body = body_of(parse("<nav><a href=/x>x</a></nav><p>one line</p>"))
    assert not keep_content(body)
    assert body.text == "xone line"
