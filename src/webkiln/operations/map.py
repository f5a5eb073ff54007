"""Mapping a site while the client waits (contract §8)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from webkiln import errors, ids
from webkiln.engine.submitting import Submission
from webkiln.frontier.patterns import InvalidPattern
from webkiln.frontier.rules import LinkRules
from webkiln.operations.kinds import MAP
from webkiln.operations.map_spec import MapSpec
from webkiln.operations.one_task import OneTask
from webkiln.store.jobs import NewJob

if TYPE_CHECKING:
    from collections.abc import Sequence

    from webkiln.contract.map import MapRequest
    from webkiln.engine.lifecycle import Lifecycle
    from webkiln.engine.waiting import EndOfJobs
    from webkiln.operations.caller import Caller
    from webkiln.operations.targets import Targets

_PRIORITY = 1  # after single pages
_PATIENCE_S = 300.0  # for a worker to be free and to look, where the request names no timeout


class Map:
    """Makes a job of one task, the look at a site, and waits for its end."""

    def __init__(self, lifecycle: Lifecycle, waiting: EndOfJobs, targets: Targets) -> None:
        """Judge start URLs by `targets`."""
        self._lifecycle = lifecycle
        self._one_task = OneTask(lifecycle, waiting)
        self._targets = targets

    async def run(
        self, caller: Caller, request: MapRequest, warnings: Sequence[str] = ()
    ) -> tuple[str, bytes]:
        """Return the job's id, and the links and the warning as JSON.

        Raises BadRequest, RequestError (a pattern that is none), Forbidden, BlockedAddress, MapFailed and
        MapTimeout. A caller that goes away (cancels this call) ends the map.
        """
        if request.threat_protection is not None:
            raise errors.Forbidden("Threat protection is not enabled for your team.")
        url = self._targets.parse(request.url, ["url"])
        now = self._lifecycle.now()
        timeout_s = _PATIENCE_S if request.timeout is None else request.timeout / 1000
        deadline = None if request.timeout is None else now + timeout_s
        said = (*warnings, *_without_effect(request))
        spec = MapSpec.of(request, url, deadline=deadline, warnings=said)
        try:
            LinkRules(url, spec.links)
        except InvalidPattern as error:
            raise errors.RequestError(error.message) from None
        job = NewJob(
            id=ids.new_id(),
            team_id=caller.team_id,
            key_id=caller.key_id,
            kind=MAP,
            created_at=now,
            expires_at=now + self._lifecycle.ttl_s,
            priority=_PRIORITY,
            target=request.url,
            page_price=caller.reserved(1),
        )
        submission = Submission(job, spec.encode(), [request.url])
        document = await self._one_task.document(submission, deadline=now + timeout_s)
        if document is None:
            raise errors.MapTimeout(f"The map did not finish within its {timeout_s:g} s; it was given up.")
        return job.id, document


def _without_effect(request: MapRequest) -> list[str]:
    """Name the options that change nothing; the values that clients send by default are none of them."""
    warnings = []
    if request.use_index and "use_index" in request.model_fields_set:
        warnings.append("useIndex has no effect: this server has no index of the web")
    if request.audit_metadata is not None:
        warnings.append("auditMetadata is not recorded by this server")
    return warnings
