"""What a browser may be told to do before a page is read (contract §4.2).

Unknown keys inside an action are dropped, not refused; that is how the original behaves.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self, TypeAlias

from pydantic import AfterValidator, ConfigDict, Field, model_validator

from webkiln.contract.formats import Viewport
from webkiln.contract.wire import Items, Maybe, Whole, WireModel, refuse

MOST_ACTIONS = 50
SELECTOR_WAIT_MS = 1_000  # what a wait for a selector counts for in the sum of waits


class _Action(WireModel):
    model_config = ConfigDict(extra="ignore")


class WaitAction(_Action):
    """Wait for a time in milliseconds, or for an element."""

    type: Literal["wait"]
    milliseconds: Maybe[Annotated[int, Whole(1)]] = None
    selector: Maybe[str] = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.milliseconds is None) == (self.selector is None):
            raise refuse("Either 'milliseconds' or 'selector' must be provided, but not both.")
        return self


class ClickAction(_Action):
    """Click the first element a selector finds, or all of them."""

    type: Literal["click"]
    selector: str
    all: bool = False


class ScreenshotAction(_Action):
    """Take a picture."""

    type: Literal["screenshot"]
    full_page: bool = False
    quality: Maybe[Annotated[int, Whole(1, 100)]] = None
    viewport: Maybe[Viewport] = None


class WriteAction(_Action):
    """Type a text into the focused element."""

    type: Literal["write"]
    text: str


class PressAction(_Action):
    """Press a key."""

    type: Literal["press"]
    key: str


class ScrollAction(_Action):
    """Scroll the page, or an element."""

    type: Literal["scroll"]
    direction: Literal["up", "down"] = "down"
    selector: Maybe[str] = None


class ScrapeAction(_Action):
    """Keep the page as it is at this point."""

    type: Literal["scrape"]


class ExecuteJavascriptAction(_Action):
    """Run a script in the page and keep what it returns."""

    type: Literal["executeJavascript"]
    script: str


class PdfAction(_Action):
    """Print the page."""

    type: Literal["pdf"]
    format: Literal["A0", "A1", "A2", "A3", "A4", "A5", "A6", "Letter", "Legal", "Tabloid", "Ledger"] = (
        "Letter"
    )
    landscape: bool = False
    scale: float = 1


Action: TypeAlias = Annotated[
    WaitAction
    | ClickAction
    | ScreenshotAction
    | WriteAction
    | PressAction
    | ScrollAction
    | ScrapeAction
    | ExecuteJavascriptAction
    | PdfAction,
    Field(discriminator="type"),
]


def _few(actions: tuple[Action, ...]) -> tuple[Action, ...]:
    if len(actions) > MOST_ACTIONS:
        raise refuse(f"Number of actions cannot exceed {MOST_ACTIONS}")
    return actions


Actions: TypeAlias = Annotated[Items[Action], Field(max_length=1_000), AfterValidator(_few)]


def total_wait_ms(actions: tuple[Action, ...]) -> int:
    """Return how long the waits of these actions take together, in milliseconds."""
    waits = [action for action in actions if isinstance(action, WaitAction)]
    return sum(wait.milliseconds or SELECTOR_WAIT_MS for wait in waits)
