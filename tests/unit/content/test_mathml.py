from __future__ import annotations

import time

import pytest

from webkiln.content.html_tree import parse
from webkiln.content.mathml import tex_of


def tex(inner):
    return tex_of(parse(f"<math>{inner}</math>").select_one("math"))


@pytest.mark.parametrize(
    ("inner", "source"),
    [
        ("<mfrac><mn>1</mn><mrow><mi>x</mi><mo>+</mo><mn>2</mn></mrow></mfrac>", "\\frac{1}{x+2}"),
        ("<msubsup><mi>a</mi><mi>i</mi><mn>3</mn></msubsup>", "a_{i}^{3}"),
        ("<mroot><mi>v</mi><mn>3</mn></mroot>", "\\sqrt[3]{v}"),
        ("<msqrt><mi>a</mi><mi>b</mi></msqrt>", "\\sqrt{ab}"),
        ("<msup><mrow><mi>a</mi><mo>+</mo><mi>b</mi></mrow><mn>2</mn></msup>", "{a+b}^{2}"),
        ("<mover><mi>v</mi><mo>→</mo></mover>", "\\vec{v}"),
        ("<munderover><mo>∑</mo><mi>i</mi><mi>n</mi></munderover>", "∑_{i}^{n}"),
        ("<mfenced><mi>a</mi><mi>b</mi></mfenced>", "(a,b)"),
        ("<mi>sin</mi><mo>\u2061</mo><mi>x</mi>", "\\mathrm{sin} x"),
        ("<mtext>if so</mtext>", "\\text{if so}"),
        (
            "<mtable><mtr><mtd><mn>1</mn></mtd><mtd><mn>2</mn></mtd></mtr><mtr><mtd><mn>3</mn></mtd></mtr></mtable>",
            "\\begin{matrix} 1 & 2 \\\\ 3 \\end{matrix}",
        ),
        ("<semantics><mi>q</mi><annotation>other</annotation></semantics>", "q"),
        ("<mfrac><mn>1</mn></mfrac>", "1"),
        ("", None),
    ],
)
def test_mathml_is_written_as_tex(inner, source):
    assert tex(inner) == source


@pytest.mark.parametrize(
    "inner", ["<mrow>" * 20_000 + "x", "<msqrt>" * 300 + "<mi>x</mi>", "<mi>x</mi>" * 50_000]
)
def test_a_formula_too_deep_or_long_is_none_and_takes_no_time(inner):
    started = time.process_time()
    assert tex(inner) is None
    assert time.process_time() - started < 2
