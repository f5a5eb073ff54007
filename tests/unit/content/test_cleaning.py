from __future__ import annotations

import pytest

from webkiln.content.cleaning import Cleaned, Wanted, clean
from webkiln.content.html_tree import body_of, parse, to_html

URL = "https://site.test/docs/page.html"


def cleaned(html: str, **wanted) -> str:
    """Return the inside of the body after cleaning."""
    tree = parse(html)
    done = clean(tree, tree.base_url(URL), Wanted(**wanted))
    assert done == Cleaned([], [])
    assert "<head" not in to_html(tree)
    return body_of(tree).inner_html


def test_what_is_never_content_goes():
    html = "<meta name=a><style>a{}</style><p>x<script>1</script><noscript>n</noscript><template>t</template>"
    assert cleaned(html, only_main_content=False) == "<p>x</p>"


def test_the_whole_page_keeps_its_navigation():
    assert cleaned("<nav>n</nav><p>x</p><footer>f</footer>", only_main_content=False) == (
        "<nav>n</nav><p>x</p><footer>f</footer>"
    )


def test_links_and_images_become_absolute():
    html = '<a href="../a?b=1#c">l</a><img src="i.png">'
    assert cleaned(html) == (
        '<a href="https://site.test/a?b=1#c">l</a><img src="https://site.test/docs/i.png">'
    )


def test_the_page_says_what_its_links_are_relative_to():
    html = '<head><base href="//cdn.test/x/"></head><a href="y">l</a>'
    assert cleaned(html) == '<a href="https://cdn.test/x/y">l</a>'


def test_included_tags_come_in_the_order_of_their_selectors_and_once():
    html = "<div id=a><p>1</p><h2>2</h2></div><p>3</p><div id=b>4</div>"
    assert cleaned(html, include_tags=("#b", "p", "#a")) == (
        '<div id="b">4</div><p>3</p><div id="a"><p>1</p><h2>2</h2></div>'
    )


def test_nothing_included_leaves_nothing():
    assert cleaned("<p>1</p>", include_tags=(".none",)) == ""


def test_including_the_body_includes_all():
    assert cleaned("<p>1</p>", include_tags=("body",)) == "<p>1</p>"


def test_a_part_that_is_asked_for_by_name_is_no_boilerplate():
    html = "<footer>f<nav>n</nav></footer><div class=sidebar>s</div><p>x</p>"
    assert (
        cleaned(html, include_tags=("footer", ".sidebar")) == '<footer>f</footer><div class="sidebar">s</div>'
    )


def test_frames_can_be_included():
    assert cleaned("<p>x</p><iframe src=/f></iframe>", include_tags=("iframe",)) == (
        '<iframe src="https://site.test/f"></iframe>'
    )


def test_excluded_tags_go_after_the_included_ones_are_chosen():
    html = "<div id=a><p class=x>1</p><p>2</p></div>"
    assert cleaned(html, include_tags=("#a",), exclude_tags=(".x",)) == '<div id="a"><p>2</p></div>'


@pytest.mark.parametrize("pattern", ["*promo*", "*PROMO*", "*data-promo*"])
def test_a_word_between_stars_excludes_by_any_attribute(pattern):
    html = "<p data-promo=1>1</p><p>2</p>"
    assert cleaned(html, exclude_tags=(pattern,)) == "<p>2</p>"


def test_a_star_alone_is_css():
    assert cleaned("<p>1</p>", exclude_tags=("*",)) == ""


def test_selectors_that_cannot_be_read_are_named():
    tree = parse("<p>1</p><b>2</b>")
    done = clean(tree, URL, Wanted(include_tags=("p[", "b"), exclude_tags=(":nope(",)))
    assert done.unreadable == ["p[", ":nope("]
    assert body_of(tree).inner_html == "<b>2</b>"


def test_a_noscript_that_holds_the_page_is_the_page():
    posts = "".join(f"<p>{'Post number ' * 12}{number}</p>" for number in range(12))
    assert (
        cleaned(f"<body><noscript>Please enable JavaScript.</noscript><noscript>{posts}</noscript>") == posts
    )


def test_the_image_of_a_noscript_takes_the_place_of_the_empty_one():
    html = '<img class="lazy" alt="a">\n<noscript><img src="/real.png"></noscript>'
    assert cleaned(html) == '<img class="lazy" alt="a" src="https://site.test/real.png">\n'


def test_an_image_that_is_only_in_a_noscript_is_kept_and_a_beacon_is_not():
    html = (
        '<p>x</p><noscript><img src="/only.png"></noscript>'
        '<noscript><img src="/b" height="1" width="1" style="display:none"></noscript>'
    )
    assert cleaned(html) == '<p>x</p><img src="https://site.test/only.png">'


def test_declared_shadow_trees_are_part_of_the_page():
    html = "<my-card><template shadowrootmode=open><p>shadow</p></template></my-card>"
    assert cleaned(html) == "<my-card><p>shadow</p></my-card>"


def test_pages_without_a_body_are_cleaned_too():
    tree = parse("<frameset><frame src=a></frameset>")
    assert clean(tree, URL, Wanted(include_tags=("frame",))).unreadable == []


@pytest.mark.parametrize(
    "inner",
    [
        '<script type="math/tex">x^2</script>',
        f"<noscript>{'<p>A page for those who have no scripts, sent to all who ask.</p>' * 20}</noscript>",
        "<template shadowrootmode=open><p>t</p></template>",
        "<style>p{}</style><noembed>n</noembed>",
    ],
)
def test_what_stands_in_an_image_of_another_name_goes_with_it(inner):
    html = f'<p>x</p><amp-img src="/i.png">{inner}</amp-img>'
    assert cleaned(html, only_main_content=False) == '<p>x</p><img src="https://site.test/i.png">'
