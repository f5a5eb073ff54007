"""What of the contract this release serves; everything else gets a clear answer, never silence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from webkiln.contract.issues import issue
from webkiln.errors import ActionsNotSupported, BadRequest, Forbidden

if TYPE_CHECKING:
    from webkiln.contract.scrape import ScrapeOptions

FORMATS = frozenset({"markdown", "html", "rawHtml", "links", "images", "attributes"})

OVER_HTTP = "pages are read over plain HTTP, without a browser or a choice of proxies"


def check_supported(options: ScrapeOptions) -> list[str]:
    """Return the warnings for options that have no effect here.

    Raises ActionsNotSupported for actions, Forbidden for threat protection, and BadRequest with
    one issue for each format or option that cannot be served.
    """
    if options.actions:
        raise ActionsNotSupported("Actions need a browser, and this server has none.")
    if options.threat_protection is not None:
        raise Forbidden("Threat protection is not enabled for your team.")
    issues = [
        issue("custom", ["formats", index], f"The format '{wanted.type}' is not available on this server.")
        for index, wanted in enumerate(options.formats)
        if wanted.type not in FORMATS
    ]
    issues += [
        issue("custom", [key], f"The option '{key}' is not available on this server.")
        for key, asked in (
            ("onlyCleanContent", options.only_clean_content),
            ("redactPII", options.redact_pii is not None),
            ("profile", options.profile is not None),
        )
        if asked
    ]
    if issues:
        raise BadRequest(" ".join(found["message"] for found in issues), issues)
    return _without_effect(options)


def _without_effect(options: ScrapeOptions) -> list[str]:
    """Name the options that change nothing; the values that clients send by default are none of them."""
    asked = {
        "waitFor": options.wait_for > 0,
        "mobile": options.mobile,
        "blockAds": not options.block_ads,
        "fastMode": options.fast_mode,
        "location.country": options.location is not None and options.location.country is not None,
        f"proxy '{options.proxy}'": options.proxy in ("stealth", "enhanced"),
    }
    warnings = [f"{name} has no effect: {OVER_HTTP}" for name, was in asked.items() if was]
    if options.use_mock is not None:
        warnings.append("useMock has no effect on this server")
    if options.audit_metadata is not None:
        warnings.append("auditMetadata is not recorded by this server")
    return warnings
