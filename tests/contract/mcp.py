"""Speak to an MCP server over its standard streams: one line of JSON-RPC for each message."""

from __future__ import annotations

import contextlib
import json
import subprocess
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from pathlib import Path

ANSWER_S = 60
STOP_S = 10


@dataclass(frozen=True)
class ToolAnswer:
    """What a tool said, and whether it calls that a failure."""

    text: str
    failed: bool

    def json(self) -> Any:
        """Return what the text says, when it is JSON."""
        return json.loads(self.text)


class McpSession:
    """Runs `command` and shakes hands with it; `log` keeps what it says beside the protocol."""

    def __init__(self, command: list[str], environment: dict[str, str], log: Path) -> None:
        self._log = log
        with log.open("wb") as sink:
            self._process = subprocess.Popen(
                command,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=sink,
                text=True,
                encoding="utf-8",
            )
        self._last = 0

    def __enter__(self) -> Self:
        client = {"name": "webkiln-tests", "version": "1"}
        self.ask("initialize", {"protocolVersion": "2024-11-05", "capabilities": {}, "clientInfo": client})
        self._send({"method": "notifications/initialized"})
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        try:
            self._process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()

    def tools(self) -> set[str]:
        """Return the names of the tools."""
        return {tool["name"] for tool in self.ask("tools/list", {})["tools"]}

    def call(self, name: str, **arguments: Any) -> ToolAnswer:
        """Call a tool."""
        answer = self.ask("tools/call", {"name": name, "arguments": arguments})
        text = "\n".join(part["text"] for part in answer["content"])
        return ToolAnswer(text, bool(answer.get("isError")))

    def ask(self, method: str, params: dict[str, Any]) -> Any:
        """Send a request and return its result; what it says in between is left aside."""
        self._last += 1
        watchdog = threading.Timer(ANSWER_S, self._process.kill)
        watchdog.start()
        try:
            self._send({"id": self._last, "method": method, "params": params})
            assert self._process.stdout is not None
            for line in self._process.stdout:
                message = json.loads(line)
                if message.get("id") == self._last and "method" not in message:
                    assert "result" in message, message
                    return message["result"]
        finally:
            watchdog.cancel()
        raise AssertionError(f"{method}: no answer\n{self._log.read_text(errors='replace')[-4000:]}")

    def _send(self, message: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
            self._process.stdin.flush()
