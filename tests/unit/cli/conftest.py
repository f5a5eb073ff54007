from __future__ import annotations

import pytest
from typer.testing import CliRunner

from unit.cli.api_server import KEY, ApiServer
from unit.cli.commands import app


@pytest.fixture
def server():
    running = ApiServer()
    running.start()
    yield running
    running.stop()


@pytest.fixture
def run(server, monkeypatch):
    """Run a command against the server; returns what it printed and its exit code."""
    monkeypatch.setenv("WEBKILN_API_URL", server.url)
    monkeypatch.setenv("WEBKILN_API_KEY", KEY)
    runner = CliRunner()

    def invoke(*arguments, stdin=None, **environ):
        return runner.invoke(app, [str(argument) for argument in arguments], input=stdin, env=environ)

    return invoke
