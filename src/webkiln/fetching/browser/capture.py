"""Pictures and prints of a page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from webkiln.fetching.page import Picture

if TYPE_CHECKING:
    from playwright.async_api import Page

    from webkiln.contract.actions import PdfAction
    from webkiln.contract.formats import Viewport
    from webkiln.fetching.browser.world import World

_MOST_PIXELS_HIGH = 16_384  # higher pictures come out empty below it
_LEAST_SCALE, _MOST_SCALE = 0.1, 2.0
_SETTLING_MS = 150  # what a page gets to lay itself out anew in another viewport


class Shot(Protocol):
    """What is asked of a picture, by a format or an action."""

    @property
    def full_page(self) -> bool:
        """Whether the whole page is wanted, or what its window shows."""
        ...

    @property
    def quality(self) -> int | None:
        """How good a JPEG, from 1 to 100; None for a PNG."""
        ...

    @property
    def viewport(self) -> Viewport | None:
        """The size of the window to take it in, if another one."""
        ...


async def screenshot(page: Page, world: World, asked: Shot, patience_s: float) -> Picture:
    """Take a picture of the viewport or the whole page; with `quality` a JPEG, else a PNG."""
    before = page.viewport_size
    if asked.viewport is not None:
        await page.set_viewport_size({"width": asked.viewport.width, "height": asked.viewport.height})
        await page.wait_for_timeout(_SETTLING_MS)
    given: dict[str, object] = {"timeout": patience_s * 1000}
    if asked.quality is not None:
        given |= {"type": "jpeg", "quality": asked.quality}
    if asked.full_page:
        size = await world.run("measure")
        height = min(size["height"], _MOST_PIXELS_HIGH)
        given |= {
            "full_page": True,
            "clip": {"x": 0, "y": 0, "width": size["width"], "height": height},
        }
    data = await page.screenshot(**given)  # type: ignore[arg-type]
    if asked.viewport is not None and before is not None:
        await page.set_viewport_size(before)
    return Picture(data, "image/png" if asked.quality is None else "image/jpeg")


async def printed(page: Page, asked: PdfAction) -> Picture:
    """Print the page with its backgrounds."""
    scale = min(max(asked.scale, _LEAST_SCALE), _MOST_SCALE)
    data = await page.pdf(format=asked.format, landscape=asked.landscape, scale=scale, print_background=True)
    return Picture(data, "application/pdf")
