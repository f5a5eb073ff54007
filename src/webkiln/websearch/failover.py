"""Asking providers in their order until one answers."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import structlog

from webkiln.websearch.query import ProviderFailed

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from webkiln.websearch.query import Found, Query, SearchProvider

log = structlog.get_logger(__name__)


class AllFailed(Exception):
    """No provider answered; the text says of each why not."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What was found, by whom, and who failed before."""

    found: Found
    provider: str
    failures: tuple[str, ...] = ()

    @property
    def warnings(self) -> list[str]:
        """What a client should know: who failed, and which options had no effect."""
        told = []
        if self.failures:
            told.append(f"Degraded search: {'; '.join(self.failures)}; {self.provider} answered instead")
        if self.found.silent:
            told.append(f"Search by {self.provider}: {_did_not_answer(self.found)}")
        return told + [f"Search by {self.provider}: {note}" for note in self.found.notes]


class Failover:
    """Providers in the order in which they are asked; an empty answer is an answer.

    It is none yet where engines behind the provider did not answer it: they may know something.
    """

    def __init__(
        self, providers: Sequence[SearchProvider], close: Callable[[], Awaitable[None]] | None = None
    ) -> None:
        """Ask `providers`; `close` ends what connects them to their servers."""
        self._providers = tuple(providers)
        self._close = close

    def __bool__(self) -> bool:
        """Return whether there is anybody to ask."""
        return bool(self._providers)

    async def search(self, query: Query, within_s: float) -> Answered:
        """Return the first answer, or the first empty one that was none yet; raises AllFailed.

        Of `within_s` seconds each provider gets an even share of what its predecessors left.
        """
        loop = asyncio.get_running_loop()
        end = loop.time() + within_s
        failures: dict[str, str] = {}
        doubtful: Answered | None = None
        for place, provider in enumerate(self._providers):
            share = max(end - loop.time(), 0) / (len(self._providers) - place)
            try:
                async with asyncio.timeout(share):
                    found = await provider.search(query)
            except ProviderFailed as failure:
                reason = str(failure)
            except TimeoutError:
                reason = f"no answer within {share:.3g} s"
            else:
                answer = Answered(found, provider.name, tuple(failures.values()))
                if found.hits or not found.silent:
                    return answer
                doubtful = doubtful or answer
                reason = f"it found nothing, and {_did_not_answer(found)}"
            log.warning("search provider failed", provider=provider.name, source=query.source, reason=reason)
            failures[provider.name] = f"{provider.name} failed ({reason})"
        if doubtful is not None:
            del failures[doubtful.provider]  # it is what answers in the end
            return replace(doubtful, failures=tuple(failures.values()))
        raise AllFailed("; ".join(failures.values()))

    async def close(self) -> None:
        """Close every connection; nobody is asked again."""
        if self._close is not None:
            await self._close()


def _did_not_answer(found: Found) -> str:
    engines = ", ".join(found.silent)
    return f"of its engines these did not answer: {engines}"
