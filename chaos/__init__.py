"""Faults on purpose: seeded scenarios that kill, freeze, cut off and mislead a real Webkiln, then check it.

`python -m chaos --list` names them; `python -m chaos NAME` runs one and prints one line of JSON.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# The site and the PostgreSQL for tests live beside the tests, and are imported by their plain names.
if str(ROOT / "tests") not in sys.path:
    sys.path.append(str(ROOT / "tests"))
