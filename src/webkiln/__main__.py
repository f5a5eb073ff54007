"""`python -m webkiln` and the `webkiln` command."""

from __future__ import annotations

from webkiln.cli.app import app


def main() -> None:
    """Run the command line."""
    app()


if __name__ == "__main__":
    main()
