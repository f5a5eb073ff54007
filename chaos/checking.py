"""What became of what was promised: every page exactly once, with its own content, and nothing left over."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from chaos.client import BATCHES, OVER, until
from smallweb import item_mark

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chaos.client import Client
    from chaos.ledger import Batch
    from smallweb import SpawnedWeb

_LIMIT = 500


@dataclass
class Findings:
    """Counts over all batches checked; everything but `pages` and `refetched` should be 0."""

    pages: int = 0
    refetched: int = 0
    lost: int = 0
    duplicated: int = 0
    wrong: int = 0
    failed: int = 0
    miscounted: int = 0
    stuck: int = 0
    notes: list[str] = field(default_factory=list)

    @property
    def faultless(self) -> bool:
        """Whether every promise was kept."""
        return not any((self.lost, self.duplicated, self.wrong, self.failed, self.miscounted, self.stuck))

    def figures(self) -> dict[str, Any]:
        """Return the counts for the line that is printed."""
        return {name: value for name, value in asdict(self).items() if name != "notes"}


def documents(client: Client, job: str) -> list[dict[str, Any]]:
    """Return all documents of a batch, following `next` as clients do."""
    found: list[dict[str, Any]] = []
    query = f"?limit={_LIMIT}"
    while True:
        status = client.status(job, query)
        found += status["data"]
        if "next" not in status:
            return found
        query = "?" + urlsplit(status["next"]).query


def completed(client: Client, batches: Sequence[Batch], *, within_s: float) -> Findings:
    """Wait until all batches are over; those that are not in time are stuck."""
    findings = Findings()
    for batch in batches:
        try:
            until(
                lambda batch=batch: client.status(batch.id),
                lambda status: status["status"] in OVER,
                within_s=within_s,
                what=f"batch {batch.id}",
                every_s=0.2,
            )
        except Exception as late:  # noqa: BLE001 (whatever it was, the batch is not over, and others are to be checked)
            findings.stuck += 1
            findings.notes.append(str(late))
    return findings


def check(client: Client, web: SpawnedWeb, batches: Sequence[Batch], *, within_s: float) -> Findings:
    """Compare what was promised with what the API answers and what the site has seen."""
    findings = completed(client, batches, within_s=within_s)
    hits = web.summary()["hits"]
    for batch in batches:
        _check_batch(client, batch, findings)
        for url in batch.numbers:
            seen = hits.get(f"{web.address}{urlsplit(url).path}", 0)
            findings.refetched += max(seen - 1, 0)
            if not seen:
                findings.lost += 1
                findings.notes.append(f"the site was never asked for {url}")
    queue = until(
        lambda: client.insist("GET", "/v2/team/queue-status").body,
        lambda body: body["jobsInQueue"] == 0,
        within_s=5,
        what="an empty queue",
    )
    findings.notes += [] if queue["activeJobsInQueue"] == 0 else [f"the queue is not empty: {queue}"]
    return findings


def _check_batch(client: Client, batch: Batch, findings: Findings) -> None:
    status = client.status(batch.id)
    wanted = len(batch.numbers)
    if (status["status"], status["completed"], status["total"]) != ("completed", wanted, wanted):
        findings.miscounted += 1
        counts = {name: status[name] for name in ("status", "completed", "total")}
        findings.notes.append(f"{batch.id} has {counts} of {wanted}")
    errors = client.insist("GET", f"{BATCHES}/{batch.id}/errors").body["errors"]
    findings.failed += len(errors)
    findings.notes += [str(error)[:200] for error in errors[:3]]
    found = documents(client, batch.id)
    findings.pages += len(found)
    sources = Counter(page["metadata"]["sourceURL"] for page in found)
    findings.duplicated += sum(count - 1 for count in sources.values())
    findings.lost += len(batch.numbers.keys() - sources.keys())
    for page in found:
        number = batch.numbers.get(page["metadata"]["sourceURL"])
        if number is None or item_mark(number) not in page.get("markdown", ""):
            findings.wrong += 1
            findings.notes.append(f"wrong content under {page['metadata']['sourceURL']}")
