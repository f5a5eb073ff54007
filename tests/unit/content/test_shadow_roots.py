from __future__ import annotations

import pytest

from webkiln.content import to_markdown

NAMED = (
    "<x-box><template shadowrootmode=closed><slot name=b></slot><slot name=a>none</slot></template>"
    "<p slot=a>first</p><p slot=b>second</p></x-box>"
)
NESTED = (
    "<x-a><template shadowrootmode=open><x-b><template shadowrootmode=open><p>deep</p></template></x-b>"
    "</template></x-a>"
)


@pytest.mark.parametrize(
    ("html", "markdown"),
    [
        (
            "<x-b><template shadowrootmode=open><style></style><h2>T</h2><p>in</template></x-b>",
            "## T\n\nin",
        ),
        (
            "<x-box><template shadowrootmode=open><h2>T</h2><slot></slot><p>end</template><p>held</x-box>",
            "## T\n\nheld\n\nend",
        ),
        (NAMED, "second\n\nfirst"),
        (
            "<x-box><template shadowrootmode=open><p><slot name=a>instead</slot></p></template></x-box>",
            "instead",
        ),
        (
            "<x-box><template shadowrootmode=open><p>in</p></template><p>unslotted</p></x-box>",
            "in\n\nunslotted",
        ),
        (NESTED, "deep"),
        ("<template><p>no shadow root</p></template>x", "x"),
    ],
)
def test_what_hosts_show(html, markdown):
    assert to_markdown(html, "https://site.test/") == markdown


def test_many_slots_and_nodes_take_no_more_than_their_number():
    html = (
        "<x-a><template shadowrootmode=open>"
        + "<slot name=s></slot>" * 5_000
        + "</template>"
        + "<b>x</b>" * 5_000
    )
    assert to_markdown(html, "https://site.test/").count("x") == 5_000
