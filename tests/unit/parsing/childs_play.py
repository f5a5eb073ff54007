"""Jobs that children do in tests."""

import ctypes
import os
import time

from webkiln import errors


def echo(work):
    return {"length": len(work.body), "asked": work.options}, work.take_body()


def pid(_):
    return {"pid": os.getpid()}, b""


def sleep_in_c(work):
    """Sleep with the interpreter held, as a parser that never comes back does."""
    work.note("asleep")
    ctypes.PyDLL(None).sleep(1_000)


def wait(_):
    time.sleep(1_000)


def hoard(_):
    hoarded = []
    while True:
        hoarded.append(bytearray(1 << 20))


def take(work):
    return {}, bytes(work.options["bytes"])


def keep(work):
    keep.kept = bytearray(work.options["bytes"])
    return {"pid": os.getpid()}, b""


def die(_):
    os._exit(3)


def find_nothing(_):
    raise errors.NothingScraped("there is none")


def fail(_):
    raise ZeroDivisionError
