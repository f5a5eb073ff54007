import base64
import hashlib
import hmac
import json
from dataclasses import replace

import orjson
import pytest

from engine.scenes import TEAM, WORKER
from webkiln import errors
from webkiln.contract.webhook import WebhookConfig
from webkiln.engine import submitting
from webkiln.engine.outcome import Completed, Failed, GivenBack, Snoozed
from webkiln.engine.settling import announce
from webkiln.engine.submitting import Submission
from webkiln.operations.specs import Specs
from webkiln.operations.webhooks import KIND, WebhookHandler, open_outbox, page_event, standard_key
from webkiln.settings import WebhookSettings
from webkiln.store import tasks
from webkiln.store.jobs import NewJob

SECRET = "glaze-and-slip"
JOB = "0198a000-0000-7000-8000-00000000abcd"


class Receiver:
    """Stands where deliveries go out; answers what the test says, 200 otherwise."""

    def __init__(self):
        self.answers = []
        self.always = 200
        self.got = []

    async def post(self, url, *, headers, body, timeout_s):
        self.got.append((url, dict(headers), body, timeout_s))
        answer = self.answers.pop(0) if self.answers else self.always
        if isinstance(answer, Exception):
            raise answer
        return answer


class Post:
    """An outbox with its handler; `deliver` is what a worker does with its head."""

    def __init__(self, lifecycle, caller, receiver, *, secret=SECRET, **config):
        self.lifecycle, self.receiver = lifecycle, receiver
        now = lifecycle.now()
        self.config = WebhookConfig.model_validate({"url": "https://hook.test/in", **config})
        self.outbox = open_outbox(
            JOB, "batch_scrape", self.config, caller, now=now, expires_at=now + 86_400, zero_retention=False
        )
        settings = WebhookSettings(webhook_secret=secret) if secret else WebhookSettings()
        self.handler = WebhookHandler(
            lifecycle.database, Specs(lifecycle.database), receiver, settings, clock=lifecycle.now
        )

    async def fill(self, *events):
        def work(connection):
            submitting.open_outbox(connection, replace(self.outbox, started=None), self.lifecycle.now())
            box = self.outbox.job.id
            locked = tasks.lock_jobs(connection, [box])
            announce(connection, {box: list(events)}, locked, now=self.lifecycle.now(), ttl_s=86_400)

        await self.lifecycle.database.write(work)

    async def deliver(self):
        """Try to deliver the head of this outbox; return the outcome, None when nothing is due."""
        found = None
        for task in await self.lifecycle.claim(WORKER, [KIND], 10):
            own = task.job_id == self.outbox.job.id
            outcome = await self.handler.run(task) if own else GivenBack()
            await self.lifecycle.finish(WORKER, [(task, outcome)])
            found = outcome if own else found
        return found


@pytest.fixture
def receiver():
    return Receiver()


@pytest.fixture
def post(lifecycle, caller, receiver):
    return Post(lifecycle, caller, receiver)


STARTED = '{"event":"started"}'


def failed_page(number=0):
    return page_event(f"{TEAM[:-4]}{number:04x}", f"https://site.test/{number}", "no trust")


async def test_a_start_is_announced_in_the_contracts_form(post, receiver):
    await post.fill(STARTED)
    assert await post.deliver() == Completed()
    url, headers, body, timeout_s = receiver.got[0]
    sent = json.loads(body)
    assert sent.pop("webhookId") == headers["webhook-id"]
    assert sent == {"success": True, "type": "batch_scrape.started", "id": JOB, "data": []}
    assert (url, timeout_s, headers["Content-Type"]) == ("https://hook.test/in", 10, "application/json")


async def test_a_delivery_carries_both_signatures_over_the_very_bytes(post, receiver, clock):
    await post.fill(STARTED)
    await post.deliver()
    _, headers, body, _ = receiver.got[0]
    expected = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    assert headers["X-Firecrawl-Signature"] == f"sha256={expected}"
    # https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
    assert headers["webhook-timestamp"] == str(int(clock()))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    digest = base64.b64encode(hmac.digest(SECRET.encode(), signed, hashlib.sha256)).decode()
    assert headers["webhook-signature"] == f"v1,{digest}"


async def test_without_a_secret_nothing_is_signed_but_the_id_is_there(lifecycle, caller, receiver):
    post = Post(lifecycle, caller, receiver, secret=None)
    await post.fill(STARTED)
    await post.deliver()
    _, headers, _, _ = receiver.got[0]
    assert {name.lower() for name in headers} == {"content-type", "webhook-id", "webhook-timestamp"}


@pytest.mark.parametrize(
    ("secret", "key"),
    [
        (b"plain", b"plain"),
        (b"whsec_" + base64.b64encode(b"raw bytes \xff"), b"raw bytes \xff"),
        (b"whsec_no base64!", b"whsec_no base64!"),
        (b"whsec_abc", b"whsec_abc"),
    ],
)
def test_the_key_of_standard_webhooks(secret, key):
    assert standard_key(secret) == key


async def test_the_senders_own_headers_go_along_but_the_content_is_json(lifecycle, caller, receiver):
    headers = {"X-Token": "t", "content-type": "text/plain"}
    post = Post(lifecycle, caller, receiver, headers=headers, metadata={"run": 7})
    await post.fill(STARTED)
    await post.deliver()
    _, sent, body, _ = receiver.got[0]
    assert sent["X-Token"] == "t"
    assert [value for name, value in sent.items() if name.lower() == "content-type"] == ["application/json"]
    assert json.loads(body)["metadata"] == {"run": 7}


async def test_tries_follow_the_published_schedule_and_then_the_event_is_dropped(post, receiver, clock):
    """At 0, 1, 6 and 21 minutes: a minute, five and fifteen after the try before."""
    receiver.always = 503
    await post.fill(STARTED)
    begun, moments = clock(), []
    while not isinstance(outcome := await post.deliver(), Failed):
        if isinstance(outcome, Snoozed):
            moments.append(clock() - begun)
        clock.advance(1)
    assert moments == [0, 60, 360]
    assert clock() - begun == 1260
    assert len({headers["webhook-id"] for _, headers, _, _ in receiver.got}) == 1
    assert [headers["webhook-timestamp"] for _, headers, _, _ in receiver.got] == [
        str(int(begun) + offset) for offset in (0, 60, 360, 1260)
    ]


@pytest.mark.parametrize("status", [301, 302, 307, 400, 404, 429, 500, 503])
async def test_what_is_no_success_is_tried_again(post, receiver, clock, status):
    receiver.answers = [status]
    await post.fill(STARTED)
    assert await post.deliver() == Snoozed(clock() + 60)
    clock.advance(60)
    assert await post.deliver() == Completed()


@pytest.mark.parametrize("status", [200, 201, 204, 299])
async def test_every_success_is_one(post, receiver, status):
    receiver.answers = [status]
    await post.fill(STARTED)
    assert await post.deliver() == Completed()


@pytest.mark.parametrize(
    "error", [errors.ConnectionFailed("refused"), errors.ScrapeTimeout("slow"), errors.NameNotResolved("?")]
)
async def test_a_receiver_out_of_reach_is_tried_again(post, receiver, error):
    receiver.answers = [error]
    await post.fill(STARTED)
    assert isinstance(await post.deliver(), Snoozed)


@pytest.mark.parametrize("error", [errors.BlockedAddress(), errors.InvalidTarget("no")])
async def test_a_receiver_that_may_not_be_reached_is_not_tried_again(post, receiver, error):
    receiver.answers = [error]
    await post.fill(STARTED)
    assert isinstance(await post.deliver(), Failed)


async def test_a_receiver_that_is_gone_gets_nothing_more(post, receiver):
    """410 says so (Standard Webhooks): a batch of 100,000 pages must not ask again for each."""
    receiver.answers = [410]
    await post.fill(STARTED, failed_page(1), failed_page(2))
    outcomes = [await post.deliver() for _ in range(3)]
    assert all(isinstance(outcome, Failed) for outcome in outcomes)
    assert len(receiver.got) == 1


async def test_behind_a_dropped_event_the_others_get_one_try_each_until_one_arrives(post, receiver, clock):
    """Each with the whole schedule, a dead receiver's 1,000 events would take two weeks."""
    receiver.always = 503
    await post.fill(*(failed_page(number) for number in range(5)))
    for delay in (60, 300, 900):
        assert isinstance(await post.deliver(), Snoozed)
        clock.advance(delay)
    assert isinstance(await post.deliver(), Failed)
    assert isinstance(await post.deliver(), Failed)
    assert isinstance(await post.deliver(), Failed)
    receiver.always = 200
    assert await post.deliver() == Completed()
    receiver.always = 503
    assert isinstance(await post.deliver(), Snoozed)


async def test_a_dead_receiver_is_no_business_of_a_healthy_one(lifecycle, caller):
    dead, healthy = (Post(lifecycle, caller, Receiver()) for _ in range(2))
    dead.receiver.always = 503
    await dead.fill(*(failed_page(number) for number in range(100)))
    assert isinstance(await dead.deliver(), Snoozed)
    await healthy.fill(STARTED, failed_page())
    assert [await healthy.deliver() for _ in range(3)] == [Completed(), Completed(), None]
    assert len(healthy.receiver.got) == 2


async def test_a_scraped_page_travels_as_its_document(post, receiver, lifecycle, clock):
    job = NewJob(
        id=JOB, team_id=TEAM, kind="batch_scrape", created_at=clock(), expires_at=clock() + 60,
        outbox_id=post.outbox.job.id,
    )  # fmt: skip
    await lifecycle.submit(Submission(job, b"{}", ["https://site.test/"]))
    (page,) = await lifecycle.claim(WORKER, ["batch_scrape"], 1)
    await lifecycle.finish(WORKER, [(page, Completed(b'{"markdown":"hi"}'))])
    await post.fill(page_event(page.id, page.payload))
    await post.deliver()
    sent = json.loads(receiver.got[0][2])
    assert (sent["success"], sent["type"], sent["data"]) == (True, "batch_scrape.page", [{"markdown": "hi"}])


async def test_a_failed_page_travels_with_its_url_and_error(post, receiver):
    await post.fill(failed_page(7))
    await post.deliver()
    sent = json.loads(receiver.got[0][2])
    assert (sent["success"], sent["type"], sent["error"]) == (False, "batch_scrape.page", "no trust")
    assert sent["data"] == [{"metadata": {"sourceURL": "https://site.test/7"}}]


async def test_a_page_that_has_expired_is_not_announced(post, receiver):
    await post.fill(page_event(JOB, "https://site.test/"))
    assert await post.deliver() == Completed()
    assert receiver.got == []


@pytest.mark.parametrize("state", ["completed", "cancelled"])
async def test_the_end_is_one_event_whatever_the_end_was(post, receiver, state):
    await post.fill(orjson.dumps({"event": "ended", "state": state}).decode())
    await post.deliver()
    sent = json.loads(receiver.got[0][2])
    assert (sent["success"], sent["type"], sent["data"]) == (True, "batch_scrape.completed", [])
    assert sent.get("status") == (None if state == "completed" else "cancelled")


async def test_what_is_dropped_says_nothing_of_the_receiver_in_the_log(post, receiver, logs):
    receiver.answers = [errors.BlockedAddress()]
    await post.fill(STARTED)
    await post.deliver()
    assert [entry["event"] for entry in logs] == ["webhook event dropped"]
    assert "hook.test" not in str(logs)
    assert SECRET not in str(logs)


async def test_the_outbox_of_a_job_without_retention_is_not_kept_either(caller, clock):
    config = WebhookConfig.model_validate({"url": "https://hook.test/in", "headers": {"X-Token": "t"}})
    box = open_outbox(
        JOB, "batch_scrape", config, caller, now=clock(), expires_at=clock() + 86_400, zero_retention=True
    )
    assert box.job.zero_retention
    assert box.job.parent_id == JOB


def test_half_a_character_in_an_error_is_no_obstacle():
    assert orjson.loads(page_event(JOB, "https://site.test/", "odd \ud800"))["error"] == "odd ?"
