from __future__ import annotations

import orjson
import pytest

from webkiln.contract.scrape import ScrapeOptions, ScrapeRequest
from webkiln.contract.served import FORMATS
from webkiln.contract.supported import check_supported, needs_browser
from webkiln.contract.wire import parse_body
from webkiln.errors import ActionsNotSupported, BadRequest, Forbidden


def check(*, browser=True, **options):
    request, _ = parse_body(ScrapeRequest, orjson.dumps({"url": "https://a.test", **options}))
    return check_supported(request.options, browser=browser)


def test_what_clients_send_by_default_passes_silently():
    assert check() == []
    assert (
        check(
            formats=sorted({*FORMATS} - {"attributes"}),
            onlyMainContent=True,
            mobile=False,
            skipTlsVerification=True,
            removeBase64Images=True,
            fastMode=False,
            blockAds=True,
            maxAge=14_400_000,
            storeInCache=True,
            parsers=["pdf"],
            proxy="auto",
            waitFor=0,
            actions=[],
            redactPII=False,
            onlyCleanContent=False,
            lockdown=False,
            location={"languages": ["en"]},
        )
        == []
    )
    assert check(proxy="basic") == []


@pytest.mark.parametrize(
    "wanted",
    [
        "json",
        "summary",
        "audio",
        "rawBase64",
        {"type": "question", "question": "why"},
    ],
)
def test_a_format_that_is_not_there_is_named(wanted):
    with pytest.raises(BadRequest) as caught:
        check(formats=[wanted])
    name = wanted["type"] if isinstance(wanted, dict) else wanted.partition("@")[0]
    assert caught.value.code == "BAD_REQUEST"
    assert caught.value.details == [
        {
            "code": "custom",
            "path": ["formats", 0],
            "message": f"The format '{name}' is not available on this server.",
        }
    ]
    assert name in caught.value.message


def test_every_missing_part_is_named_at_once():
    with pytest.raises(BadRequest) as caught:
        check(formats=["markdown", "summary"], redactPII=True, onlyCleanContent=True)
    assert [found["path"] for found in caught.value.details] == [
        ["formats", 1],
        ["onlyCleanContent"],
        ["redactPII"],
    ]


NEEDING_A_BROWSER = [
    ({"formats": ["screenshot"]}, ["formats", 0]),
    ({"formats": ["markdown", "screenshot@fullPage"]}, ["formats", 1]),
    ({"formats": ["branding"]}, ["formats", 0]),
    ({"waitFor": 500}, ["waitFor"]),
    ({"mobile": True}, ["mobile"]),
    ({"profile": {"name": "shop"}}, ["profile"]),
]


@pytest.mark.parametrize(("options", "path"), NEEDING_A_BROWSER)
def test_what_only_a_browser_can_do_is_refused_without_one(options, path):
    assert check(**options) == []
    with pytest.raises(BadRequest) as caught:
        check(browser=False, **options)
    assert [found["path"] for found in caught.value.details] == [path]
    assert "needs a browser, and this server has none" in caught.value.message


def test_actions_have_their_own_code():
    assert check(actions=[{"type": "scrape"}]) == []
    with pytest.raises(ActionsNotSupported) as caught:
        check(browser=False, actions=[{"type": "scrape"}])
    assert (caught.value.status, caught.value.code) == (400, "SCRAPE_ACTIONS_NOT_SUPPORTED")


@pytest.mark.parametrize(
    "options", [one for one, _ in NEEDING_A_BROWSER] + [{"actions": [{"type": "scrape"}]}]
)
def test_a_browser_shows_what_needs_one_and_nothing_else(options):
    assert needs_browser(ScrapeOptions.model_validate(options))
    plain = {"formats": ["markdown", "html", "links"], "location": {"country": "de"}, "blockAds": False}
    assert not needs_browser(ScrapeOptions.model_validate(plain))


def test_threat_protection_is_a_matter_of_permission():
    with pytest.raises(Forbidden):
        check(threatProtection={"mode": "off"})


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"proxy": "stealth"}, "proxy 'stealth'"),
        ({"proxy": "enhanced"}, "proxy 'enhanced'"),
        ({"useMock": "a"}, "useMock"),
        ({"auditMetadata": {"username": "a"}}, "auditMetadata"),
    ],
)
def test_what_has_no_effect_is_said(options, named):
    (warning,) = check(**options)
    assert warning.startswith(named)


@pytest.mark.parametrize("modes", [["json"], ["git-diff", "json"]])
def test_the_mode_of_change_tracking_that_needs_a_model_is_named(modes):
    with pytest.raises(BadRequest) as caught:
        check(formats=["markdown", {"type": "changeTracking", "modes": modes}])
    (detail,) = caught.value.details
    assert detail["path"] == ["formats", 1, "modes"]
    assert "needs a language model" in detail["message"]


@pytest.mark.parametrize("unused", [{"prompt": "x"}, {"schema": {"type": "object", "properties": {}}}])
def test_what_only_that_mode_uses_has_no_effect(unused):
    tracked = {"type": "changeTracking", "modes": ["git-diff"], "tag": "a"}
    assert check(formats=["markdown", tracked]) == []
    assert check(formats=["markdown", {**tracked, **unused}]) == [
        "schema and prompt of changeTracking have no effect without its mode 'json'"
    ]
    assert check(formats=["markdown", tracked], minAge=1) == [
        "minAge has no effect with changeTracking, which fetches the page"
    ]
