"""`python -m bench` is `python bench/run.py`."""

from __future__ import annotations

import sys
from pathlib import Path

# The scripts of this folder import each other by their plain names.
sys.path.insert(0, str(Path(__file__).parent))

from run import main

main()
