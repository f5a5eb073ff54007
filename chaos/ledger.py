"""What a client was promised: on its own disk before it goes on, so that nothing can be forgotten."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from chaos.client import BATCHES, NotInTime

if TYPE_CHECKING:
    from pathlib import Path

    from chaos.client import Client


@dataclass(frozen=True)
class Batch:
    """An acknowledged batch: its id, and the number that each of its URLs must show."""

    id: str
    numbers: dict[str, int] = field(repr=False)


class Ledger:
    """The acknowledged batches of a run."""

    def __init__(self, path: Path) -> None:
        """Keep the ledger in a file."""
        self._path = path
        self.batches: list[Batch] = []

    def note(self, batch: Batch) -> None:
        """Write a batch down; it is on disk when this returns."""
        with self._path.open("a") as file:
            file.write(json.dumps([batch.id, len(batch.numbers)]) + "\n")
            file.flush()
            os.fsync(file.fileno())
        self.batches.append(batch)

    def submit(
        self, client: Client, numbers: dict[str, int], *, within_s: float = 60, **options: Any
    ) -> Batch:
        """Start a batch and note it, repeating the request under one key until it is acknowledged."""
        body = {"urls": list(numbers), "maxAge": 0, **options}
        key = os.urandom(16).hex()
        answer = client.insist("POST", BATCHES, body, within_s=within_s, x_idempotency_key=key)
        if answer.status != 200:
            raise NotInTime(f"a batch was not taken: {answer.status} {str(answer.body)[:200]}")
        batch = Batch(str(answer.body["id"]), numbers)
        self.note(batch)
        return batch
