from __future__ import annotations

import pytest

from webkiln.content import to_markdown


def written(html: str) -> str:
    return to_markdown(html, "https://site.test/", only_main_content=False)


@pytest.mark.parametrize(
    ("block", "language"),
    [
        ('<pre><code class="language-python">x</code></pre>', "python"),
        ('<pre><code class="hljs lang-rust extra">x</code></pre>', "rust"),
        ('<pre class="language-js"><code>x</code></pre>', "js"),
        ('<pre class="brush: php; toolbar: false">x</pre>', "php"),
        ('<pre class="prettyprint lang-java">x</pre>', "java"),
        ('<div class="highlight highlight-source-shell"><pre>x</pre></div>', "shell"),
        (
            '<div class="highlight-python notranslate"><div class="highlight"><pre>x</pre></div></div>',
            "python",
        ),
        ('<div class="language-yaml highlighter-rouge"><div><pre><code>x</code></pre></div></div>', "yaml"),
        ('<pre data-lang="go"><code>x</code></pre>', "go"),
        ('<figure data-language="ts"><pre>x</pre></figure>', "ts"),
        ('<pre lang="ruby">x</pre>', "ruby"),
        ('<pre><code class="hljs javascript">x</code></pre>', "javascript"),
        ('<pre class="sourceCode haskell"><code>x</code></pre>', "haskell"),
        ('<pre><code class="language-c++">x</code></pre>', "c++"),
        ("<pre>x</pre>", ""),
        ('<pre class="wp-block-code"><code>x</code></pre>', ""),
        ('<pre><code class="language-plaintext language-none">x</code></pre>', "plaintext"),
        ('<pre class="highlight"><code>x</code></pre>', ""),
    ],
)
def test_the_language_of_a_block(block, language):
    assert written(block) == f"```{language}\nx\n```"


@pytest.mark.parametrize(
    "block",
    [
        '<pre><span class="lineno">1</span>a\n<span class="lineno">2</span>b</pre>',
        "<pre><button>Copy</button>a\nb</pre>",
        '<table><tr><td class="gutter"><pre>1\n2</pre></td><td class="code"><pre>a\nb</pre></td></table>',
        '<table><tr><td class="rouge-gutter"><pre class="lineno">1\n2</pre></td><td><pre>a\nb</pre></table>',
    ],
)
def test_line_numbers_are_no_code(block):
    assert written(block) == "```\na\nb\n```"


def test_two_blocks_side_by_side_are_both_kept():
    html = "<table><tr><td><pre>a</pre></td><td><pre>b</pre></td></tr></table>"
    assert "a" in written(html)
    assert "b" in written(html)


def test_code_is_kept_to_the_letter():
    code = "if (a &lt; b &amp;&amp; c_d) {\n\t*p = `x`;  \\\n\n    # not a heading &amp;#160;\n}"
    assert written(f"<pre>{code}</pre>") == (
        "```\nif (a < b && c_d) {\n\t*p = `x`;  \\\n\n    # not a heading &#160;\n}\n```"
    )


def test_fences_inside_code_get_a_longer_fence():
    assert written("<pre>```\nx\n```</pre>") == "````\n```\nx\n```\n````"


def test_lines_that_are_boxes_are_lines():
    assert written("<pre><div>a</div><div>b</div></pre>") == "```\na\nb\n```"
    assert written("<pre>a<br>b</pre>") == "```\na\nb\n```"
