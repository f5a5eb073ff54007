"""The README's examples, run as they stand against a server of their own.

Only three things are put in their place: where the server listens, its key, and the scraped site,
which the small web answers for under its own name.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from contract.running import clean_environment, serving
from house.repository import ROOT
from house.test_docs import blocks
from smallweb import spawn

MARK = "run with a server"
SHOWN = "http://127.0.0.1:3002"
README = ROOT / "README.md"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with spawn(http_port=0, https_port=0) as web:
        settings = {
            "WEBKILN_ALLOW_NETWORKS": f"{web.address}/32",
            "WEBKILN_RESOLVE": web.pins,
            "WEBKILN_EXTRA_CA_FILE": web.ca_file,
            # Room for the slowest machine between starting a batch and cancelling it.
            "WEBKILN_START_GRACE_MS": "2000",
        }
        with serving(tmp_path_factory.mktemp("readme"), settings) as running:
            yield running, f"https://example.com:{web.https_port}"


@pytest.fixture
def run(server, tmp_path):
    running, site = server

    def run(command: list[str], text: str) -> str:
        if text.startswith("curl ") and shutil.which("curl") is None:
            pytest.skip("the example needs curl, which is not installed")
        placed = text.replace(SHOWN, running.url).replace("https://example.com", site)
        bin_folder = Path(sys.executable).parent
        environment = {
            **clean_environment(),
            "PATH": f"{bin_folder}{os.pathsep}{os.environ['PATH']}",
            "WEBKILN_API_KEY": running.key,
            "WEBKILN_API_URL": running.url,
            "NO_PROXY": "127.0.0.1",
        }
        ran = subprocess.run(
            [*command, placed],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert ran.returncode == 0, f"{placed}\n{ran.stdout}\n{ran.stderr}"
        return ran.stdout

    return run


def shell(number: int) -> str:
    return [text for mark, text in blocks(README, "sh") if mark == MARK][number]


def test_every_marked_example_is_run_below():
    assert len([mark for mark, _ in blocks(README, "sh") if mark == MARK]) == 5
    assert [mark for mark, _ in blocks(README, "python")] == [MARK]


def test_the_first_page(run):
    answer = json.loads(run(["bash", "-euo", "pipefail", "-c"], shell(0)))
    assert answer["success"] is True
    assert answer["data"]["markdown"]
    assert isinstance(answer["data"]["links"], list)


def test_a_page_from_the_command_line(run):
    assert run(["bash", "-euo", "pipefail", "-c"], shell(1)).strip()


def test_a_picture_of_a_page(run, tmp_path):
    run(["bash", "-euo", "pipefail", "-c"], shell(2))
    assert (tmp_path / "page.png").read_bytes().startswith(b"\x89PNG")


def test_the_first_batch_and_its_cancel(run):
    out = run(["bash", "-euo", "pipefail", "-c"], shell(3))
    decoder, answers, rest = json.JSONDecoder(), [], out.strip()
    while rest:
        answer, end = decoder.raw_decode(rest)
        answers.append(answer)
        rest = rest[end:].lstrip()
    started, status, cancelled = answers
    assert started["success"] is True
    assert status["status"] == "scraping"
    assert cancelled == {"status": "cancelled"}


def test_a_site_becomes_a_folder_and_a_list(run, tmp_path):
    listed = run(["bash", "-euo", "pipefail", "-c"], shell(4)).split()
    assert len([line for line in listed if line.startswith("https://")]) > 1
    index = [json.loads(line) for line in (tmp_path / "site" / "index.jsonl").read_text().splitlines()]
    assert len(index) > 1
    assert all((tmp_path / "site" / entry["file"]).stat().st_size for entry in index)


def test_the_official_client(run):
    [(_, example)] = blocks(README, "python")
    lines = run([sys.executable, "-c"], example).splitlines()
    assert lines[-2:] == ["True", "completed 2"]
