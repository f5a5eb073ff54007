import pytest

from unit.api.conftest import JOB

READY = "/v0/health/liveness"


@pytest.mark.parametrize("path", [f"{READY}/", f"/{READY}", f"//{READY}//", READY.replace("/h", "//h")])
async def test_slashes_too_many_do_not_count(client, path):
    answer = await client.get(f"http://api.test{path}")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


@pytest.mark.parametrize("path", ["/v2/scrape/", "//v2/scrape", "/v2//scrape", "/v1/scrape/"])
async def test_a_post_keeps_its_body(client, path):
    answer = await client.post(f"http://api.test{path}", json={"url": "http://10.0.0.1/"})
    assert (answer.status_code, answer.json()["code"]) == (403, "unsafe_domain_blocked")


@pytest.mark.parametrize("path", [f"/v2/batch/scrape/{JOB}/", f"//v2/crawl/{JOB}//"])
async def test_a_delete_reaches_its_job(client, path):
    answer = await client.delete(f"http://api.test{path}")
    assert answer.status_code == 404
    assert answer.json().keys() == {"error"}  # the words of a cancel, not of a path that is none


async def test_a_query_stays(client):
    answer = await client.get(f"http://api.test//v2/batch/scrape/{JOB}/?skip=x")
    assert (answer.status_code, answer.json()["details"][0]["path"]) == (400, ["skip"])


@pytest.mark.parametrize(
    "path",
    ["/", READY, f"{READY}/", "/metrics", "/openapi.json", "/v2/team/queue-status", "/v2/crawl/active"],
)
async def test_head_is_a_get_without_a_body(client, path):
    got, headed = await client.get(path), await client.head(path)
    assert (headed.status_code, headed.content) == (200, b"")
    assert got.headers["content-type"] == headed.headers["content-type"]
    assert "content-length" in headed.headers


async def test_head_tells_what_get_would_refuse(client, dial, parts):
    assert (await client.head(f"/v2/batch/scrape/{JOB}")).status_code == 404
    assert (await client.head("/v2/batch/scrape/nonsense")).status_code == 400
    assert (await dial(parts, key=None).head("/v2/team/queue-status")).status_code == 401
    posted = await client.head("/v2/map")
    assert (posted.status_code, posted.content, posted.headers["allow"]) == (405, b"", "POST")


async def test_where_get_is_allowed_so_is_head(client):
    answer = await client.put(READY)
    assert (answer.status_code, set(answer.headers["allow"].split(", "))) == (405, {"GET", "HEAD"})


@pytest.mark.parametrize("path", ["/v2/crawl/params-preview", "/v2/crawl/params-preview/"])
async def test_a_published_path_that_is_not_here_is_no_job(client, path):
    answer = await client.post(path, json={"url": "https://a.test", "prompt": "the blog"})
    told = "There is no POST /v2/crawl/params-preview on this server"
    assert (answer.status_code, answer.json()) == (404, {"success": False, "error": told})
    assert (await client.post(f"/v2/crawl/{JOB}", json={})).status_code == 405
