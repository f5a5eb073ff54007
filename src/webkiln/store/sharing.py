"""How the places of one claim are shared out: by priority, then between teams, then between their jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy import Row


def share_out(
    candidates: Iterable[Row[tuple[Any, ...]]], slots: int, room: Mapping[str, int]
) -> list[tuple[str, int]]:
    """Return (job id, places) for jobs that get any, at most `slots` places together.

    Candidates have `id`, `team_id`, `priority`, `fifo`, `wanted`, `served_at` and `team_served_at`. Each
    priority takes what it can before the next. Within one, teams get equal parts and so do the jobs of
    a team; who was served longest ago comes first, and what one does not want goes to the others.
    `room` bounds a team's places by its id, first-in-first-out jobs aside.
    """
    levels: dict[int, dict[str, list[Row[tuple[Any, ...]]]]] = {}
    for job in candidates:
        levels.setdefault(job.priority, {}).setdefault(job.team_id, []).append(job)
    left = dict(room)
    given: list[tuple[str, int]] = []
    for _, teams in sorted(levels.items()):
        lines = sorted(teams.values(), key=_served_at)
        wishes = [_wishes(jobs, left.get(jobs[0].team_id)) for jobs in lines]
        parts = fill([sum(wish) for wish in wishes], slots)
        for jobs, wish, part in zip(lines, wishes, parts, strict=True):
            for job, places in zip(jobs, fill(wish, part), strict=True):
                if places:
                    given.append((job.id, places))
                    slots -= places
                    if not job.fifo and job.team_id in left:
                        left[job.team_id] -= places
    return given


def _served_at(jobs: Sequence[Row[tuple[Any, ...]]]) -> tuple[float, str]:
    return max(job.team_served_at for job in jobs), jobs[0].team_id


def _wishes(jobs: Sequence[Row[tuple[Any, ...]]], room: int | None) -> list[int]:
    """Return what each job of a team may have, the team's bound shared by those who fall under it."""
    jobs_wish = [max(job.wanted, 0) for job in jobs]
    if room is None:
        return jobs_wish
    bounded = fill([0 if job.fifo else wish for job, wish in zip(jobs, jobs_wish, strict=True)], max(room, 0))
    return [wish if job.fifo else bound for job, wish, bound in zip(jobs, jobs_wish, bounded, strict=True)]


def fill(wishes: Sequence[int], amount: int) -> list[int]:
    """Give `amount` out in equal parts, none above its wish; the odd ones go to those in front."""
    given = [0] * len(wishes)
    hungry = [place for place, wish in enumerate(wishes) if wish > 0]
    while amount > 0 and hungry:
        part = max(amount // len(hungry), 1)
        for place in hungry:
            bite = min(part, wishes[place] - given[place], amount)
            given[place] += bite
            amount -= bite
        hungry = [place for place in hungry if given[place] < wishes[place]]
    return given
