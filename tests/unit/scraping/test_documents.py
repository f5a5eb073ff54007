import json

import pytest

from webkiln.contract.scrape import ScrapeOptions
from webkiln.fetching.page import Page
from webkiln.scraping.documents import Asked, make
from webkiln.scraping.wishes import Wishes

URL = "https://site.test/"


def made(text, formats):
    body = f"<title>T</title><p>{text}".encode()
    page = Page(URL, URL, 200, (("content-type", "text/html; charset=utf-8"),), "", body, body, 0.0)
    asked = Asked(Wishes.of(ScrapeOptions.model_validate({"formats": formats})), {"scrapeId": "s"}, {})
    return body.decode(), json.loads(make(page, asked).document)


@pytest.mark.parametrize("formats", [["rawHtml"], ["markdown", "rawHtml"]])
@pytest.mark.parametrize("word", ['glaze "and" slip \\ ', "釉薬と土 🏺 ", "<b>clay\u2028\t</b>"])
def test_texts_of_any_length_are_written_whole(formats, word):
    for times in (1, 300_000):
        html, document = made(word * times, formats)
        assert document["rawHtml"] == html
        assert set(document) == {*formats, "metadata"}
        assert document["metadata"]["title"] == "T"
