"""Schemathesis over our own OpenAPI page: no 5xx but a page's own failure, no undocumented status or body.

`WEBKILN_OPENAPI_EXAMPLES` raises the number of examples an operation gets (3), for long runs by hand.
"""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from contract.running import clean_environment

EXAMPLES = int(os.environ.get("WEBKILN_OPENAPI_EXAMPLES", "3"))
CHECKS = "no_fault_of_ours,status_code_conformance,content_type_conformance,response_schema_conformance"


@pytest.fixture(scope="module")
def document(server):
    page = urllib.request.Request(
        f"{server.url}/openapi.json", headers={"Authorization": f"Bearer {server.key}"}
    )
    with urllib.request.urlopen(page, timeout=10) as answer:
        return json.load(answer)


def test_the_page_lists_every_operation_of_the_contract(document):
    listed = {
        (method.upper(), path) for path, operations in document["paths"].items() for method in operations
    }
    # Names of path parameters are ours to choose.
    shapes = {
        (method, "/".join("{}" if part[:1] == "{" else part for part in path.split("/")))
        for method, path in listed
    }
    assert shapes >= {
        ("POST", "/v2/scrape"),
        ("GET", "/v2/scrape/{}"),
        ("POST", "/v2/search"),
        ("POST", "/v2/map"),
        ("POST", "/v2/batch/scrape"),
        ("GET", "/v2/batch/scrape/{}"),
        ("DELETE", "/v2/batch/scrape/{}"),
        ("GET", "/v2/batch/scrape/{}/errors"),
        ("GET", "/v2/team/credit-usage"),
        ("GET", "/v2/team/credit-usage/historical"),
        ("GET", "/v2/team/token-usage"),
        ("GET", "/v2/team/token-usage/historical"),
        ("GET", "/v2/team/queue-status"),
        ("GET", "/v2/team/activity"),
        ("GET", "/v2/concurrency-check"),
    }


@pytest.mark.timeout(300 * EXAMPLES)
def test_answers_are_as_documented(server, web, document, tmp_path):
    assert document["paths"]
    command = [sys.executable, "-m", "schemathesis.cli", "run", f"{server.url}/openapi.json"]
    command += ["--checks", CHECKS, "--header", f"Authorization: Bearer {server.key}"]
    command += ["--phases", "examples,coverage,fuzzing,stateful", "--max-examples", str(EXAMPLES)]
    command += ["--generation-deterministic", "--no-shrink", "--continue-on-failure"]
    # One worker: CPython 3.11 mixes up threads that parse Python source at once (gh-106905).
    command += ["--workers", "1", "--request-timeout", "30", "--no-color", "--warnings", "off"]
    environment = {
        **clean_environment(),
        "PYTHONPATH": str(Path(__file__).parent),
        "SCHEMATHESIS_HOOKS": "openapi_hooks",
        "SMALLWEB_URL": web.url("").rstrip("/"),
    }
    finished = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert finished.returncode == 0, finished.stdout[-20000:] + finished.stderr[-4000:]


def test_every_switch_may_be_sent_either_way(server, web, document):
    body = document["paths"]["/v2/scrape"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    properties = resolved(document, body)["properties"]
    switches = [
        name for name, schema in properties.items() if "boolean" in json.dumps(resolved(document, schema))
    ]
    assert {"onlyMainContent", "mobile", "storeInCache"} <= set(switches)
    faults = {}
    for name, value in itertools.product(switches, (True, False)):
        request = urllib.request.Request(
            f"{server.url}/v2/scrape",
            data=json.dumps({"url": web.url("/i/1"), name: value}).encode(),
            headers={"Authorization": f"Bearer {server.key}", "Content-Type": "application/json"},
        )
        try:
            urllib.request.urlopen(request, timeout=30).close()
        except urllib.error.HTTPError as refused:
            with refused:
                if refused.code >= 500:
                    faults[name, value] = refused.read()
    assert not faults


def resolved(document, schema):
    """Return what a schema's reference points to, or the schema itself."""
    reference = schema.get("$ref")
    return document["components"]["schemas"][reference.rpartition("/")[2]] if reference else schema
