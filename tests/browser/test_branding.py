"""What is read of a page's looks, in the browser and out of it."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="module")
def brands(site, together):
    wanted = {
        name: {"url": site.url(f"/brand-{name}"), "formats": ["branding"]}
        for name in ("light", "dark", "bare")
    }
    return {name: answer.body["data"]["branding"] for name, answer in together(**wanted).items()}


def test_a_light_page(brands, site):
    found = brands["light"]
    assert found["colorScheme"] == "light"
    assert found["colors"] == {
        "primary": "#E4572E",
        "secondary": "#17BEBB",
        "accent": "#0A58CA",
        "background": "#FFFFFF",
        "textPrimary": "#222222",
        "textSecondary": "#6B7280",
        "link": "#0A58CA",
        "success": "#2E933C",
        "error": "#D7263D",
    }
    assert found["typography"]["fontFamilies"] == {
        "primary": "Inter",
        "heading": "Poppins",
        "code": "Fira Code",
    }
    assert found["typography"]["fontSizes"]["h1"] == "48px"
    assert found["components"]["buttonPrimary"] == {
        "background": "#E4572E",
        "textColor": "#FFFFFF",
        "borderRadius": "8px",
    }
    assert found["components"]["buttonSecondary"]["borderColor"] == "#E4572E"
    assert found["images"] == {
        "logo": site.url("/img/acme-logo.png"),
        "favicon": site.url("/favicon.svg"),
        "ogImage": site.url("/og.png"),
    }


def test_a_dark_page(brands, site):
    found = brands["dark"]
    assert found["colorScheme"] == "dark"
    assert found["colors"]["background"] == "#0B0F19"
    assert found["colors"]["primary"] == "#00B9C3"
    assert found["logo"] == site.url("/assets/night.svg")
    assert found["components"]["buttonPrimary"]["borderRadius"] == "9999px"


def test_what_a_page_does_not_say_is_not_made_up(brands):
    assert brands["bare"]["colors"] == {"background": "#FFFFFF", "textPrimary": "#000000", "link": "#0000EE"}
    assert "logo" not in brands["bare"]
    assert "components" not in brands["bare"]
