from __future__ import annotations

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webkiln.content.branding import branding_of
from webkiln.content.colours import Colour, read_colour

BASE = "https://www.acme.example/shop/"
WHITE = "rgb(255, 255, 255)"
CLEAR = "rgba(0, 0, 0, 0)"
RED = "rgb(228, 87, 46)"
TEAL = "rgb(23, 190, 187)"


def brand(*, metadata=None, **observation):
    return branding_of(observation, base=BASE, metadata=metadata or {})


def page(ground=WHITE, **observation):
    return brand(canvas=ground, ground=[[ground, 100]], **observation)


def button(background=RED, **other):
    return {"background": background, "color": WHITE, "radius": "8px", "border": None, "area": 5000, **other}


def logo(source="/logo.png", **other):
    return {"source": source, "named": True, "head": True, "y": 10, "width": 120, "height": 40, **other}


@pytest.mark.parametrize(
    ("written", "seen"),
    [
        ("rgb(1, 2, 255)", "#0102FF"),
        ("rgba(1, 2, 255, 0.5)", "#0102FF"),
        ("rgb(1 2 255 / 50%)", "#0102FF"),
        ("rgb(127.5, 0, 300)", "#8000FF"),
        ("rgb(100%, 0%, 50%)", "#FF0080"),
        ("#abc", "#AABBCC"),
        ("#AABBCC80", "#AABBCC"),
        (" #e4572e ", "#E4572E"),
        ("color(srgb 0.5 0.25 1e-05)", "#804000"),
        ("color(srgb 1 0.7 0.7 / 0.5)", "#FFB3B3"),
        ("color(srgb-linear 0.5 0.25 0.1)", "#BC8959"),
        ("color(display-p3 0.8 0.3 0.2)", "#DD4025"),
        ("oklch(0.7 0.15 200)", "#00B9C3"),
        ("oklch(0.637 0.237 25.331)", "#FB2C36"),
        ("oklch(1 none none)", "#FFFFFF"),
        ("oklab(0.5 0.05 -0.1)", "#6A549B"),
        ("lab(50 40 -60)", "#8C5EDF"),
        ("lch(70 20 250)", "#8EB0CD"),
    ],
)
def test_colours_are_read_as_chromium_paints_them(written, seen):
    colour = read_colour(written)
    assert colour is not None
    assert colour.hexadecimal == seen


@pytest.mark.parametrize(
    "written", ["lch(99e99 99e99 0)", "oklch(-9e99 9e99 9e99)", "color(srgb 9e99 -9e99 1)"]
)
def test_colours_beyond_the_screen_are_cut_to_it(written):
    colour = read_colour(written)
    assert colour is not None
    assert all(0 <= channel <= 255 for channel in colour[:3])


@pytest.mark.parametrize(
    "written",
    [
        CLEAR,
        "color(srgb 1 0 0 / 0)",
        "#12345600",
        "#12345",
        "#ggg",
        "",
        "red",
        "transparent",
        "rgb(1, 2)",
        "rgb(1, 2, 3, 4, 5)",
        "rgb(1, 2, x)",
        "rgb(1, 2, 3) url(x)",
        "color(0.1 0.2 0.3)",
        "color(rec2020 0.1 0.2 0.3)",
        "rgb(srgb 1 2 3)",
        "url(javascript:alert(1))",
        "rgb(" + "1" * 500 + ", 2, 3)",
        None,
        7,
        ["rgb(1, 2, 3)"],
    ],
)
def test_whatever_is_no_colour_or_not_seen_is_none(written):
    assert read_colour(written) is None


def test_what_shines_through_is_mixed_with_what_is_below():
    half = Colour(0, 0, 0, 0.5)
    assert half.over(Colour(255, 255, 255)).hexadecimal == "#808080"
    assert Colour(0, 0, 0).contrast(Colour(255, 255, 255)) == pytest.approx(21)


def test_nothing_observed_is_nothing_known():
    assert brand() == {}


@pytest.mark.parametrize(
    ("canvas", "points", "background", "scheme"),
    [
        (WHITE, [[WHITE, 100]], "#FFFFFF", "light"),
        ("rgb(11, 15, 25)", [["rgb(11, 15, 25)", 100]], "#0B0F19", "dark"),
        (WHITE, [["rgb(11, 15, 25)", 95], [WHITE, 5]], "#0B0F19", "dark"),
        (WHITE, [[RED, 80], [WHITE, 20]], "#FFFFFF", "light"),
        (WHITE, [["picture", 100]], "#FFFFFF", "light"),
        (WHITE, [], "#FFFFFF", "light"),
        ("rgba(0, 0, 0, 0.8)", [], "#333333", "dark"),
    ],
    ids=[
        "light",
        "dark",
        "a dark layer over all",
        "a banner",
        "a picture over all",
        "no points",
        "see-through",
    ],
)
def test_the_background_is_what_is_beneath_everything(canvas, points, background, scheme):
    found = brand(canvas=canvas, ground=points)
    assert (found["colors"]["background"], found["colorScheme"]) == (background, scheme)


def test_a_background_on_which_the_text_cannot_be_read_is_not_the_background():
    found = brand(canvas=WHITE, ground=[["picture", 100]], texts=[[WHITE, 500], ["rgb(0, 0, 0)", 20]])
    assert "background" not in found["colors"]
    assert "colorScheme" not in found


@pytest.mark.parametrize(
    ("declared", "scheme"), [("dark", "dark"), ("only light", "light"), ("light dark", None), (3, None)]
)
def test_without_a_background_the_declared_scheme_counts(declared, scheme):
    assert brand(scheme=declared).get("colorScheme") == scheme


def test_the_primary_colour_is_the_main_buttons():
    found = page(
        buttons=[button(hint="primary"), button("rgb(238, 238, 238)", color="rgb(0, 0, 0)")],
        links=[["rgb(10, 88, 202)", 400]],
    )
    assert found["colors"]["primary"] == "#E4572E"
    assert found["colors"]["link"] == "#0A58CA"


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("--primary", "primary"),
        ("--acme-color-primary-500", "primary"),
        ("--brandColor", "primary"),
        ("--color-secondary", "secondary"),
        ("--accent", "accent"),
        ("--bs-success", "success"),
        ("--warning-color", "warning"),
        ("--bs-danger", "error"),
        ("--colorError", "error"),
    ],
)
def test_variables_name_colours(name, role):
    assert page(variables={name: "#e4572e"})["colors"].get(role) == "#E4572E"


@pytest.mark.parametrize(
    "name",
    [
        "--text-primary",
        "--on-primary",
        "--primary-hover",
        "--primary-foreground",
        "--primary-100",
        "--btn-bg",
        "--x",
    ],
)
def test_variables_of_other_names_do_not(name):
    assert page(variables={name: "#e4572e"})["colors"] == {"background": "#FFFFFF"}


def test_the_plainest_name_wins():
    variables = {"--acme-special-primary": "#17bebb", "--primary": "#e4572e"}
    assert page(variables=variables)["colors"]["primary"] == "#E4572E"


def test_a_named_colour_that_the_page_never_shows_gives_way_to_one_that_it_does():
    found = page(variables={"--bs-primary": "#0d6efd"}, buttons=[button()])
    assert found["colors"]["primary"] == "#E4572E"


def test_a_named_colour_that_the_page_shows_wins():
    found = page(
        variables={"--primary": "#17bebb"}, backgrounds=[[RED, 90_000], [TEAL, 2_000]], links=[[RED, 10]]
    )
    assert found["colors"]["primary"] == "#17BEBB"


def test_a_brand_without_hues_has_its_buttons_grey():
    assert page(buttons=[button("rgb(17, 17, 17)")])["colors"]["primary"] == "#111111"


def test_links_as_browsers_have_them_are_no_brand():
    assert page(links=[["rgb(0, 0, 238)", 50]])["colors"] == {"background": "#FFFFFF", "link": "#0000EE"}


def test_the_colours_of_a_theme_and_of_a_logo_count():
    assert page(themes=["#e4572e"])["colors"]["primary"] == "#E4572E"
    assert page(logos=[logo(fills=[TEAL])])["colors"]["primary"] == "#17BEBB"


def test_further_colours_are_clearly_others():
    found = page(
        buttons=[button(), button(TEAL, hint="secondary")],
        backgrounds=[["rgb(230, 90, 50)", 9_000], ["rgb(90, 40, 200)", 9_000], [WHITE, 900_000]],
    )["colors"]
    assert (found["primary"], found["secondary"], found["accent"]) == ("#E4572E", "#17BEBB", "#5A28C8")


def test_texts_are_those_that_can_be_read_on_the_page():
    found = page(texts=[[WHITE, 900], ["rgba(0, 0, 0, 0.87)", 800], ["rgb(107, 114, 128)", 100]])["colors"]
    assert (found["textPrimary"], found["textSecondary"]) == ("#212121", "#6B7280")


@pytest.mark.parametrize(
    "second",
    [["rgb(200, 0, 0)", 300], ["rgb(107, 114, 128)", 5], ["rgb(38, 38, 38)", 300], ["rgb(0, 0, 0)", 300]],
)
def test_a_second_colour_of_text_is_a_weaker_grey_of_some_length(second):
    assert "textSecondary" not in page(texts=[["rgb(34, 34, 34)", 900], second])["colors"]


@pytest.mark.parametrize(
    ("prose", "links", "colour"),
    [
        ([[RED, 5]], [[TEAL, 500]], "#E4572E"),
        ([], [["rgb(34, 34, 34)", 500], [RED, 50]], "#E4572E"),
        ([], [["rgb(34, 34, 34)", 500]], "#222222"),
        ([], [[WHITE, 500]], None),
    ],
    ids=["in the text", "elsewhere, with a hue", "elsewhere", "not legible"],
)
def test_the_colour_of_links(prose, links, colour):
    assert page(proseLinks=prose, links=links)["colors"].get("link") == colour


def test_fonts_are_named_as_their_makers_do_and_without_stand_ins():
    found = brand(
        fonts=[
            ['Inter, "Helvetica Neue", sans-serif', 500],
            ["__Open_Sans_a1b2c3, __Open_Sans_Fallback_a1b2c3, serif", 200],
            ["-apple-system, BlinkMacSystemFont, Roboto", 100],
            ['"Times New Roman"', 90],
            ["serif", 90],
            ['"Font Awesome 6 Free"', 80],
            ["wfont_6b075f_3df618a1e82c422c", 70],
            ["Rare", 2],
            ["Shipped", 2],
            ["Bad<script>", 60],
        ],
        loaded=['"Shipped"'],
    )
    assert [font["family"] for font in found["fonts"]] == ["Inter", "Open Sans", "system-ui", "Shipped"]


def test_typography():
    found = brand(
        types={
            "h1": [["Poppins, serif|48px|700|52.8px", 30], ["Inter|20px|400|24px", 2]],
            "h2": [["Poppins|32px|600|normal", 20]],
            "body": [["Inter, sans-serif|16px|400|24px", 900], ["Inter|14px|400|21px", 90]],
            "code": [['"Fira Code", monospace|14px|400|20px', 9]],
        },
        weights=[["400", 900], ["700", 30], ["600", 20], ["500", 10], ["300", 5], ["bold", 5]],
    )
    assert found["typography"] == {
        "fontFamilies": {"primary": "Inter", "heading": "Poppins", "code": "Fira Code"},
        "fontSizes": {"h1": "48px", "h2": "32px", "body": "16px"},
        "fontWeights": {"light": 300, "regular": 400, "medium": 500, "bold": 700},
        "lineHeights": {"heading": 1.1, "body": 1.5},
    }


def test_type_that_is_not_known_is_left_out():
    found = brand(
        types={"h1": [["serif|big|heavy|normal", 3]], "body": "Inter|16px|400|24px", "code": [[1, 2]]}
    )
    assert found == {}


def test_the_main_button_and_the_one_beside_it():
    found = page(
        buttons=[
            button(CLEAR, color=RED, border=RED, hint="secondary", radius="4px"),
            button(radius="3.35544e+07px"),
            button("rgb(240, 240, 240)", color="rgba(0, 0, 0, 0.5)"),
        ]
    )["components"]
    assert found == {
        "buttonPrimary": {"background": "#E4572E", "textColor": "#FFFFFF", "borderRadius": "9999px"},
        "buttonSecondary": {
            "background": "transparent",
            "textColor": "#E4572E",
            "borderColor": "#E4572E",
            "borderRadius": "4px",
        },
    }


def test_one_colourful_button_is_more_than_some_grey_ones():
    greys = [button("rgb(225, 225, 225)", area=2000) for _ in range(2)]
    assert page(buttons=[*greys, button(area=9000)])["components"]["buttonPrimary"]["background"] == "#E4572E"


def test_buttons_that_look_like_the_page_are_not_the_main_one():
    assert "components" not in page(buttons=[button(WHITE), button(CLEAR, border=RED)])


def test_a_button_with_a_gradient_has_no_background_to_name():
    found = page(buttons=[button(CLEAR, picture=True)])
    assert found["components"]["buttonPrimary"] == {"textColor": "#FFFFFF", "borderRadius": "8px"}


def test_fields_with_edges():
    found = page(inputs=[button(WHITE, border=None, area=90_000), button(WHITE, border="rgb(204, 204, 204)")])
    assert found["components"]["input"] == {
        "background": "#FFFFFF",
        "textColor": "#FFFFFF",
        "borderColor": "#CCCCCC",
        "borderRadius": "8px",
    }


@pytest.mark.parametrize(
    ("spaces", "unit"),
    [
        ([["8", 10], ["16", 10], ["24", 5]], 8),
        ([["4", 10], ["12", 10], ["8", 10]], 4),
        ([["10", 10], ["20", 10], ["1", 90]], 10),
        ([["7", 10], ["11", 10], ["13", 10]], None),
        ([["8", 3]], None),
        ([["8", "many"], ["x", 9], ["-8", 90]], None),
    ],
)
def test_the_unit_of_space(spaces, unit):
    assert brand(paddings=spaces).get("spacing", {}).get("baseUnit") == unit


@pytest.mark.parametrize(
    ("spaces", "steps"),
    [
        ([["8", 10], ["16", 20], ["64", 5], ["3", 30]], {"small": 8, "medium": 16, "large": 64}),
        ([["8", 10], ["19.2", 20]], {"small": 8, "large": 19.2}),
        ([["16", 20], ["300", 1]], {"medium": 16}),
        ([["16", 2]], None),
    ],
)
def test_the_steps_of_space(spaces, steps):
    found = brand(paddings=spaces, margins=spaces).get("spacing", {})
    assert found.get("padding") == found.get("margins") == steps


@pytest.mark.parametrize(
    ("radii", "usual"),
    [
        ([["0px", 50], ["8px", 9], ["4px", 3]], "8px"),
        ([["9999px", 50], ["50%", 9], ["6px 6px", 3]], "6px"),
        ([["0px", 50], ["9999px", 5]], "0px"),
        ([["round", 5]], None),
    ],
)
def test_the_usual_radius(radii, usual):
    assert brand(radii=radii).get("spacing", {}).get("borderRadius") == usual


@pytest.mark.parametrize(
    ("motions", "animations"),
    [
        ([["0.2s|ease-in-out", 3]], {"transitionDuration": "200ms", "easing": "ease-in-out"}),
        (
            [["150ms|cubic-bezier(0.4, 0, 0.2, 1)", 3]],
            {"transitionDuration": "150ms", "easing": "cubic-bezier(0.4, 0, 0.2, 1)"},
        ),
        ([["0s|ease", 9], ["1e-05s|ease", 5], [".3s|", 3]], {"transitionDuration": "300ms"}),
        ([["1s|url(x)", 3]], None),
        ([["9000s|ease", 3]], None),
    ],
)
def test_animations(motions, animations):
    assert brand(motions=motions).get("animations") == animations


def test_the_layout_is_as_wide_as_its_largest_box():
    assert brand(widths=[["1200px", 900], ["80%", 9000], ["600px", 100]])["layout"] == {"maxWidth": "1200px"}


@pytest.mark.parametrize(
    ("source", "address"),
    [
        ("/logo.png", "https://www.acme.example/logo.png"),
        ("logo.png", "https://www.acme.example/shop/logo.png"),
        ("//cdn.example/logo.svg", "https://cdn.example/logo.svg"),
        ("data:image/svg+xml,%3Csvg%2F%3E", "data:image/svg+xml,%3Csvg%2F%3E"),
        ("data:image/png;base64,iVBORw0", "data:image/png;base64,iVBORw0"),
        ("data:image/svg+xml,<svg onload=x>", None),
        ("data:text/html,x", None),
        ("javascript:alert(1)", None),
        ("file:///etc/passwd", None),
        ("http://[", None),
        ("/a\nb.png", None),
        ("/\ud800.png", None),
        ("/" + "a" * 5000, None),
        ("data:image/png;base64," + "a" * 50_000, None),
        (None, None),
    ],
)
def test_a_logos_address(source, address):
    found = brand(logos=[logo(source)])
    assert found.get("logo") == address
    assert found.get("images", {}).get("logo") == address


@pytest.mark.parametrize(
    "other",
    [
        {"named": False, "head": False, "crowd": False},
        {"crowd": True},
        {"named": False, "home": True, "width": 24, "height": 24, "x": 1100},
        {"named": False, "width": 24, "height": 24},
        {"named": "yes", "head": 1},
    ],
    ids=["no sign", "of a partner", "a flag", "the bars of a menu", "words for signs"],
)
def test_what_is_not_the_logo(other):
    assert "logo" not in brand(logos=[logo(**other)])


def test_a_small_mark_at_the_beginning_of_the_page_is_its_logo():
    assert "logo" in brand(logos=[logo(named=False, home=True, width=32, height=32, x=24)])


def test_the_likeliest_logo_is_taken():
    found = brand(
        logos=[
            logo("/foot.png", foot=True, head=False, y=3000),
            logo("/top.png", home=True),
            logo("/huge.png", width=900),
        ]
    )
    assert found["logo"] == "https://www.acme.example/top.png"


@pytest.mark.parametrize("metadata", [{}, {"ogSiteName": "ACME "}])
def test_a_picture_that_bears_the_sites_name_is_likelier(metadata):
    entry = logo(named=False, near=True, head=False, label="Acme Inc.")
    assert brand(logos=[entry], metadata=metadata)["logo"] == "https://www.acme.example/logo.png"
    assert "logo" not in brand(logos=[{**entry, "label": "Other"}], metadata=metadata)


def test_icon_and_preview_come_from_the_metadata():
    found = brand(
        metadata={"favicon": "/icon.png", "ogImage": ["og.png", "other.png"], "ogSiteName": ["a", "b"]}
    )
    assert found == {
        "images": {
            "favicon": "https://www.acme.example/icon.png",
            "ogImage": "https://www.acme.example/shop/og.png",
        }
    }


def test_a_base_that_is_no_address_makes_none():
    assert branding_of({"logos": [logo()]}, base="http://[", metadata={"favicon": "/x"}) == {}


NAMES = """
    canvas scheme themes ground buttons inputs variables loaded backgrounds texts links proseLinks fonts
    weights paddings margins gaps radii motions widths types logos
"""
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(
        [WHITE, RED, CLEAR, "8px", "Inter, serif|16px|400|24px", "0.2s|ease", "/logo.png", "primary"]
    )
)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(st.tuples(SCALARS, SCALARS).map(list), max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["background", "color", "source", "named", "y", "fills", "h1", "body", "--primary", "x"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(
    st.dictionaries(st.sampled_from(NAMES.split()), ANYTHING),
    st.dictionaries(st.sampled_from(["favicon", "ogImage"]), ANYTHING),
)
def test_an_observation_of_any_shape_makes_a_plain_object(observation, metadata):
    found = branding_of(observation, base=BASE, metadata=metadata)
    json.dumps(found, allow_nan=False, ensure_ascii=False).encode()
    assert found.get("colorScheme") in {None, "light", "dark"}
    assert all(len(colour) == 7 for colour in found.get("colors", {}).values())


@pytest.mark.parametrize("observation", [None, [], "x", 7])
def test_no_object_at_all_says_nothing(observation):
    assert branding_of(observation, base=BASE, metadata={}) == {}


@pytest.mark.parametrize(
    "observation",
    [
        {
            name: [["rgb(1, 2, " + "3" * 280, 9]] * 100_000
            for name in ("texts", "backgrounds", "fonts", "motions")
        },
        {"texts": [[f"rgb({n % 256}, {n // 256 * 20}, 90)", n + 1] for n in range(5000)], "canvas": WHITE},
        {"buttons": [button(f"rgb({n}, {255 - n}, 9)") for n in range(256)] * 50, "canvas": WHITE},
        {"variables": {f"--primary-{'a' * n}": "#abc" for n in range(5000)}},
        {"logos": [logo("data:image/png," + "a" * 23_000)] * 5000},
    ],
    ids=["long strings", "many texts", "many buttons", "many variables", "many logos"],
)
def test_observations_of_any_size_are_read_in_little_time(observation):
    started = time.process_time()
    branding_of(observation, base=BASE, metadata={})
    assert time.process_time() - started < 1
