"""Serve the benchmark's site with nginx on 127.0.0.1, answers compressed beforehand.

    python bench/serve.py        # until Ctrl-C

The port is 8090, or the next free one. nginx, and not a server of our own, because its CPU is
outside what is measured and it is never what a crawler waits for.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from typing import TYPE_CHECKING

import make_site

if TYPE_CHECKING:
    from collections.abc import Iterator

STATE = make_site.OUT / "nginx"
URLS = make_site.OUT / "urls.txt"
PORTS = range(8090, 8100)
CONFIGURATION = """
{user}
worker_processes 1; daemon off; pid nginx.pid; error_log error.log warn;
events {{ worker_connections 4096; multi_accept on; }}
http {{
    access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000; keepalive_timeout 300;
    types {{ text/html html; text/css css; application/javascript js; image/png png; text/plain txt;
             application/xml xml; application/json json; }}
    open_file_cache max=10000 inactive=600s; open_file_cache_valid 600s;
    client_body_temp_path tmp; proxy_temp_path tmp; fastcgi_temp_path tmp; uwsgi_temp_path tmp;
    scgi_temp_path tmp;
    gzip_static on; gzip_vary on;
    server {{ listen 127.0.0.1:{port} backlog=2048; root {root}; }}
}}
"""


class NoServer(Exception):
    """The site cannot be served here; the text says what is missing."""


def _answering(port: int) -> str | None:
    """Return the stamp of the site on the port, an empty text for another site, None for silence."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/stamp.txt", timeout=2) as answer:
            return str(answer.read().decode())
    except urllib.error.HTTPError:
        return ""
    except OSError:
        return None


@contextlib.contextmanager
def served(pages: int = make_site.PAGES) -> Iterator[list[str]]:
    """Serve the site until the block ends, and give the URLs of its pages (also in `URLS`).

    Uses a server that is up already when it serves the same site. Raises NoServer without
    nginx, or when all ports are taken.
    """
    make_site.write(make_site.FOLDER, pages)
    for port in PORTS:
        there = _answering(port)
        if there in {None, make_site.stamp(pages)}:
            break
    else:
        raise NoServer(f"something else listens on each of the ports {PORTS.start} to {PORTS.stop - 1}")
    urls = [f"http://127.0.0.1:{port}{make_site.path(number)}" for number in range(pages)]
    URLS.write_text("\n".join(urls) + "\n")
    with contextlib.nullcontext() if there else _nginx(port, pages):
        yield urls


@contextlib.contextmanager
def _nginx(port: int, pages: int) -> Iterator[None]:
    """Run nginx on the port until the block ends."""
    nginx = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
    if nginx is None:
        raise NoServer("the benchmark needs nginx (Debian: apt-get install nginx-light)")
    (STATE / "tmp").mkdir(parents=True, exist_ok=True)
    # Started by root, nginx reads files as another user, who may not see this folder.
    user = "user root;" if os.geteuid() == 0 else ""
    configuration = STATE / "nginx.conf"
    configuration.write_text(CONFIGURATION.format(user=user, root=make_site.FOLDER, port=port))
    command = [nginx, "-p", str(STATE), "-c", str(configuration), "-e", str(STATE / "error.log")]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 10
        while _answering(port) != make_site.stamp(pages):
            if process.poll() is not None or time.monotonic() > until:
                raise NoServer(f"nginx did not start; see {STATE / 'error.log'}")
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait()


def main() -> None:
    """Serve until interrupted or terminated."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with served() as urls:
            print(f"{len(urls)} pages from {urls[0]} on, until Ctrl-C", flush=True)
            with contextlib.suppress(KeyboardInterrupt):
                while True:
                    time.sleep(3600)
    except NoServer as missing:
        sys.exit(str(missing))


if __name__ == "__main__":
    main()
