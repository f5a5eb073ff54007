"""Pages made to hang or to blow up a reader: each must be read in time that grows with its size only.

The time is that of one page of a few hundred kilobytes; what is quadratic takes minutes with them.
"""

from __future__ import annotations

import time

import pytest

from webkiln.content import to_markdown

N = 20_000
PAGES = {
    "nested boilerplate": "<div class=menu>x" * N,
    "nested boilerplate over much text": "<div class=menu>" * 2_000 + "word " * 200_000,
    "boilerplate side by side": "<div class=menu>x</div>" * N,
    "nested headers": "<header>" * N + "x",
    "headers deep in an article": "<article>" + "<div>" * N + "<header>x</header>" * 500,
    "nested asides": "<aside>" * N + "x",
    "title below it all": "<div class=menu>" * N + "<h1>t</h1>",
    "many titles": "<h1>x</h1>" * N,
    "links in links": "<a href=x><table><tr><td>" * (N // 4) + "word " * 2_000,
    "many links": "<a href=x>y</a>" * N,
    "nested tables": "<table><tr><th>a<td>" * (N // 4) + "x",
    "many small tables": "<table><tr><td><h2>x</h2></table>" * (N // 4),
    "uneven rows": "<table>" + "<tr><td>y<tr><td>a<td>b" * N + "</table>",
    "spans without end": "<table><tr><td rowspan=65534 colspan=1000>x" + "<tr><td>y" * N + "</table>",
    "one row": "<table><tr>" + "<td>x" * N,
    "nested code blocks": "<pre>x" * N,
    "deep code block": "<div class=highlight>" * N + "<pre>x</pre>" * 300,
    "nested formulas": '<math alttext="x"><mi>' * N,
    "formulas deep inside one": "<span class=katex>" * N + "<math alttext=x></math>" * 100,
    "buttons deep down": "<div>" * N + "<button>ok</button>" * 300,
    "nested quotes": "<blockquote>q" * N,
    "nested lists": "<ul><li>a" * N,
    "nested divs": "<div>" * (5 * N) + "x",
    "inline tags never closed": "<b><i><a href=x><font><u>" * (N // 5) + "x",
    "nested templates": "<div><template shadowrootmode=open>x" * N,
    "images in noscripts": "<p>x" + "<img class=l><noscript><img src=r></noscript>" * N,
    "a class name without end": '<div class="' + "a" * 10 * N + '">x</div>',
    "class names without end": '<div class="' + "menux " * N + '">x</div>',
    "different class names": "".join(f'<div class="c{n} d-{n}">x</div>' for n in range(N)),
    "a srcset of commas": '<img src=a srcset="' + "," * 10 * N + '">x',
    "attributes": "<p " + " ".join(f"a{n}=1" for n in range(N)) + ">x",
    "backticks": "<p>" + "`" * N + " a `b" * N,
    "code spans and marks": "<p>" + "<code>a`b``</code> я<b>я</b>я " * (N // 4),
    "brackets": "<p>" + "(" * N + "[" * N + "*" * N + "_" * N,
    "breaks": "a<br><br>" * N,
    "spaces that do not break": "<p>&nbsp;</p>" * N + "x",
    "white space": "<p>" + " " * 10 * N + "x</p><p>" + "\t \n" * N + "</p>",
    "comment never closed": "<p>x<!--" + "- ->" * N,
    "comments": "<!--" * N + "x",
    "less-than signs": "<" * 10 * N,
    "references": "<p>" + "&amp;lt;&#x1F4A9;&#1114112;&#xD800;&notit;" * N,
    "skip links": "<a href=#x>skip to " + "a " * N + "</a>x",
    "bytes of every kind": "".join(map(chr, range(1, 0xD800))) + "\ue000" * N,
}  # fmt: skip


@pytest.mark.timeout(60)
@pytest.mark.parametrize("name", PAGES)
def test_hostile_pages_are_read_in_time(name):
    started = time.process_time()
    to_markdown(PAGES[name], "https://site.test/").encode("utf-8")
    assert time.process_time() - started < 3
