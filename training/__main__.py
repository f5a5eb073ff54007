"""`python -m training CORPUS`: prints how well the reader reads pages it was not trained on.

`--write` trains on all pages before that, and writes the table that ships.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from training.corpus import Marked, Source, cleaned, marked, sources, word_f1
from training.fitting import TREES, folds, learn, model_of
from webkiln.content import main_content
from webkiln.content.html_tree import body_of
from webkiln.content.main_content import MainContent, reduce_to_content
from webkiln.content.markdown import markdown_of
from webkiln.content.plain_text import plain_text

if TYPE_CHECKING:
    from webkiln.content.main_content.model import Model

_TABLE = Path(main_content.__file__).parent / "table.json"

Score = tuple[float, float, float]


def main() -> None:
    """Train and judge by folds; write the table if asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--trees", type=int, default=TREES)
    parser.add_argument(
        "--write", action="store_true", help="train on all pages and write the table that ships"
    )
    parser.add_argument("--keep", type=Path, help="a folder for the tables of the folds")
    asked = parser.parse_args()
    read = list(sources(asked.corpus))
    pages = [page for page in map(marked, read) if page is not None]
    print(f"{len(pages)} pages of {len({page.domain for page in pages})} domains", flush=True)
    if asked.write:
        _TABLE.write_text(compact(learn(pages, asked.trees)), "utf-8")
        print(f"wrote {_TABLE.name}: {_TABLE.stat().st_size} bytes", flush=True)
    judge(read, pages, asked.folds, asked.trees, asked.keep)


def judge(read: list[Source], pages: list[Marked], count: int, trees: int, keep: Path | None) -> None:
    """Print precision, recall and F1 for each fold and each type of page, of Markdown as users get it."""
    fold_of = folds((page.domain for page in read), count)
    by_fold: defaultdict[str, list[Score]] = defaultdict(list)
    by_type: defaultdict[str, list[Score]] = defaultdict(list)
    for fold in range(count):
        started = time.monotonic()
        table = learn([page for page in pages if fold_of[page.domain] != fold], trees)
        if keep is not None:
            keep.mkdir(exist_ok=True)
            (keep / f"fold-{fold}.json").write_text(compact(table), "utf-8")
        model = model_of(table)
        for source in read:
            if fold_of[source.domain] == fold:
                score = word_f1(read_by(model, source), source.text)
                by_type[source.kind if source.source == "wcxb" else source.source].append(score)
                if source.source == "wcxb":
                    by_fold[f"fold {fold}"].append(score)
                    by_fold["all folds"].append(score)
        print(
            line(f"fold {fold}", by_fold[f"fold {fold}"]), f"{time.monotonic() - started:.0f} s", flush=True
        )
    print(line("all folds", by_fold["all folds"]))
    for kind, scores in sorted(by_type.items()):
        print(line(kind, scores))


def read_by(model: Model, source: Source) -> str:
    """Return what a model reads of a page, as text without the marks of Markdown."""
    tree = cleaned(source)
    reduce_to_content(body_of(tree), MainContent.MODEL, model=model)
    return plain_text(markdown_of(tree))


def line(name: str, scores: list[Score]) -> str:
    """Return one line of the table of figures."""
    precision, recall, f1 = (sum(score[at] for score in scores) / len(scores) for at in range(3))
    return f"{name:16} {len(scores):4} pages  P {precision:.3f}  R {recall:.3f}  F1 {f1:.3f}"


def compact(table: dict[str, Any]) -> str:
    """Write a table with one line for each tree, so that a change can be seen."""
    head = {name: value for name, value in table.items() if name != "trees"}
    trees = ",\n".join(json.dumps(tree, separators=(",", ":")) for tree in table["trees"])
    return json.dumps(head, ensure_ascii=False, separators=(",", ":"))[:-1] + f',\n"trees":[\n{trees}\n]}}\n'


if __name__ == "__main__":
    sys.exit(main())
