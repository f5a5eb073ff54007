from __future__ import annotations

import pytest

from webkiln.content import to_markdown

TEX = '<annotation encoding="application/x-tex">E=mc^2</annotation>'
MATHML = f"<math><semantics><mrow><mi>E</mi></mrow>{TEX}</semantics></math>"
KATEX = (
    f'<span class="katex"><span class="katex-mathml">{MATHML}</span>'
    '<span class="katex-html" aria-hidden="true">E=mc2</span></span>'
)
MATHJAX = (
    '<span class="MathJax_Preview">p</span><span class="MathJax">p</span><script type="math/tex">p_*</script>'
)
WIKI = (
    r'<span class="mwe-math-element"><math alttext="{\displaystyle x}"><mi>x</mi></math>'
    '<img src="x.svg" alt="x"></span>'
)


def written(html: str) -> str:
    return to_markdown(html, "https://site.test/", only_main_content=False)


@pytest.mark.parametrize(
    ("html", "markdown"),
    [
        (f"<p>so {MATHML} holds", "so $E=mc^2$ holds"),
        (f"<p>so {KATEX} holds", "so $E=mc^2$ holds"),
        (f'<span class="katex-display"><span class="katex">{MATHML}</span></span>', "$$E=mc^2$$"),
        (r'<p>f <script type="math/tex">x_1 \cdot y</script> g', r"f $x_1 \cdot y$ g"),
        (r'<body><script type="math/tex; mode=display">\sum_{i}</script>x', r"$$\sum_{i}$$ x"),
        (f"<p>a {MATHJAX} b", "a $p_*$ b"),
        (r'<math alttext="{\displaystyle \frac{a}{b}}" display="block"></math>', r"$$\frac{a}{b}$$"),
        (f"<p>so {WIKI} is", "so $x$ is"),
        ("<p>so <math><mi>x</mi><mo>=</mo><mn>1</mn></math> is", "so $x=1$ is"),
        ('<p>a <math alttext=" "></math>b', "a b"),
    ],
)
def test_formulas_are_the_tex_they_were_written_in(html, markdown):
    assert written(html) == markdown


def test_formulas_inside_formulas_are_written_once():
    html = '<p><math alttext="a"><mtext><math alttext="b"></math></mtext></math>x'
    assert written(html) == "$a$x"


def test_private_characters_of_a_page_are_left_alone():
    assert written("<p>\ue0007\ue001 <math alttext='x'></math>") == "\ue0007\ue001 $x$"
