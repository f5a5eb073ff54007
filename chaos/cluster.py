"""An installation under test: a site, a PostgreSQL, APIs and workers, each host with its own data folder."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from chaos.client import Client, until
from chaos.leftovers import VARIABLE
from chaos.processes import Process
from chaos.proxy import Proxy
from contract.running import KEY, clean_environment, free_port
from smallpg import PostgresServer
from smallpg import spawn as spawn_postgres
from smallweb import SpawnedWeb
from smallweb import spawn as spawn_web

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from chaos.namespaces import Networks
    from chaos.scenario import Run

START_S = 45.0
DURABLE = {"fsync": "on", "full_page_writes": "on"}


class Host(Process):
    """A host with an API: `webkiln serve`, with workers of its own or none."""

    def __init__(self, name: str, *, workers: int, cluster: Cluster, environment: dict[str, str]) -> None:
        """Describe it; its port stays the same over all its lives."""
        self.port = free_port()
        self.client = Client(self.port)
        arguments = ["serve", "--port", str(self.port), "--workers", str(workers)]
        super().__init__(name, arguments, folder=cluster.run.folder, environment=environment)

    def until_alive(self) -> None:
        """Wait until the API answers."""
        until(self.client.alive, within_s=START_S, what=f"{self.name} answers")

    def until_ready(self) -> None:
        """Wait until the API has a worker."""
        until(self.client.ready, within_s=START_S, what=f"{self.name} is ready")


@dataclass
class Cluster:
    """All parts of one installation; `client` asks its first API."""

    run: Run
    web: SpawnedWeb
    settings: dict[str, str]
    postgres: PostgresServer | None = None
    proxy: Proxy | None = None
    apis: list[Host] = field(default_factory=list)
    workers: list[Process] = field(default_factory=list)

    @property
    def client(self) -> Client:
        """A client of the first API."""
        return self.apis[0].client

    @property
    def processes(self) -> list[Process]:
        """Everything of Webkiln's that runs."""
        return [*self.apis, *self.workers]

    def environment(self, more: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return what a process of this installation is started with."""
        found = {
            **clean_environment(),
            **({"PYTHONPATH": os.environ["PYTHONPATH"]} if "PYTHONPATH" in os.environ else {}),
            VARIABLE: self.run.mark,
            "WEBKILN_API_KEY": KEY,
            "WEBKILN_ALLOW_NETWORKS": f"{self.web.address}/32",
            "WEBKILN_RESOLVE": self.web.pins,
            "WEBKILN_RESULT_TTL_S": "86400",
            **self.settings,
            **(more or {}),
        }
        if self.postgres is not None:
            found.setdefault("WEBKILN_DATABASE_URL", self.database_url())
        return found

    def database_url(self, host: str = "127.0.0.1") -> str:
        """Return where the database is for our processes: behind the proxy, if there is one."""
        assert self.postgres is not None
        port = self.postgres.port if self.proxy is None else self.proxy.port
        return f"postgresql://postgres@{host}:{port}/postgres"

    def add_api(self, *, workers: int = 0, more: Mapping[str, str] | None = None) -> Host:
        """Start a further API, with workers of its own on the same host if wanted."""
        host = Host(
            f"api-{len(self.apis) + 1}", workers=workers, cluster=self, environment=self.environment(more)
        )
        self.apis.append(host)
        host.start()
        return host

    def add_worker(self, *, more: Mapping[str, str] | None = None, prefix: tuple[str, ...] = ()) -> Process:
        """Start a further worker, on a host of its own."""
        name = f"worker-{len(self.workers) + 1}"
        worker = Process(name, ["worker"], folder=self.run.folder, environment=self.environment(more))
        worker.prefix = prefix
        self.workers.append(worker)
        worker.start()
        return worker

    def until_ready(self) -> None:
        """Wait until every API answers, and every worker has said that it is ready."""
        for api in self.apis:
            api.until_ready()
        until(
            lambda: [worker.name for worker in self.workers if "worker ready" not in worker.log()],
            lambda missing: not missing,
            within_s=START_S,
            what="every worker is ready",
        )

    def log_lines(self, *phrases: str) -> list[str]:
        """Return the lines of all logs that hold one of the phrases."""
        return [
            f"{process.name}: {line}"
            for process in self.processes
            for line in process.log().splitlines()
            if any(phrase in line for phrase in phrases)
        ]

    def urls(self, numbers: range, path: str = "/i/{n}?ms=20") -> dict[str, int]:
        """Return addresses of the site, each with the number that its page shows."""
        return {self.web.url(path.format(n=number)): number for number in numbers}


@contextlib.contextmanager
def cluster(
    run: Run,
    *,
    workers: int = 4,
    settings: Mapping[str, str] | None = None,
    postgres: Mapping[str, str] | None = None,
    proxied: bool = False,
    postgres_environment: Mapping[str, str] | None = None,
    apart: Networks | None = None,
    start: bool = True,
) -> Iterator[Cluster]:
    """Run an installation on the run's database until the block ends.

    On SQLite it is one `webkiln serve` with two workers; on PostgreSQL one API and so many workers, each
    a host of its own; with `apart` each in a network of its own. Without `start` the block starts the
    processes itself.
    """
    here = None if apart is None else apart.here
    with contextlib.ExitStack() as stack:
        web = stack.enter_context(spawn_web(http_port=0, https_port=0, address=here))
        found = Cluster(run, web, dict(settings or {}))
        if run.database == "postgres":
            marked = {VARIABLE: run.mark, **(postgres_environment or {})}
            reach = {} if apart is None else {"listen_addresses": f"127.0.0.1,{apart.here}"}
            found.postgres = stack.enter_context(
                spawn_postgres(
                    environment=marked,
                    networks=() if apart is None else (apart.network,),
                    **reach,
                    **(postgres or {}),
                )
            )
            if proxied:
                found.proxy = Proxy(found.postgres.port)
                stack.callback(found.proxy.close)
        stack.callback(_kill_all, found)
        if start:
            found.add_api(workers=2 if found.postgres is None else 0)
            found.apis[0].until_alive()
            for prefix in _places(apart, workers if found.postgres is not None else 0):
                more = {} if apart is None else {"WEBKILN_DATABASE_URL": found.database_url(apart.here)}
                found.add_worker(more=more, prefix=prefix)
            found.until_ready()
        yield found


def _places(apart: Networks | None, count: int) -> list[tuple[str, ...]]:
    return [()] * count if apart is None else list(apart.hosts.values())[:count]


def _kill_all(found: Cluster) -> None:
    for process in found.processes:
        with contextlib.suppress(Exception):  # the sweep at the end of the run finds the rest
            process.kill()
