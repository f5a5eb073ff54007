"""A server without keys: clients work as ever, and no web page gets at it."""

import asyncio

import httpx
import pytest
from firecrawl import Firecrawl
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from contract.running import serving
from flows.client import Api


@pytest.fixture(scope="module")
def open_api(web, tmp_path_factory):
    settings = {
        "WEBKILN_AUTH": "none",
        "WEBKILN_ALLOW_NETWORKS": f"{web.address}/32",
        "WEBKILN_RESOLVE": web.pins,
        "WEBKILN_EXTRA_CA_FILE": web.ca_file,
        "WEBKILN_PUBLIC_URL": "https://kiln.corp/",
        "WEBKILN_ALLOWED_HOSTS": "pots.corp, 10.1.2.3",
    }
    folder = tmp_path_factory.mktemp("open")
    with serving(folder, settings, workers=1) as running:
        yield Api(running.url, "", folder / "data")


def asked(api, *, method="POST", path="/v2/scrape", content=b"{}", **headers):
    sent = {"Content-Type": "application/json", **{name.title(): value for name, value in headers.items()}}
    return httpx.request(method, api.url + path, content=content, headers=sent, trust_env=False)


def test_the_official_client_needs_no_key(open_api, web):
    client = Firecrawl(api_key="fc-none", api_url=open_api.url)
    assert client.scrape(web.url("/i/1"), formats=["markdown"]).markdown
    batch = client.start_batch_scrape([web.url(f"/i/{number}") for number in range(50)])
    assert client.cancel_batch_scrape(batch.id) is True


@pytest.mark.parametrize("host", ["kiln.corp", "pots.corp", "10.1.2.3:3002", "localhost"])
def test_names_of_the_settings_are_served(open_api, host):
    answer = asked(open_api, host=host, origin=f"https://{host}")
    assert answer.status_code == 400  # there is no url in it
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("more", [{"host": "evil.test"}, {"origin": "https://evil.test"}, {"origin": "null"}])
@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/v2/scrape"), ("DELETE", "/v2/crawl/x"), ("GET", "/metrics"), ("GET", "/nowhere")],
)
def test_a_web_page_is_refused(open_api, method, path, more):
    answer = asked(open_api, method=method, path=path, **more)
    assert (answer.status_code, answer.json()["success"]) == (403, False)
    assert "WEBKILN_ALLOWED_HOSTS" in answer.json()["error"]
    assert "access-control-allow-origin" not in answer.headers


def test_no_page_is_told_that_it_may_ask(open_api):
    headers = {"Origin": "http://localhost:5173", "Access-Control-Request-Method": "POST"}
    answer = httpx.options(f"{open_api.url}/v2/scrape", headers=headers, trust_env=False)
    assert answer.status_code >= 400
    assert not [name for name in answer.headers if name.startswith("access-control")]


def test_what_needs_no_permission_is_no_body(open_api):
    answer = asked(open_api, **{"content-type": "text/plain"})
    assert (answer.status_code, answer.json()["success"]) == (415, False)


def test_no_page_watches_either(open_api):
    url = f"ws{open_api.url.removeprefix('http')}/v2/batch/scrape/0198a000-0000-7000-8000-000000000000"

    async def watch(**headers):
        async with connect(url, additional_headers=headers, proxy=None) as watcher:
            return await watcher.recv()

    assert "not found" in asyncio.run(watch())
    with pytest.raises(InvalidStatus) as caught:
        asyncio.run(watch(Origin="https://evil.test"))
    assert caught.value.response.status_code == 403
