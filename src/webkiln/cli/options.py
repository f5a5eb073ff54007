"""The options that several client commands share, as typer reads them."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias, TypeVar

import typer

from webkiln.cli.durations import milliseconds

T = TypeVar("T")


def _one_of_two(context: typer.Context, value: T) -> T:
    """Refuse two answers to the question of where to work; what the environment says is none."""
    sources = [context.get_parameter_source(name) for name in ("local", "api_url")]
    if all(source is not None and source.name == "COMMANDLINE" for source in sources):
        raise typer.BadParameter("--local and --api-url name two places; one is enough")
    return value


ApiUrl: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--api-url",
        envvar="WEBKILN_API_URL",
        callback=_one_of_two,
        help="Server to talk to. Without it: http://127.0.0.1:3002 when one answers there.",
    ),
]
ApiKey: TypeAlias = Annotated[
    str | None, typer.Option("--api-key", envvar="WEBKILN_API_KEY", help="Key for that server.")
]
Local: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--local",
        callback=_one_of_two,
        help="Work inside this command, even when a server answers or the environment names one.",
    ),
]
Formats: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--format",
        "-f",
        help="markdown (the default), html, rawHtml, links, images, product, menu; repeatable.",
    ),
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
WholeTimeout: TypeAlias = Annotated[
    float | None, typer.Option("--timeout", min=1, max=300, help="Seconds for all of it.")
]

Screenshot: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--screenshot",
        metavar="FILE",
        help="Show the page in a browser and keep a picture of it: .png or .jpg.",
    ),
]
WaitFor: TypeAlias = Annotated[
    int | None,
    typer.Option(
        "--wait-for",
        metavar="MS",
        min=0,
        max=60_000,
        help="Show the page in a browser and wait so long more.",
    ),
]
Mobile: TypeAlias = Annotated[
    bool, typer.Option("--mobile", help="Show the page in a browser as a phone sees it.")
]

Fresh: TypeAlias = Annotated[
    bool, typer.Option("--fresh", help="Fetch every page now, whatever copy the server has.")
]
MaxAge: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--max-age",
        metavar="TIME",
        help="How old a copy of a page may be: 90 (seconds), 15m, 1h30m, 2d; 2d when not given.",
    ),
]

_JPEG = (".jpg", ".jpeg")
_QUALITY = 85


def scrape_options(
    formats: list[str] | None,
    *,
    only_main_content: bool,
    timeout: float | None,
    screenshot: str | None = None,
    wait_for: int | None = None,
    mobile: bool = False,
    fresh: bool = False,
    max_age: str | None = None,
) -> dict[str, Any]:
    """Return the wire's scrape options for what the command line named (contract §4).

    With a picture alone nothing else of the page is asked for.
    """
    if fresh and max_age is not None:
        raise typer.BadParameter("--fresh and --max-age exclude each other")
    asked: list[Any] = list(formats or ([] if screenshot else ["markdown"]))
    if screenshot is not None:
        picture: dict[str, Any] = {"type": "screenshot", "fullPage": True}
        if screenshot.lower().endswith(_JPEG):
            picture["quality"] = _QUALITY
        asked.append(picture)
    options: dict[str, Any] = {"formats": asked, "onlyMainContent": only_main_content}
    if timeout is not None:
        options["timeout"] = round(timeout * 1000)
    if wait_for is not None:
        options["waitFor"] = wait_for
    if mobile:
        options["mobile"] = True
    if fresh:
        options["maxAge"] = 0
    elif max_age is not None:
        options["maxAge"] = _age(max_age)
    return options


def _age(typed: str) -> int:
    try:
        return milliseconds(typed)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--max-age") from None
