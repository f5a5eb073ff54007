"""Whether this machine shows pages: found out once, remembered while nothing of it has changed.

What starts first (`serve`, `worker`, a command without a server) finds out, in a process that ends; the
others read what it wrote into the data folder. A success is also kept for the user, so that a further
data folder costs no browser.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
import structlog

from webkiln.fetching.browser.driver import driver_problem, driver_program
from webkiln.fetching.browser.findings import Findings
from webkiln.fetching.browser.installed import find_chromium

if TYPE_CHECKING:
    from webkiln.settings import BrowserSettings, Settings

log = structlog.get_logger(__name__)

_OFF = "The browser is switched off (WEBKILN_BROWSER=off)."
_NONE = "No Chromium was found; `make setup` installs one, docs/browser.md says which can be used."
_PROXY = "The browser can only use a proxy of the form http://host:port, which WEBKILN_PROXY_SERVER is not."
_FILE = "browser.json"


async def look(settings: Settings) -> Findings:
    """Find out whether pages can be shown, remember it for other processes, and log once why not."""
    findings = _foregone(settings) or await _found_out(settings)
    if findings.problem is not None and settings.browser.browser != "off":
        left = "pages are read over HTTP" if findings.shows else "pages are shown, but not worked on"
        log.warning("no browser as it should be", why=findings.problem, meanwhile=left)
    return findings


async def show_once(settings: Settings) -> Findings:
    """Show a page now, whatever is remembered; only a success is."""
    foregone = _foregone(settings)
    if foregone is not None:
        return foregone
    findings = await _shown(settings)
    if findings.problem is None:
        _keep(_shared_file(), _fingerprint(settings.browser), findings)
    return findings


def recall(settings: Settings) -> Findings:
    """Return what was found out at the start; where nobody could write it down, what shows without a page."""
    found = _foregone(settings) or _kept(settings.storage.data_dir / _FILE, _fingerprint(settings.browser))
    return found or Findings(None, driver_problem())


def _foregone(settings: Settings) -> Findings | None:
    """Return what is certain without a browser; None where only one can tell."""
    wanted = settings.browser
    proxy = settings.fetch.proxy_server
    if wanted.browser == "off":
        return Findings(_OFF, _OFF)
    if proxy is not None and not proxy.startswith("http://") and "://" in proxy:
        return Findings(_PROXY, _PROXY)
    if wanted.browser_cdp_url is not None:  # it may start later than we do
        problem = driver_problem()
        return Findings(problem, problem)
    if find_chromium(wanted.browser_executable) is None:
        return Findings(_NONE, _NONE)
    return None


async def _found_out(settings: Settings) -> Findings:
    fingerprint = _fingerprint(settings.browser)
    findings = _kept(_shared_file(), fingerprint)
    if findings is None or driver_problem() is not None:
        findings = await show_once(settings)
    _keep(settings.storage.data_dir / _FILE, fingerprint, findings)
    return findings


async def _shown(settings: Settings) -> Findings:
    from webkiln.fetching.browser.probe import probe  # noqa: PLC0415 (loads what drives a browser)

    executable = find_chromium(settings.browser.browser_executable)
    assert executable is not None  # noqa: S101 (or it would be foregone)
    return await probe(executable, sandbox=settings.browser.browser_sandbox)


def _fingerprint(wanted: BrowserSettings) -> list[Any]:
    """Return what an answer holds for: these programs, this user, this sandbox."""
    programs = [find_chromium(wanted.browser_executable), driver_program()]
    marks = [[str(path), path.stat().st_mtime_ns, path.stat().st_size] for path in programs if path]
    return [marks, os.geteuid(), wanted.browser_sandbox]


def _shared_file() -> Path:
    cache = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(cache) if cache else Path(os.environ.get("HOME", "/")) / ".cache") / "webkiln" / _FILE


def _kept(path: Path, fingerprint: list[Any]) -> Findings | None:
    with contextlib.suppress(OSError, orjson.JSONDecodeError, KeyError, TypeError):
        kept = orjson.loads(path.read_bytes())
        if kept["of"] == fingerprint:
            return Findings(kept["shows"], kept["drives"])
    return None


def _keep(path: Path, fingerprint: list[Any], findings: Findings) -> None:
    """Write beside and rename; a place that cannot be written to costs a further look, and nothing else."""
    with contextlib.suppress(OSError):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        beside = path.with_name(f"{path.name}.{os.getpid()}")
        beside.write_bytes(
            orjson.dumps({"of": fingerprint, "shows": findings.shows, "drives": findings.drives})
        )
        beside.replace(path)
