"""`python -m webkiln` and the `webkiln` command."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from webkiln import settings as configuration
from webkiln.cli.app import app


def main() -> None:
    """Run the command line, with what a file `.env` in the working directory sets."""
    try:
        configuration.adopt_env_file(Path.cwd(), os.environ)
    except configuration.InvalidSettings as error:
        sys.stderr.write(f"{error.told}\n")
        sys.exit(2)
    app()


if __name__ == "__main__":
    main()
