"""Bodies of `/v2/profiles`: ours, for the contract names profiles only where a page uses one (§4)."""

from __future__ import annotations

from typing import Literal

from webkiln.contract.wire import WireModel


class ProfileDeleted(WireModel):
    """200 of `DELETE /v2/profiles/{name}`."""

    success: Literal[True] = True
