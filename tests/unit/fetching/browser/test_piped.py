"""Browsers that are started without a driver, with scripts that only say they are some."""

import asyncio
from pathlib import Path

import pytest
from playwright.async_api import Error

from webkiln.fetching.browser.piped import start_piped

ANSWERS = r"""
head -zn 1 >/dev/null; printf '{"id":1,"result":{"product":"HeadlessChrome/156.0.1.2"}}\0'
head -zn 1 >/dev/null; printf '{"id":2,"result":{}}\0'
exec cat
"""


@pytest.fixture
def starter(tmp_path):
    def write(script):
        path = tmp_path / "start"
        path.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/flags\necho $$ > {tmp_path}/pid\n{script}\n')
        path.chmod(0o755)
        return str(path)

    return write


def ended(tmp_path):
    return not Path("/proc", (tmp_path / "pid").read_text().strip()).exists()


async def test_a_browser_is_controlled_through_its_pipes_until_it_is_closed(starter, tmp_path, monkeypatch):
    monkeypatch.setattr("webkiln.fetching.browser.piped._END_S", 0.01)
    browser = await start_piped(starter(ANSWERS), ["--own"], {"PATH": "/usr/bin:/bin"}, patience_s=20)
    assert (browser.version, browser.is_connected()) == ("156.0.1.2", True)
    flags = (tmp_path / "flags").read_text().split()
    assert {"--remote-debugging-pipe", "--own"} <= set(flags)
    assert not any("remote-debugging-port" in flag for flag in flags)
    await browser.close()
    assert not browser.is_connected()
    assert ended(tmp_path)


async def test_one_that_does_not_start_says_why(starter):
    script = starter("echo 'No usable sandbox!' >&2; exit 1")
    with pytest.raises(Error, match=r"^No usable sandbox!$"):
        await start_piped(script, [], {}, patience_s=20)


async def test_one_that_does_not_answer_is_ended(starter, tmp_path, monkeypatch):
    monkeypatch.setattr("webkiln.fetching.browser.piped._END_S", 0.01)
    with pytest.raises(Error, match="no answer in time"):
        await start_piped(starter("exec sleep 60"), [], {"PATH": "/usr/bin:/bin"}, patience_s=0.5)
    assert ended(tmp_path)


async def test_one_that_nobody_waits_for_is_ended(starter, tmp_path, monkeypatch):
    monkeypatch.setattr("webkiln.fetching.browser.piped._END_S", 0.01)
    starting = asyncio.ensure_future(
        start_piped(starter("exec sleep 60"), [], {"PATH": "/usr/bin:/bin"}, patience_s=20)
    )
    async with asyncio.timeout(10):
        while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text():  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    assert ended(tmp_path)
