from __future__ import annotations

import asyncio
import threading
import time
from ipaddress import ip_address

from webkiln.fetching.names import SystemLookup, ask_system


async def test_the_hosts_file_is_asked():
    found = await SystemLookup()("localhost")
    assert {ip_address("127.0.0.1"), ip_address("::1")} & set(found)
    assert len(found) == len(set(found))


def test_what_cannot_be_resolved_has_no_addresses():
    assert ask_system("no-such-name.invalid") == []
    assert ask_system("a" * 300 + ".example") == []
    assert ask_system("\udc80") == []


async def test_a_slow_resolver_does_not_hold_up_the_loop():
    release = threading.Event()

    def slow(_name):
        release.wait(5)
        return [ip_address("192.0.2.1")]

    asking = asyncio.create_task(SystemLookup(slow)("slow.example"))
    started = time.perf_counter()
    await asyncio.sleep(0)
    assert time.perf_counter() - started < 1
    assert not asking.done()
    release.set()
    assert await asking == [ip_address("192.0.2.1")]


async def test_giving_up_frees_the_caller_at_once():
    release = threading.Event()

    def slow(_name):
        release.wait(5)
        return []

    lookup = SystemLookup(slow)
    asking = asyncio.create_task(lookup("slow.example"))
    await asyncio.sleep(0)
    asking.cancel()
    started = time.perf_counter()
    await asyncio.gather(asking, return_exceptions=True)
    assert asking.cancelled()
    assert time.perf_counter() - started < 0.5
    release.set()


async def test_at_most_64_questions_are_under_way():
    under_way = 0
    most = 0
    lock = threading.Lock()

    def count(_name):
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
        time.sleep(0.002)
        with lock:
            under_way -= 1
        return []

    lookup = SystemLookup(count)
    await asyncio.gather(*(lookup(f"{number}.example") for number in range(300)))
    assert 1 < most <= 64
    assert under_way == 0
