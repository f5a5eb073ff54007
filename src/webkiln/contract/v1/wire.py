"""What bodies of v1 have in common, and how they become bodies of v2.

Facts are those of the published v1 description and of the `.v1` clients of both official SDKs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from pydantic import ValidationError

from webkiln.contract.issues import from_validation
from webkiln.contract.scrape import Integration, ScrapeOptions
from webkiln.contract.wire import WireModel

if TYPE_CHECKING:
    from collections.abc import Mapping

M = TypeVar("M", bound=WireModel)


class V1Model(WireModel):
    """A JSON object of v1: as strict as those of v2, under names of its own."""

    version: ClassVar[str] = "v1"
    newer_keys: ClassVar = ScrapeOptions.newer_keys
    internal_keys: ClassVar = ScrapeOptions.internal_keys


class V1Body(V1Model):
    """The body of a request, with the keys that every request may carry."""

    origin: str = "api"
    integration: Integration | None = None


def in_v2(model: type[M], wire: Mapping[str, Any]) -> M:
    """Read `wire` as a body of v2; raises BadRequest for rules that only v2's model knows."""
    try:
        return model.model_validate(dict(wire))
    except ValidationError as error:
        raise from_validation(error, wire, version="v1") from None
