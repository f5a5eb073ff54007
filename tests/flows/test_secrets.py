"""Secrets are planted in every place that takes one; then the log, documents and others' answers are read."""

import json
import time
import uuid

import pytest

from contract.running import KEY, serving
from flows.client import Api, until

OPERATORS = {
    "WEBKILN_WEBHOOK_SECRET": "whsec_0peratorhook",
    "WEBKILN_PROXY_USERNAME": "operator",
    "WEBKILN_PROXY_PASSWORD": "0perat0rproxy",
    "WEBKILN_TAVILY_API_KEY": "0perat0rtavily",
    "WEBKILN_WEBHOOK_URL": "http://receiver.nowhere.test/?key=0perat0rurl",
}
SENT = "cl1entsecret"
UNREMEMBERED = "unrememberedpage"


@pytest.fixture(scope="module")
def told(web, database_settings, tmp_path_factory):
    """Return the server, and how to read what it has logged."""
    settings = {
        **database_settings(),
        **OPERATORS,
        "WEBKILN_ALLOW_NETWORKS": f"{web.address}/32",
        "WEBKILN_RESOLVE": web.pins,
        "WEBKILN_SEARXNG_ENDPOINT": web.url("/status/500"),
        "WEBKILN_SEARCH_PROVIDERS": "searxng",
        "WEBKILN_WEBHOOK_RETRY_DELAYS_S": "0.05",
        "WEBKILN_LOG_LEVEL": "debug",
        "WEBKILN_LOG_FORMAT": "json",
    }
    folder = tmp_path_factory.mktemp("secrets")
    with serving(folder, settings) as running:
        api = Api(running.url, running.key, folder / "data", settings.get("WEBKILN_DATABASE_URL"))
        yield api, lambda: (folder / "server.log").read_text(errors="replace")


def carrying(web, path):
    return f"{web.url(path)}?token={SENT}&n={uuid.uuid4().hex}#{SENT}"


PATHS = ["/i/1", "/status/404", "/status/503", "/reset", "/redirect/2", "/cut"]
HEADERS = {"Authorization": f"Bearer {SENT}", "Cookie": f"session={SENT}"}


def use_everything(api, web):
    """Scrape, batch, crawl, map and search, well and badly, with a secret wherever one fits."""
    urls = [carrying(web, path) for path in PATHS]
    urls += [f"https://nowhere.test/?{SENT}", f"http://10.0.0.1/?{SENT}"]
    answers = [api.post("/v2/scrape", {"url": url, "headers": HEADERS, "timeout": 20_000}) for url in urls]
    webhook = {"url": carrying(web, "/status/500"), "headers": HEADERS, "metadata": {"ours": SENT}}
    batch = api.start(urls, headers=HEADERS, webhook=webhook, ignoreInvalidURLs=True)
    nowhere = {"url": f"http://receiver.nowhere.test/?{SENT}", "headers": HEADERS}
    other = api.start(urls[:2], webhook=nowhere, ignoreInvalidURLs=True)
    crawl = api.post(
        "/v2/crawl",
        {"url": urls[0], "limit": 2, "scrapeOptions": {"headers": HEADERS}, "ignoreRobotsTxt": False},
    )
    answers.append(api.post("/v2/map", {"url": urls[0], "limit": 5, "timeout": 5_000}))
    answers.append(api.post("/v2/search", {"query": SENT}))
    for job in (batch, other):
        api.wait(job)
    path = f"/v2/crawl/{crawl.body['id']}"
    until(lambda: api.get(path).body, lambda found: found["status"] == "completed", within_s=30)
    return [batch, other], answers


def speak_badly(api):
    """Bring secrets where none belongs; the one who sent them may read them again."""
    api.get(f"/v2/nowhere?token={SENT}")
    api.get(f"/v2/batch/scrape/{SENT}?skip={SENT}")
    api.post("/v2/scrape", {"url": f"ftp://u:{SENT}@x.test/?{SENT}", SENT: 1})
    api.post("/v2/scrape", {"url": [SENT], "headers": {"bad name": SENT}})
    api.call("POST", "/v2/scrape", {"url": "x"}, Authorization=f"Bearer {SENT}")


def test_the_log_and_the_answers_of_others_tell_nothing(told, web):
    api, log = told
    jobs, answers = use_everything(api, web)
    speak_badly(api)
    forgotten = [f"{web.url(f'/{UNREMEMBERED}')}?n={time.time_ns()}", f"https://{UNREMEMBERED}.test/"]
    for url in forgotten:
        api.post("/v2/scrape", {"url": url, "zeroDataRetention": True, "timeout": 10_000})
    api.wait(api.start(forgotten, zeroDataRetention=True))
    until(log, lambda text: text.count("webhook event dropped") >= 2, within_s=30)

    said = log()
    for secret in (*OPERATORS.values(), *map(_core, OPERATORS.values()), SENT, UNREMEMBERED, KEY):
        if secret != "operator":
            assert secret not in said, [line for line in said.splitlines() if secret in line][:3]
    if api.database_url is not None and (password := _password(api.database_url)):
        assert password not in said

    stranger = api.another_team()
    for job in jobs:
        for path in ("", "/errors"):
            other = stranger.get(f"/v2/batch/scrape/{job}{path}")
            assert other.status == 404
            assert SENT not in json.dumps(other.body)
    operators = [_core(value) for value in OPERATORS.values() if value != "operator"]
    documents = json.dumps([api.status(job) for job in jobs] + [answer.body for answer in answers])
    assert not [secret for secret in operators if secret in documents]
    for document in [one for job in jobs for one in api.status(job)["data"]]:
        kept = json.dumps({key: value for key, value in document.items() if key != "metadata"})
        assert SENT not in kept


def _core(value):
    """Return of a secret, or a URL with one, the part that must not be seen."""
    return value.rpartition("=")[2].removeprefix("whsec_")


def _password(url):
    return url.partition("://")[2].partition("@")[0].partition(":")[2]
