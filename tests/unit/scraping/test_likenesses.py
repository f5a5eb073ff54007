import json
import random

from engine.scripted import Flaky
from webkiln import ids
from webkiln.content.quality.likeness import likeness
from webkiln.errors import Unavailable
from webkiln.scraping.documents import Made
from webkiln.scraping.likenesses import Likenesses

WORDS = random.Random(5).choices([f"word{n}" for n in range(900)], k=500)


def made(found):
    return Made(b'{"metadata":{"quality":{"verdict":"ok"}}}', None, {}, likeness=found)


async def test_what_is_too_short_or_alone_is_compared_with_nothing(database):
    alike = Likenesses(database)
    assert await alike.told(made(None), ids.new_id(), ids.new_id()) == made(None).document
    assert await alike.told(made(likeness(WORDS)), "", ids.new_id()) == made(None).document


async def test_a_database_that_is_away_costs_the_comparison_and_not_the_page(tmp_path):
    away = Flaky(tmp_path / "away.db")
    away.away = Unavailable("away")
    told = json.loads(await Likenesses(away).told(made(likeness(WORDS)), ids.new_id(), ids.new_id()))
    assert told["warning"] == "Whether the page repeats another could not be looked for."
    assert told["metadata"]["quality"] == {"verdict": "ok"}
    await away.close()
