from __future__ import annotations

import asyncio
import subprocess
import sys
from ipaddress import ip_address

import pycares
import pytest

from unit.fetching.dns_server import dns_server
from webkiln.fetching.names import Dns, open_channel

KILN = ["192.0.2.1", "2001:db8::1", "192.0.2.2"]
TRY_S = 0.3


@pytest.fixture
async def server():
    table = {"kiln.test": KILN, "pots.corp.test": ["192.0.2.9"], "four.test": ["192.0.2.4"], "no-a.test": []}
    async with dns_server(table) as running:
        yield running


@pytest.fixture
def dns(server):
    def channel():
        servers = [f"127.0.0.1:{server.port}"]
        return pycares.Channel(servers=servers, domains=["corp.test"], timeout=TRY_S, tries=2)

    return Dns(channel)


async def test_a_name_has_all_its_addresses_of_both_families(dns):
    assert set(await dns.line()("kiln.test")) == {ip_address(text) for text in KILN}
    assert await dns.line()("four.test") == [ip_address("192.0.2.4")]


@pytest.mark.parametrize(
    "name",
    [
        "unknown.test",
        "no-a.test",
        "late.silent.test",
        "a" * 64 + ".test",
        "a" * 300,
        "x..test",
        "",
        "\udc80",
        "\xff.test",
        "a\0b.test",
    ],
)
async def test_what_cannot_be_resolved_has_no_addresses(dns, name):
    line = dns.line(most=1)
    for _ in range(2):  # nor does it keep its place
        assert await line(name) == []
    assert await line("four.test") == [ip_address("192.0.2.4")]


async def test_search_domains_are_tried_as_the_system_tries_them(dns):
    assert await dns.line()("pots") == [ip_address("192.0.2.9")]


async def test_the_hosts_file_is_asked():
    found = await Dns(open_channel).line()("localhost")
    assert {ip_address("127.0.0.1"), ip_address("::1")} & set(found)
    assert len(found) == len(set(found))


async def test_dead_names_whose_callers_gave_up_hold_up_nobody(dns):
    line = dns.line()
    asking = [asyncio.create_task(line(f"{number}.silent.test")) for number in range(300)]
    await asyncio.sleep(0)
    for one in asking:
        one.cancel()
    assert all(
        isinstance(one, asyncio.CancelledError)
        for one in await asyncio.gather(*asking, return_exceptions=True)
    )
    assert await line("four.test") == [ip_address("192.0.2.4")]


class Stuck:
    """A channel that answers when it is told to."""

    def __init__(self):
        self.callbacks = {}

    def getaddrinfo(self, name, _port, *, callback, **_hints):
        self.callbacks[name] = callback

    def answer(self, name):
        self.callbacks.pop(name)(None, 1)


async def test_a_line_has_so_many_questions_at_once_and_other_lines_have_theirs():
    stuck = Stuck()
    dns = Dns(lambda: stuck)
    pages, receivers = dns.line(most=3), dns.line(most=3)
    asking = [asyncio.create_task(pages(f"{number}.test")) for number in range(5)]
    await asyncio.sleep(0)
    other = asyncio.create_task(receivers("hooks.test"))
    await asyncio.sleep(0)
    assert list(stuck.callbacks) == ["0.test", "1.test", "2.test", "hooks.test"]
    asking[0].cancel()
    await asyncio.sleep(0)
    assert len(stuck.callbacks) == 4  # DNS is not done with it
    for name in ("0.test", "hooks.test"):
        stuck.answer(name)
    assert await other == []
    assert "3.test" in stuck.callbacks
    while stuck.callbacks:
        stuck.answer(next(iter(stuck.callbacks)))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    assert await asyncio.gather(*asking[1:]) == [[]] * 4


async def test_a_channel_that_cannot_be_opened_is_opened_later_and_costs_no_place(server):
    """There is no thread to be had, or no file: a limit of the machine's that passes."""
    broken = [pycares.AresError("no"), RuntimeError("can't start new thread"), OSError(24, "too many files")]

    def opened():
        if broken:
            raise broken.pop()
        return pycares.Channel(servers=[f"127.0.0.1:{server.port}"])

    line = Dns(opened).line(most=1)
    for _ in range(3):
        assert await line("four.test") == []
    assert await line("four.test") == [ip_address("192.0.2.4")]


def test_a_question_that_nobody_answers_does_not_keep_the_program():
    ask = """
import asyncio, pycares
from webkiln.fetching.names import Dns
async def main():
    line = Dns(lambda: pycares.Channel(servers=["127.0.0.1:9"], timeout=600, tries=9)).line()
    asking = asyncio.create_task(line("kiln.test"))
    await asyncio.sleep(0.05)
    asking.cancel()
asyncio.run(main())
print("ended")
"""
    done = subprocess.run(
        [sys.executable, "-c", ask], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "ended\n", "")
