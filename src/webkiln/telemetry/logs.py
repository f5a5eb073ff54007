"""One log format for every process."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
from typing import TYPE_CHECKING, Any, TextIO, cast

import structlog

from webkiln.telemetry.redaction import Redaction

if TYPE_CHECKING:
    from collections.abc import Iterable

_LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}


def set_up_logging(*, level: str, form: str, process: str, secrets: Iterable[str] = ()) -> None:
    """Send every log line, libraries' included, to standard error with the process's name on it.

    `level` is debug, info, warning or error; `form` is console or json. None of `secrets` is written.
    """
    output = cast("TextIO", _Forgiving())
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        Redaction(secrets),
    ]
    renderer: Any = (
        structlog.processors.JSONRenderer()
        if form == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        logger_factory=structlog.PrintLoggerFactory(output),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(process=process)
    handler = logging.StreamHandler(output)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(max(_LEVELS[level], logging.WARNING))


class _Forgiving:
    """Standard error, for those who must not fail because it does: on a full disk, or with nobody there."""

    def __init__(self) -> None:
        self._line = ""

    def write(self, text: str) -> None:
        self._line += text
        if text.endswith("\n"):
            self.flush()

    def flush(self) -> None:
        """Write past the stream's own buffer: what it cannot get rid of would cost the exit status."""
        line, self._line = self._line, ""
        with contextlib.suppress(OSError, ValueError):
            try:
                descriptor = sys.stderr.fileno()
            except (OSError, ValueError):  # something in memory
                sys.stderr.write(line)
                return
            data = line.encode(errors="backslashreplace")
            while data:
                data = data[os.write(descriptor, data) :]
