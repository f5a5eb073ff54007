from __future__ import annotations

import asyncio
from ipaddress import ip_address

import pytest

from webkiln.errors import BlockedAddress, NameNotResolved
from webkiln.fetching.egress import EgressGuard
from webkiln.settings import FetchSettings
from webkiln.urls import InvalidUrl, parse_target

PUBLIC = "93.184.216.34"


class Dns:
    """Answers names from a table; a list of lists is a sequence of answers, the last one stays."""

    def __init__(self, table):
        self.table = table
        self.asked = []

    async def __call__(self, name):
        self.asked.append(name)
        await asyncio.sleep(0)
        answers = self.table.get(name, [[]])
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        return [ip_address(text) for text in answer]


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def guard(table=None, clock=None, **settings):
    clock = Clock() if clock is None else clock
    return EgressGuard(FetchSettings.model_validate(settings), Dns(table or {}), clock)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://2852039166/",
        "http://0x7f.1:8080/",
        "http://[::1]/",
        "http://[::ffff:10.0.0.1]/",
        "http://[64:ff9b::8.8.8.8]/",
        "http://[fd00:ec2::254]/latest/",
        "http://169.254.169.254/",
        "http://168.63.129.16/",
        "http://a.localhost/",
        "http://metadata.google.internal/",
        "http://printer.local/",
        "http://x.svc.cluster.local/",
        "http://consul.service.consul/",
        "http://1.0.0.127.in-addr.arpa/",
        "http://gw.home.arpa/",
        "http://wiki.corp/",
        "http://nas.lan/",
        "http://x.onion/",
        "http://x.invalid/",
        "http://localhost.localdomain/",
    ],
)
async def test_urls_that_show_by_themselves_where_they_lead(url):
    target = parse_target(url)
    judge = guard()
    assert judge.refuses_literal(target)
    host = target.split("/")[2]
    with pytest.raises(BlockedAddress):
        await judge.addresses(host.strip("[]").split(":8080")[0], 80)


@pytest.mark.parametrize(
    "url",
    [
        "http://93.184.216.34/",
        "http://[2606:4700:4700::1111]/",
        "http://[::ffff:8.8.8.8]/",
        "http://example.com/",
        "http://localhost.example.com/",
        "http://local.news.com/",
        "http://lan.co.uk/",
        "http://internal.example.com/?u=http://127.0.0.1/",
        "http://127.0.0.1.example.com/",
        "http://site.test/",
    ],
)
def test_controls_are_let_through(url):
    assert not guard().refuses_literal(parse_target(url))


async def test_a_name_is_as_good_as_its_worst_address():
    judge = guard(
        {
            "good.example": [[PUBLIC, "2606:4700::1"]],
            "mixed.example": [[PUBLIC, "127.0.0.1"]],
            "late.example": [[PUBLIC] * 20 + ["169.254.169.254"]],
            "six.example": [[PUBLIC, "::1"]],
            "mapped.example": [["::ffff:10.0.0.1"]],
            "inside.example": [["10.0.0.1"]],
        }
    )
    assert await judge.addresses("good.example", 80) == [ip_address(PUBLIC), ip_address("2606:4700::1")]
    for name in ("mixed", "late", "six", "mapped", "inside"):
        with pytest.raises(BlockedAddress) as caught:
            await judge.addresses(f"{name}.example", 443)
        assert caught.value.message == "URL blocked"


async def test_a_name_without_addresses_is_not_fetched():
    with pytest.raises(NameNotResolved, match=r"nowhere\.example"):
        await guard().addresses("nowhere.example", 80)


async def test_rebinding_is_seen_when_the_answer_is_asked_for_again():
    clock = Clock()
    judge = guard({"flip.example": [[PUBLIC], ["127.0.0.1"]]}, clock)
    assert await judge.addresses("flip.example", 80) == [ip_address(PUBLIC)]
    assert await judge.addresses("flip.example", 80) == [ip_address(PUBLIC)]
    clock.now += 6
    with pytest.raises(BlockedAddress):
        await judge.addresses("flip.example", 80)


async def test_no_answer_first_does_not_open_the_door_for_the_second():
    clock = Clock()
    judge = guard({"late.example": [[], ["127.0.0.1"]]}, clock)
    with pytest.raises(NameNotResolved):
        await judge.addresses("late.example", 80)
    clock.now += 6
    with pytest.raises(BlockedAddress):
        await judge.addresses("late.example", 80)


async def test_dns_is_asked_once_for_many_and_again_after_a_while():
    clock = Clock()
    dns = Dns({"busy.example": [[PUBLIC]]})
    judge = EgressGuard(FetchSettings(), dns, clock)
    await asyncio.gather(*(judge.addresses("busy.example", 80) for _ in range(50)))
    assert dns.asked == ["busy.example"]
    clock.now += 4
    await judge.addresses("busy.example", 80)
    assert dns.asked == ["busy.example"]
    clock.now += 2
    await judge.addresses("busy.example", 80)
    assert dns.asked == ["busy.example"] * 2


async def test_one_who_gives_up_does_not_take_the_answer_from_the_others():
    answer = asyncio.Event()

    async def lookup(_name):
        await answer.wait()
        return [ip_address(PUBLIC)]

    judge = EgressGuard(FetchSettings(), lookup)
    first = asyncio.create_task(judge.addresses("slow.example", 80))
    second = asyncio.create_task(judge.addresses("slow.example", 80))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    answer.set()
    assert await second == [ip_address(PUBLIC)]


async def test_allowed_networks_open_literals_and_names():
    judge = guard({"wiki.example": [["10.1.2.3"]]}, allow_networks="10.1.0.0/16")
    assert not judge.refuses_literal("http://10.1.2.3/")
    assert judge.refuses_literal("http://10.2.0.0/")
    assert await judge.addresses("wiki.example", 80) == [ip_address("10.1.2.3")]


INSIDE = "10.0.0.0/8,127.0.0.0/8"


@pytest.mark.parametrize("name", ["wiki", "wiki.corp", "db.internal", "printer.local"])
async def test_where_networks_are_open_internal_names_are_what_they_have_there(name):
    judge = guard({name: [["fe80::1", "10.1.2.3", PUBLIC, "192.168.0.1"]]}, allow_networks=INSIDE)
    target = parse_target(f"http://{name}:8080/", judge.accepted_names)
    assert not judge.refuses_literal(target)
    assert await judge.addresses(name, 8080) == [ip_address("10.1.2.3")]


@pytest.mark.parametrize("addresses", [[PUBLIC], ["192.168.0.1"], ["169.254.169.254", "::1"]])
async def test_an_internal_name_leads_nowhere_else(addresses):
    judge = guard({"wiki": [addresses], "wiki.corp": [addresses]}, allow_networks=INSIDE)
    for name in ("wiki", "wiki.corp"):
        with pytest.raises(BlockedAddress):
            await judge.addresses(name, 80)


@pytest.mark.parametrize(
    ("networks", "found"),
    [
        ("127.0.0.0/8", ["127.0.0.1"]),
        ("::1/128", ["::1"]),
        ("127.0.0.0/8,::1/128", ["127.0.0.1", "::1"]),
    ],
)
@pytest.mark.parametrize("name", ["localhost", "shop.localhost"])
async def test_localhost_is_this_machine_and_no_question_for_dns(name, networks, found):
    judge = guard({name: [[PUBLIC]]}, allow_networks=networks)
    assert parse_target(f"http://{name}:3000/", judge.accepted_names)
    assert await judge.addresses(name, 3000) == [ip_address(text) for text in found]
    assert judge._lookup.asked == []


async def test_localhost_is_closed_where_other_networks_are_open():
    with pytest.raises(BlockedAddress):
        await guard(allow_networks="10.0.0.0/8").addresses("localhost", 80)


async def test_public_names_are_judged_as_before_where_networks_are_open():
    judge = guard({"mixed.example": [[PUBLIC, "192.168.0.1"]]}, allow_networks=INSIDE)
    with pytest.raises(BlockedAddress):
        await judge.addresses("mixed.example", 80)


@pytest.mark.parametrize("url", ["http://wiki/", "http://localhost:8000/"])
def test_without_open_networks_such_names_are_no_targets(url):
    with pytest.raises(InvalidUrl):
        parse_target(url, guard().accepted_names)


async def test_pins_come_before_dns_and_are_judged_like_it():
    judge = guard(
        {"wiki": [[PUBLIC]], "a.internal": [[PUBLIC]]},
        resolve="Wiki:127.0.0.1,a.internal:93.184.216.34,closed.test:10.0.0.1,both.test:127.0.0.1,both.test:10.0.0.1",
        allow_networks="127.0.0.1/32",
    )
    pinned = guard(resolve="Wiki:127.0.0.1,a.internal:93.184.216.34").accepted_names
    assert pinned == {"wiki", "a.internal"}
    assert await judge.addresses("wiki", 80) == [ip_address("127.0.0.1")]
    assert not judge.refuses_literal("http://wiki/")
    assert not judge.refuses_literal("http://a.internal/")
    for name in ("closed.test", "both.test"):
        assert judge.refuses_literal(f"http://{name}/")
        with pytest.raises(BlockedAddress):
            await judge.addresses(name, 80)


def test_a_pin_that_is_no_address_is_a_mistake():
    with pytest.raises(ValueError, match=r"site\.test"):
        guard(resolve="site.test:example.com")


async def test_bad_ports_are_refused_here_as_well():
    with pytest.raises(BlockedAddress):
        await guard({"good.example": [[PUBLIC]]}).addresses("good.example", 25)


async def test_old_answers_make_room_for_new_ones():
    dns = Dns({})
    judge = EgressGuard(FetchSettings(), dns, Clock())
    for number in range(4_200):
        with pytest.raises(NameNotResolved):
            await judge.addresses(f"{number}.example", 80)
    assert len(judge._answers) == 4_096


async def test_a_question_lives_as_long_as_somebody_waits_for_its_answer():
    begun, ended = [], []
    release = asyncio.Event()

    async def lookup(name):
        begun.append(name)
        try:
            await release.wait()
        finally:
            ended.append(name)
        return [ip_address(PUBLIC)]

    egress = EgressGuard(FetchSettings(), lookup, Clock())
    first, second = (asyncio.create_task(egress.addresses("a.example", 80)) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    assert (begun, ended) == (["a.example"], [])
    second.cancel()
    third = asyncio.create_task(egress.addresses("a.example", 80))  # in the same moment
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert (begun, ended) == (["a.example"] * 2, ["a.example"])
    release.set()
    assert await third == [ip_address(PUBLIC)]
    assert egress._asking == {}


async def test_a_lookup_that_fails_is_asked_again_and_leaves_nothing_behind():
    async def lookup(_name):
        raise ZeroDivisionError

    egress = EgressGuard(FetchSettings(), lookup, Clock())
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            await egress.addresses("a.example", 80)
    assert egress._asking == {}


# Where only the proxy can resolve names

LEFT = {"proxy_server": "http://proxy.test:3128", "proxy_resolves_names": True}


async def test_names_are_left_to_the_proxy_only_where_that_is_wanted_and_asked():
    table = {"only-the-proxy.example": [[]], "inside.example": [["10.0.0.1"]]}
    dns = Dns(table)
    leaving = EgressGuard(FetchSettings.model_validate(LEFT), dns)
    assert await leaving.addresses("only-the-proxy.example", 443, by_proxy=True) == []
    assert await leaving.addresses("inside.example", 443, by_proxy=True) == []
    assert dns.asked == []
    with pytest.raises(NameNotResolved):  # a webhook does not go through the proxy
        await leaving.addresses("only-the-proxy.example", 443)
    with pytest.raises(BlockedAddress):
        await leaving.addresses("inside.example", 443)
    keeping = EgressGuard(FetchSettings(proxy_server="http://proxy.test:3128"), dns)
    with pytest.raises(NameNotResolved):
        await keeping.addresses("only-the-proxy.example", 443, by_proxy=True)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "10.1.2.3",
        "169.254.169.254",
        "::1",
        "::ffff:10.0.0.1",
        "localhost",
        "metadata.google.internal",
        "wiki.corp",
        "printer.local",
        "wiki",
        "2130706433",
        "127.1",
        "0x7f.0.0.0x1",
        "1.2.3.0x",
        "pinned.example",
    ],
)
async def test_what_shows_by_itself_where_it_leads_is_judged_all_the_same(host):
    dns = Dns({})
    settings = FetchSettings.model_validate({"resolve": "pinned.example:10.0.0.1", **LEFT})
    leaving = EgressGuard(settings, dns)
    with pytest.raises(BlockedAddress):
        await leaving.addresses(host, 80, by_proxy=True)
    assert dns.asked == []


async def test_addresses_and_pins_that_are_open_stay_open():
    open_too = {"resolve": "wiki:10.1.2.3", "allow_networks": "10.0.0.0/8"}
    leaving = EgressGuard(FetchSettings.model_validate({**open_too, **LEFT}), Dns({}))
    for host, address in ((PUBLIC, PUBLIC), ("10.9.9.9", "10.9.9.9"), ("wiki", "10.1.2.3")):
        assert await leaving.addresses(host, 80, by_proxy=True) == [ip_address(address)]
    with pytest.raises(BlockedAddress):
        await leaving.addresses("site.example", 22, by_proxy=True)


@pytest.mark.parametrize("server", [None, "socks5://proxy.test:1080"])
def test_names_are_not_left_to_a_proxy_that_cannot_be_asked_for_them(server):
    with pytest.raises(ValueError, match="socks5h"):
        FetchSettings.model_validate({"proxy_server": server, "proxy_resolves_names": True})
