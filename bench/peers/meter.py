"""What a peer's run cost: CPU of the process and its children, pages a second, peak memory."""

from __future__ import annotations

import json
import resource
import time


def cpu_s() -> float:
    """Return user and system seconds of this process and of its finished children."""
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in used)


class Meter:
    """Counts from its creation on, so that imports and set-up cost the peer nothing."""

    def __init__(self) -> None:
        """Start the clocks."""
        self.pages = 0
        self.characters = 0
        self._wall = time.perf_counter()
        self._cpu = cpu_s()

    def page(self, markdown: str) -> None:
        """Count one page whose Markdown is there."""
        self.pages += 1
        self.characters += len(markdown)

    def report(self, peer: str) -> None:
        """Print one line of JSON: `cpu_ms` and `pages_s` per page, `peak_mb` of memory."""
        wall, cpu = time.perf_counter() - self._wall, cpu_s() - self._cpu
        pages = max(self.pages, 1)
        figures = {
            "peer": peer,
            "pages": self.pages,
            "cpu_ms": round(cpu / pages * 1000, 3),
            "pages_s": round(pages / wall, 1),
            "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
            "markdown_kb": round(self.characters / pages / 1000, 1),
        }
        print(json.dumps(figures), flush=True)
