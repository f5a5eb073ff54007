"""The options that several client commands share, as typer reads them."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

import typer

ApiUrl: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--api-url",
        envvar="WEBKILN_API_URL",
        help="Server to talk to. Without it: http://127.0.0.1:3002 when one answers there.",
    ),
]
ApiKey: TypeAlias = Annotated[
    str | None, typer.Option("--api-key", envvar="WEBKILN_API_KEY", help="Key for that server.")
]
Local: TypeAlias = Annotated[
    bool, typer.Option("--local", help="Work inside this command, even when a server answers.")
]
Formats: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--format", "-f", help="markdown (the default), html, rawHtml, links, images; repeatable."),
]
MainContent: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--only-main-content/--full-page", help="Leave out menus, footers and the like, or keep them."
    ),
]
Timeout: TypeAlias = Annotated[
    float | None, typer.Option("--timeout", min=1, max=300, help="Seconds for each page.")
]


def scrape_options(
    formats: list[str] | None, *, only_main_content: bool, timeout: float | None
) -> dict[str, Any]:
    """Return the wire's scrape options for what the command line named (contract §4)."""
    options: dict[str, Any] = {"formats": formats or ["markdown"], "onlyMainContent": only_main_content}
    if timeout is not None:
        options["timeout"] = round(timeout * 1000)
    return options
