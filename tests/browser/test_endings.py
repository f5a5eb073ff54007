"""What happens when a browser is killed, and when nobody wants its pages any more."""

import contextlib
import os
import signal
import threading

from flows.client import until


def test_a_scrape_survives_the_death_of_its_browser(api, site):
    answers = []

    def scrape():
        answers.append(api.scrape(site.url("/landing"), waitFor=1_500))

    scraping = threading.Thread(target=scrape)
    scraping.start()
    until(lambda: site.asked("/landing"), bool)
    doomed = api.chromium()
    assert doomed
    for pid in doomed:
        with contextlib.suppress(ProcessLookupError):  # it went with its parent
            os.kill(pid, signal.SIGKILL)
    scraping.join()
    assert answers[0].status == 200, answers[0].body
    assert "# Landed" in answers[0].body["data"]["markdown"]
    assert len(site.asked("/landing")) == 2
    assert not set(doomed) & set(api.chromium())


def test_a_cancelled_batch_lets_its_pages_go_at_once(api, site):
    urls = [site.url(f"/slow-shell?n={number}") for number in range(12)]
    job_id = api.start(urls, waitFor=20_000, maxAge=0)
    until(lambda: len(site.asked("/slow-shell")), lambda count: count >= 5, within_s=30)
    until(lambda: site.open.count("/never"), lambda count: count >= 10, within_s=30)
    assert api.delete(f"/v2/batch/scrape/{job_id}").body == {"status": "cancelled"}
    until(site.connections, lambda count: count == 0, within_s=5)
    begun = len(site.log)
    # Their places are free again, and no other page of the batch has taken one.
    assert "# Landed" in api.page(site.url("/landing"), waitFor=1)["markdown"]
    assert {one.path for one in site.log[begun:]} == {"/landing"}


def test_a_timeout_ends_a_page_and_its_connections(api, site):
    answer = api.scrape(
        site.url("/slow-shell"), timeout=2_000, actions=[{"type": "wait", "milliseconds": 9_000}]
    )
    assert (answer.status, answer.body["code"]) == (408, "SCRAPE_TIMEOUT")
    until(site.connections, lambda count: count == 0, within_s=5)
