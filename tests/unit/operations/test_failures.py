from dataclasses import replace

from webkiln import errors
from webkiln.engine.outcome import Event, Failed
from webkiln.operations.failures import failed
from webkiln.store.tasks import ClaimedTask
from webkiln.telemetry.redaction import WITHHELD, withholding

TASK = ClaimedTask(
    id="t", job_id="j", spec_id="s", payload="https://u:p@site.test/a/b?key=secret#x", attempt=3, tries=2,
    crashes=0, kind="batch_scrape", team_id="m", key_id=None, zero_retention=False, told_id=None,
)  # fmt: skip


def test_a_failed_page_has_a_line(logs):
    error, events = errors.TlsFailed("The certificate has expired."), (Event("o", "{}"),)
    assert failed(TASK, error, events) == Failed(error, events)
    assert logs == [
        {
            "event": "page failed",
            "log_level": "warning",
            "url": "https://site.test/a/b",
            "code": "SCRAPE_SSL_ERROR",
            "tries": 3,
            "why": "The certificate has expired.",
            "kind": "batch_scrape",
            "job": "j",
            "task": "t",
        }
    ]


def test_of_a_page_without_retention_it_has_no_address(logs):
    with withholding():
        failed(replace(TASK, zero_retention=True), errors.SiteFailed("no"))
    assert [line["url"] for line in logs] == [WITHHELD]
