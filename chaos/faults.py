"""What can happen to a PostgreSQL, and to the network before it; each fault is over at a known moment."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from chaos.proxy import Proxy
    from smallpg import PostgresServer

_LONGEST_DOWN_S = 10.0
_LONGEST_SILENCE_S = 8.0


class Faults:
    """Faults of one PostgreSQL and of the proxy before it; each call returns when the fault is over."""

    def __init__(self, postgres: PostgresServer, proxy: Proxy, dice: random.Random) -> None:
        """Let the dice decide how long each lasts."""
        self._postgres = postgres
        self._proxy = proxy
        self._dice = dice
        self.kinds: dict[str, Callable[[], None]] = {
            "restart fast": lambda: postgres.restart("fast"),
            "restart immediate": lambda: postgres.restart("immediate"),
            "kill -9": self._kill,
            "down": self._down,
            "silent, then resumed": self._silent,
            "silent, then reset": self._silent_and_reset,
            "connections forgotten": self._forgotten,
            "connections reset": proxy.reset,
            "slow network": self._slow,
        }

    def _kill(self) -> None:
        self._postgres.kill()
        time.sleep(self._dice.uniform(0, 1))
        self._postgres.start()

    def _down(self) -> None:
        self._postgres.stop(self._dice.choice(["fast", "immediate"]))
        time.sleep(self._dice.uniform(0, _LONGEST_DOWN_S))
        self._postgres.start()

    def _silent(self) -> None:
        self._proxy.silence()
        time.sleep(self._dice.uniform(0.5, _LONGEST_SILENCE_S))
        self._proxy.resume()

    def _silent_and_reset(self) -> None:
        self._proxy.silence()
        time.sleep(self._dice.uniform(0.5, _LONGEST_SILENCE_S))
        self._proxy.resume()
        self._proxy.reset()

    def _forgotten(self) -> None:
        # Nothing ever comes back on these connections: only a time limit can tell that they are dead.
        self._proxy.forget()

    def _slow(self) -> None:
        self._proxy.delay(0.02)
        time.sleep(self._dice.uniform(1, 4))
        self._proxy.delay(0)
