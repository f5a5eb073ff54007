"""What has become of a page, as the format `changeTracking` answers it (contract §5)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from webkiln.contract.wire import Maybe, Timestamp, WireModel


class Change(WireModel):
    """A line of a diff: one that stays has two numbers, the others one; `content` begins with its sign."""

    type: Literal["normal", "add", "del"]
    normal: Maybe[Literal[True]] = None
    add: Maybe[Literal[True]] = None
    del_: Annotated[Maybe[Literal[True]], Field(alias="del")] = None
    ln: Maybe[int] = None
    ln1: Maybe[int] = None
    ln2: Maybe[int] = None
    content: str


class Chunk(WireModel):
    """A hunk of a diff; `content` is the line that says where it stands."""

    content: str
    changes: list[Change]


class ChangedFile(WireModel):
    """What has changed of a page, which has no file names."""

    from_: Annotated[str | None, Field(alias="from")]
    to: str | None
    chunks: list[Chunk]


class ChangedFiles(WireModel):
    """The parts of a diff."""

    files: list[ChangedFile]


class ChangeDiff(WireModel):
    """A unified diff of two Markdown texts, as a text and in parts."""

    text: str
    json_: Annotated[ChangedFiles, Field(alias="json")]


class ChangeTracking(WireModel):
    """What has become of a page since it was last compared."""

    previous_scrape_at: Timestamp | None
    change_status: Literal["new", "same", "changed", "removed"]
    visibility: Literal["visible", "hidden"]
    diff: Maybe[ChangeDiff] = None
