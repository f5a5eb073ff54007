"""Run the site until standard input closes; one line of JSON says where it answers."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys

from smallweb.server import NAMES, SmallWeb


async def serve(address: str, http_port: int, https_port: int, names: tuple[str, ...]) -> None:
    """Run the site and tell the parent process where."""
    async with SmallWeb(address, http_port=http_port, https_port=https_port, names=names) as web:
        where = {
            "address": web.address,
            "http_port": web.http_port,
            "https_port": web.https_port,
            "control_port": web.control_port,
            "ca_file": str(web.ca_file),
            "pins": web.pins(),
        }
        print(json.dumps(where), flush=True)  # noqa: T201 - this line is the program's answer
        await asyncio.to_thread(sys.stdin.read)


def main() -> None:
    """Read the command line; a refused port ends it with the system's reason."""
    parser = argparse.ArgumentParser(prog="smallweb", description=__doc__)
    parser.add_argument("--address", default="127.0.0.1")
    parser.add_argument("--http-port", type=int, default=0)
    parser.add_argument("--https-port", type=int, default=0)
    parser.add_argument("--names", default=",".join(NAMES), help="comma separated")
    given = parser.parse_args()
    try:
        asyncio.run(serve(given.address, given.http_port, given.https_port, tuple(given.names.split(","))))
    except OSError as refused:
        sys.exit(str(refused))


main()
