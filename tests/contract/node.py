"""Node, and the official JavaScript clients in a folder of the user's cache."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

SCRIPTS = Path(__file__).parent / "js"
OLDEST = 20
NEWEST_WITHOUT_SOCKETS = 21
INSTALL_S = 240

# What npm says when it is the way to the registry that fails.
UNREACHABLE = re.compile(
    r"\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTCACHED"
    r"|ERR_SOCKET_TIMEOUT|FETCH_ERROR|E40[137]|E5\d\d)\b"
)


class Missing(Exception):
    """What the clients need is not there; the text says what."""


def node() -> list[str]:
    """Return the command that runs a script in a Node with WebSockets; raises Missing."""
    found = shutil.which("node")
    if found is None:
        raise Missing("the JavaScript clients need node, which is not installed")
    version = subprocess.run([found, "--version"], capture_output=True, text=True, timeout=30, check=True)
    major = int(version.stdout.removeprefix("v").partition(".")[0])
    if major < OLDEST:
        raise Missing(f"the JavaScript clients need node {OLDEST} or later, this is {version.stdout.strip()}")
    return [found, *(["--experimental-websocket"] if major <= NEWEST_WITHOUT_SOCKETS else [])]


def installed(folder_of: Path = SCRIPTS, *options: str) -> Path:
    """Return the `node_modules` of what a folder's `package.json` names, installed once; raises Missing."""
    manifest = folder_of / "package.json"
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "webkiln-tests"
    folder = cache / f"js-clients-{hashlib.sha256(manifest.read_bytes()).hexdigest()[:12]}"
    if not folder.is_dir():
        npm = shutil.which("npm")
        if npm is None:
            raise Missing("the JavaScript clients need npm, which is not installed")
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as fresh:
            shutil.copy(manifest, fresh)
            _install(npm, Path(fresh), options)
            whole = Path(fresh, "whole")
            whole.mkdir()
            Path(fresh, "node_modules").rename(whole / "node_modules")
            with contextlib.suppress(OSError):  # another run was faster
                whole.rename(folder)
    return folder / "node_modules"


def _install(npm: str, folder: Path, options: tuple[str, ...]) -> None:
    command = [
        npm,
        "install",
        "--no-save",
        "--no-package-lock",
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
        *options,
    ]
    command += ["--engine-strict=false", "--fetch-retries=1", "--prefer-offline", "--loglevel=error"]
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=INSTALL_S, check=False
        )
    except subprocess.TimeoutExpired:
        raise Missing(f"npm did not get the JavaScript clients within {INSTALL_S} s") from None
    if done.returncode and (trouble := UNREACHABLE.search(done.stderr)):
        raise Missing(f"npm does not reach its registry for the JavaScript clients: {trouble[0]}")
    assert done.returncode == 0, done.stderr[-4000:]
