from __future__ import annotations

import pytest

from webkiln.content import to_markdown

CODE = "```\nlet a = 1;\n  b(2);\n```"


def written(html: str) -> str:
    return to_markdown(html, "https://site.test/", only_main_content=False)


@pytest.mark.parametrize(
    "html",
    [
        (
            "<table class=lntable><tr><td class=lntd><pre><code>7\n8\n</code></pre></td>"
            "<td class=lntd><pre><code>let a = 1;\n  b(2);\n</code></pre></td></tr></table>"
        ),
        (
            "<pre><code><table class=rouge-table><tr><td class='gutter gl'><pre class=lineno>1\n2\n"
            "</pre></td>"
            "<td class=code><pre>let a = 1;\n  b(2);\n</pre></td></tr></table></code></pre>"
        ),
        (
            "<table class=crayon-table><tr><td class=crayon-nums><div>1</div><div>2</div></td>"
            "<td class=crayon-code>"
            "<div class=crayon-line>let a = 1;</div><div class=crayon-line>\xa0 b(2);</div></td></tr></table>"
        ),
        (
            "<div class=syntaxhighlighter><table><tr><td class=gutter><div class='line number1'>1</div>"
            "<div class='line number2'>2</div></td><td class=code><div class=container>"
            "<div class='line number1'><code>let</code> a = 1;</div>"
            "<div class='line number2'>&nbsp; b(2);</div>"
            "</div></td></tr></table></div>"
        ),
        (
            "<table><tr><td class=blob-num data-line-number=1></td><td class=blob-code>let a = 1;</td></tr>"
            "<tr><td class=blob-num data-line-number=2></td><td class=blob-code>  b(2);</td></tr></table>"
        ),
        (
            "<pre><a href=#1 id=1 data-nosnippet>1</a>let a = 1;\n<a href=#2 id=2 data-nosnippet>2"
            "</a>  b(2);</pre>"
        ),
        (
            "<pre><span class=source-line-no>001</span><span>let a = 1;</span>\n"
            "<span class=source-line-no>002</span><span>  b(2);</span></pre>"
        ),
        (
            "<pre><code><span style='-webkit-user-select: none'>1</span>let a = 1;\n"
            "<span style='-webkit-user-select: none'>2</span>  b(2);</code></pre>"
        ),
        (
            "<div class=file-code><div class=line-numbers><a>1</a> <a>2</a></div>"
            "<pre>let a = 1;\n  b(2);</pre></div>"
        ),
        (
            "<div class=CodeMirror-code><div><div class=CodeMirror-linenumber>1</div>"
            "<pre class=CodeMirror-line>let a = 1;</pre></div><div><div class=CodeMirror-linenumber>2</div>"
            "<pre class=CodeMirror-line>  b(2);</pre></div></div>"
        ),
    ],
)
def test_line_numbers_of_all_kinds_go_and_the_lines_stay(html):
    assert written(html) == CODE


def test_numbers_of_the_program_stay():
    assert written("<pre><span class=hljs-number>10</span> PRINT <span class=mi>20</span></pre>") == (
        "```\n10 PRINT 20\n```"
    )


@pytest.mark.parametrize(
    "html",
    [
        "<pre><code><span class=line>let a = 1;</span><span class=line>  b(2);</span></code></pre>",
        "<pre><code><span style='display:block'>let a = 1;</span><span style='display:block'>  b(2);</span>",
        "<pre><div class=view-line>let a = 1;</div><div class=view-line>  b(2);</div></pre>",
        "<pre>let a = 1;<br>  b(2);</pre>",
        "<pre><ol><li>let a = 1;</li><li>  b(2);</li></ol></pre>",
        "<code><pre>let a = 1;\n  b(2);</pre></code>",
        "<div><code class='hljs block'>let a = 1;\n  b(2);</code></div>",
    ],
)
def test_lines_are_divided_however_the_page_divides_them(html):
    assert written(html).strip() == CODE


def test_code_in_a_line_stays_in_it():
    assert written("<p>Call <code class=block>a\nb</code> twice.</p>") == "Call `a b` twice."


@pytest.mark.parametrize(
    "html",
    [
        "<div class=code-block><div>Copy</div><pre>x</pre></div>",
        "<div class=highlight><pre>x</pre><div class=toolbar><span>Kopieren</span></div></div>",
        "<pre><div>Copy code</div><code>x</code></pre>",
        "<figure class=code><figcaption>コピー</figcaption><pre>x</pre></figure>",
    ],
)
def test_what_a_copy_button_says_is_no_text(html):
    assert written(html) == "```\nx\n```"


@pytest.mark.parametrize(
    "html",
    [
        "<div class=language-ts><span class=lang>ts</span><pre>x</pre></div>",
        "<div class=code-wrapper><div><span>TS</span> <span>Copy</span></div><pre><code>x</code></pre></div>",
        "<pre><div>ts</div><code>x</code></pre>",
    ],
)
def test_a_label_is_the_language_and_no_text(html):
    assert written(html) == "```ts\nx\n```"


def test_titles_and_file_names_beside_code_stay():
    html = "<div class=code><h3>Python</h3><div>app.py</div><pre>x</pre></div>"
    assert written(html) == "### Python\n\napp.py\n\n```\nx\n```"


def test_a_heading_does_not_say_what_its_button_copies():
    assert written("<h2>Struct Pool <button id=copy-path>Copy item path</button></h2>") == "## Struct Pool"
