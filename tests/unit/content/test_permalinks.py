from __future__ import annotations

import pytest

from webkiln.content import to_markdown


def written(html: str) -> str:
    return to_markdown(html, "https://site.test/p", only_main_content=False)


@pytest.mark.parametrize(
    "link",
    [
        '<a class="headerlink" href="#a">¶</a>',
        '<a class="header-anchor" href="#a">\u200b</a>',
        '<a href="#a">🔗</a>',
        '<a class="anchor" href="#a"><svg></svg></a>',
        '<a class="hash-link" href="#a" title="Direct link">Direct link to Use of C#</a>',
        '<a class="heading-anchor" href="#a"><img src="/link.svg" alt="link icon"></a>',
        '<a class="anchorjs-link" href="#a"></a>',
        '<a class="permalink" href="#a">Permalink</a>',
    ],
)
def test_a_title_loses_the_link_to_itself_and_keeps_its_own_words(link):
    assert written(f"<h2>Use of C# {link}</h2>") == "## Use of C#"


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ('<dl><dt>open()<a class="headerlink" href="#o">¶</a></dt></dl>', "**open()**"),
        ('<p>Listing 3<a href="#l3">§</a></p>', "Listing 3"),
        ('<p>A row.<a class="self-link" href="#x">#</a></p>', "A row."),
    ],
)
def test_marks_go_beside_captions_and_definitions_too(html, expected):
    assert written(html).strip() == expected


def test_a_title_that_leads_back_to_the_contents_is_only_a_title():
    assert written('<h3><a class="toc-backref" href="#id3">Results</a></h3>') == "### Results"


@pytest.mark.parametrize(
    "html",
    [
        '<h2><a class="permalink" href="#a">Whole title</a></h2>',
        '<h2>See <a href="#b">part two</a></h2>',
        '<p>Under <a href="#c">#</a> and <a href="https://x.test/">¶</a></p>',
    ],
)
def test_links_that_say_something_stay(html):
    assert "](https://" in written(html)
