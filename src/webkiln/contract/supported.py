"""What of the contract this release serves; everything else gets a clear answer, never silence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from webkiln.contract.formats import ChangeTrackingFormat
from webkiln.contract.issues import bad_request, issue
from webkiln.contract.served import FORMATS, SHOWN
from webkiln.errors import ActionsNotSupported, Forbidden

if TYPE_CHECKING:
    from webkiln.contract.scrape import ScrapeOptions

_MISSING = "needs a browser, and this server has none."
NO_CHOICE = "this server has one way out, and no choice of proxies"


def needs_browser(options: ScrapeOptions) -> bool:
    """Return whether a page scraped with these options has to be shown in a browser."""
    return bool(
        options.wait_for
        or options.actions
        or options.mobile
        or options.profile is not None
        or any(wanted.type in SHOWN for wanted in options.formats)
    )


def check_supported(options: ScrapeOptions, *, browser: bool) -> list[str]:
    """Return the warnings for options that have no effect here; `browser` says whether there is one.

    Raises ActionsNotSupported for actions without a browser, Forbidden for threat protection, and
    BadRequest with one issue for each format or option that cannot be served.
    """
    if options.actions and not browser:
        raise ActionsNotSupported("Actions need a browser, and this server has none.")
    if options.threat_protection is not None:
        raise Forbidden("Threat protection is not enabled for your team.")
    issues = [
        issue("custom", ["formats", index], f"The format '{wanted.type}' is not available on this server.")
        for index, wanted in enumerate(options.formats)
        if wanted.type not in FORMATS
    ]
    issues += _without_model(options)
    if not browser:
        issues += _without_browser(options)
    issues += [
        issue("custom", [key], f"The option '{key}' is not available on this server.")
        for key, asked in (
            ("onlyCleanContent", options.only_clean_content),
            ("redactPII", options.redact_pii is not None),
        )
        if asked
    ]
    if issues:
        raise bad_request(issues)
    return _without_effect(options)


def _without_model(options: ScrapeOptions) -> list[dict[str, Any]]:
    """Return an issue for the mode of change tracking that a language model would have to be asked for."""
    text = "The mode 'json' of changeTracking is not available on this server: it needs a language model."
    return [
        issue("custom", ["formats", index, "modes"], text)
        for index, wanted in enumerate(options.formats)
        if isinstance(wanted, ChangeTrackingFormat) and "json" in wanted.modes
    ]


def _without_browser(options: ScrapeOptions) -> list[dict[str, Any]]:
    """Return an issue for each thing that only a browser could do."""
    shown = [
        issue(
            "custom",
            ["formats", index],
            f"The format '{wanted.type}' {_MISSING}",
        )
        for index, wanted in enumerate(options.formats)
        if wanted.type in SHOWN
    ]
    return shown + [
        issue("custom", [key], f"The option '{key}' {_MISSING}")
        for key, asked in (
            ("waitFor", options.wait_for > 0),
            ("mobile", options.mobile),
            ("profile", options.profile is not None),
        )
        if asked
    ]


def _without_effect(options: ScrapeOptions) -> list[str]:
    """Name the options that change nothing; the values that clients send by default are none of them."""
    asked = {
        f"proxy '{options.proxy}'": options.proxy in ("stealth", "enhanced"),
    }
    warnings = [f"{name} has no effect: {NO_CHOICE}" for name, was in asked.items() if was]
    tracked = options.format("changeTracking")
    if isinstance(tracked, ChangeTrackingFormat):
        if tracked.schema_ is not None or tracked.prompt is not None:
            warnings.append("schema and prompt of changeTracking have no effect without its mode 'json'")
        if options.min_age is not None:
            warnings.append("minAge has no effect with changeTracking, which fetches the page")
    if options.use_mock is not None:
        warnings.append("useMock has no effect on this server")
    if options.audit_metadata is not None:
        warnings.append("auditMetadata is not recorded by this server")
    return warnings
