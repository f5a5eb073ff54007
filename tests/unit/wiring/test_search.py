import subprocess
import sys

import pytest

from webkiln.settings import load
from webkiln.wiring.search import open_search

ALL = {
    "SEARXNG_ENDPOINT": "http://127.0.0.1:8080",
    "TAVILY_API_KEY": "t",
    "BRAVE_API_KEY": "b",
    "SEARCHAPI_API_KEY": "a",
    "SERPER_API_KEY": "s",
    "WEBKILN_SEARCH_DDGS": "true",
}


def names(**environ):
    failover = open_search(load(environ))
    return [provider.name for provider in failover._providers]


@pytest.mark.parametrize(
    ("environ", "order"),
    [
        ({}, []),
        (ALL, ["searxng", "serper", "searchapi", "brave", "tavily", "ddgs"]),
        ({"BRAVE_API_KEY": "b"}, ["brave"]),
        ({"WEBKILN_SEARCH_PROVIDERS": "ddgs"}, ["ddgs"]),
        ({**ALL, "WEBKILN_SEARCH_PROVIDERS": "tavily,searxng"}, ["tavily", "searxng"]),
    ],
)
async def test_providers_that_are_set_up_are_asked_in_order(environ, order):
    assert names(**environ) == order


async def test_no_secret_is_in_what_settings_show():
    assert "planted-key" not in repr(load({**ALL, "SERPER_API_KEY": "planted-key"}))


def test_the_client_is_loaded_by_those_who_ask_a_server():
    told = "import sys; from webkiln.settings import load; from webkiln.wiring.search import open_search;"
    told += "open_search(load({})); print('aiohttp' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True, timeout=60)
    assert ran.stdout.strip() == "False"
