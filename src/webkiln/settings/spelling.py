"""Names in an environment that were meant as settings and are none."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

_OURS = "WEBKILN"
_ALIKE = 0.75  # of two prefixes: `WEBKLIN` and `WEB_KILN` are meant as ours, `WEBKIT` is not
_NEAR = 0.6
# What Kubernetes and Docker tell a container of a service that is called webkiln-something.
_LINK = re.compile(r"_SERVICE_(?:HOST|PORT)(?:_|$)|_PORT_[0-9]+_(?:TCP|UDP|SCTP)(?:_|$)")
_LINK_VALUE = re.compile(r"(?:tcp|udp|sctp)://")


def misspelt(environ: Mapping[str, str], known: Collection[str]) -> list[str]:
    """Return a sentence for each name that looks like one of the `known` and is none.

    No value is in it.
    """
    rests = [name.removeprefix(f"{_OURS}_") for name in known if name.startswith(_OURS)]
    told = []
    for name in sorted(_suspicious(environ, known)):
        near = difflib.get_close_matches(_rest(name), rests, n=1, cutoff=_NEAR)
        meant = f"; did you mean {_OURS}_{near[0]}?" if near else "."
        told.append(f"{name} is no setting and has no effect{meant}")
    return told


def _suspicious(environ: Mapping[str, str], known: Collection[str]) -> Iterator[str]:
    for name, value in environ.items():
        if name in known or not _is_meant_as_ours(name):
            continue
        if _LINK.search(name) is None and _LINK_VALUE.match(value) is None:
            yield name


def _is_meant_as_ours(name: str) -> bool:
    text = name.upper().replace("WEB_KILN", _OURS)
    prefix, line, _ = text.partition("_")
    if not line or not prefix.startswith("W"):
        return False
    alike = difflib.SequenceMatcher(None, prefix, _OURS).ratio()
    return prefix == _OURS or (alike >= _ALIKE and not prefix.startswith("WEBKIT"))


def _rest(name: str) -> str:
    return name.upper().replace("WEB_KILN", _OURS).partition("_")[2]
