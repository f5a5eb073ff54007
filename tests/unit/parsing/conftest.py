from pathlib import Path

import pytest

from engine.conftest import clock, logs
from webkiln.parsing.job import Job
from webkiln.parsing.pool import ParsingPool

__all__ = ["clock", "logs"]


@pytest.fixture
async def pool(monkeypatch, clock):
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    made = ParsingPool(2, most_bytes=200 << 20, small_bytes=50 << 20, clock=clock)
    yield made
    await made.close()


@pytest.fixture
def job():
    def make(name, body=b"", *, limit_s=60.0, most_bytes=50 << 20, urgent=False, **options):
        return Job(f"childs_play:{name}", options, body, limit_s, most_bytes, "task", urgent=urgent)

    return make
