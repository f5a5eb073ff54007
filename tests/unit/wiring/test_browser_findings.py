from __future__ import annotations

import orjson
import pytest
from structlog.testing import capture_logs

from webkiln.fetching.browser.findings import Findings
from webkiln.settings import load
from webkiln.wiring.browser_findings import look, recall, show_once

FAILS = "#!/bin/sh\necho started >> {starts}\necho 'no luck today' >&2\nexit 1\n"


@pytest.fixture
def logs():
    with capture_logs() as entries:
        yield entries


@pytest.fixture
def broken(tmp_path, monkeypatch):
    """Settings that name a browser which never starts, and a count of how often that was tried."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    chromium, starts = tmp_path / "chromium-headless-shell", tmp_path / "starts"
    chromium.write_text(FAILS.format(starts=starts))
    chromium.chmod(0o755)
    settings = load({}, data_dir=tmp_path / "data", browser_executable=str(chromium), browser_sandbox="off")
    return settings, lambda: len(starts.read_text().split()) if starts.exists() else 0


async def test_what_is_found_out_once_is_logged_once_and_known_to_the_processes_that_follow(broken, logs):
    settings, starts = broken
    found = await look(settings)
    assert found.shows == found.drives == "The browser does not start: no luck today"
    tried = starts()
    assert recall(settings) == recall(settings) == found
    assert starts() == tried > 0
    told = [entry for entry in logs if entry["event"] == "no browser as it should be"]
    assert [entry["why"] for entry in told] == [found.problem]


async def test_a_failure_is_looked_at_again_at_the_next_start(broken):
    settings, starts = broken
    await look(settings)
    tried = starts()
    await look(settings)
    assert starts() == 2 * tried


async def test_a_success_of_the_same_programs_is_remembered_for_the_user(broken, tmp_path):
    settings, starts = broken
    await look(settings)
    kept = orjson.loads((tmp_path / "data" / "browser.json").read_bytes())
    tried = starts()
    shared = tmp_path / "cache" / "webkiln" / "browser.json"
    assert not shared.exists()
    shared.parent.mkdir(parents=True)
    shared.write_bytes(orjson.dumps({**kept, "shows": None, "drives": None}))
    assert await look(settings) == recall(settings) == Findings(None, None)
    assert starts() == tried
    assert (await show_once(settings)).problem is not None  # whatever is remembered
    assert starts() == 2 * tried


async def test_another_program_is_another_question(broken):
    settings, starts = broken
    await look(settings)
    tried = starts()
    executable = settings.browser.browser_executable
    executable.write_text(executable.read_text() + "# newer\n")
    assert recall(settings).shows is None  # nobody has looked at this one
    await look(settings)
    assert starts() == 2 * tried


@pytest.mark.parametrize("content", [b"", b"no json", b"[]", b'{"of": 1}', b'{"of": null, "shows": null}'])
async def test_a_spoilt_record_is_none(broken, tmp_path, content):
    settings, starts = broken
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "browser.json").write_bytes(content)
    assert recall(settings).shows is None
    assert (await look(settings)).problem is not None
    assert starts() > 0


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ({"browser": "off"}, "switched off"),
        ({"proxy_server": "socks5://proxy.test:1080"}, "proxy of the form http://host:port"),
    ],
)
async def test_what_is_certain_beforehand_takes_no_browser(tmp_path, logs, setting, words):
    settings = load({}, data_dir=tmp_path / "data", **setting)
    found = await look(settings)
    assert words in str(found.problem)
    assert recall(settings) == found
    assert not (tmp_path / "data").exists()
    assert len(logs) == (0 if "browser" in setting else 1)


async def test_a_browser_elsewhere_is_not_waited_for(tmp_path):
    settings = load({}, data_dir=tmp_path, browser_cdp_url="ws://127.0.0.1:9/x")
    assert (await look(settings)).problem is None
