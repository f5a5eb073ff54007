from __future__ import annotations

from ipaddress import ip_address, ip_network

import pytest

from webkiln.fetching.addresses import AllowedNetworks, is_public, parse_address, unmapped

PUBLIC = [
    "1.1.1.1",
    "8.8.8.8",
    "9.255.255.255",
    "11.0.0.0",
    "100.63.255.255",
    "100.128.0.0",
    "126.255.255.255",
    "128.0.0.0",
    "168.63.129.15",
    "168.63.129.17",
    "169.253.255.255",
    "169.255.0.0",
    "172.15.255.255",
    "172.32.0.0",
    "191.255.255.255",
    "192.0.1.0",
    "192.0.3.0",
    "192.88.98.255",
    "192.88.100.0",
    "192.167.255.255",
    "192.169.0.0",
    "198.17.255.255",
    "198.20.0.0",
    "198.51.99.255",
    "198.51.101.0",
    "203.0.112.255",
    "203.0.114.0",
    "223.255.255.255",
    "2001:200::1",
    "2001:4860:4860::8888",
    "2001:db7:ffff::1",
    "2001:db9::1",
    "2003::1",
    "2606:4700:4700::1111",
    "2620:4f:7fff::1",
    "2a00:1450:4001::200e",
    "::ffff:8.8.8.8",
]

REFUSED = [
    # First and last of every row.
    "0.0.0.0",
    "0.255.255.255",
    "10.0.0.0",
    "10.255.255.255",
    "100.64.0.0",
    "100.100.100.200",
    "100.127.255.255",
    "127.0.0.0",
    "127.255.255.255",
    "168.63.129.16",
    "169.254.0.0",
    "169.254.169.254",
    "169.254.255.255",
    "172.16.0.0",
    "172.31.255.255",
    "192.0.0.0",
    "192.0.0.192",
    "192.0.0.255",
    "192.0.2.0",
    "192.0.2.255",
    "192.31.196.1",
    "192.52.193.1",
    "192.88.99.0",
    "192.88.99.255",
    "192.168.0.0",
    "192.168.255.255",
    "192.175.48.1",
    "198.18.0.0",
    "198.19.255.255",
    "198.51.100.0",
    "198.51.100.255",
    "203.0.113.0",
    "203.0.113.255",
    "224.0.0.0",
    "239.255.255.255",
    "240.0.0.0",
    "255.255.255.255",
    # Outside global unicast.
    "::",
    "::1",
    "::127.0.0.1",
    "::8.8.8.8",
    "::ffff:0:127.0.0.1",
    "::ffff:0:8.8.8.8",
    "64:ff9b::8.8.8.8",
    "64:ff9b::10.0.0.1",
    "64:ff9b:1::10.0.0.1",
    "100::1",
    "100:0:0:1::1",
    "400::1",
    "1fff::1",
    "4000::1",
    "5f00::1",
    "8000::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "febf::1",
    "fec0::1",
    "ff02::1",
    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
    # Special inside global unicast.
    "2001::1",
    "2001:0:7f00:1::",
    "2001:2::1",
    "2001:10::1",
    "2001:20::1",
    "2001:1ff:ffff::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:808:808::1",
    "2620:4f:8000::1",
    "3ffe::1",
    "3fff::1",
    "3fff:fff::1",
    "2606:4700::1%2",
    # Mapped: judged by what they reach.
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:0.0.0.0",
    "::ffff:224.0.0.1",
]


@pytest.mark.parametrize("text", PUBLIC)
def test_public_addresses_are_public(text):
    assert is_public(ip_address(text))


@pytest.mark.parametrize("text", REFUSED)
def test_special_addresses_are_not(text):
    assert not is_public(ip_address(text))


def test_literals_are_read_and_names_are_not():
    assert parse_address("127.0.0.1") == ip_address("127.0.0.1")
    assert parse_address("::ffff:7f00:1") == ip_address("127.0.0.1")
    assert parse_address("2606:4700::1") == ip_address("2606:4700::1")
    assert parse_address("example.com") is None
    assert parse_address("127.1") is None
    assert parse_address("") is None
    assert unmapped(ip_address("::1")) == ip_address("::1")


def test_allowed_networks_open_themselves_and_nothing_else():
    allowed = AllowedNetworks((ip_network("10.1.0.0/16"), ip_network("fd00::/8"), ip_network("127.0.0.1/32")))
    for text in ("10.1.0.0", "10.1.255.255", "fd12::1", "127.0.0.1", "::ffff:10.1.2.3"):
        assert ip_address(text) in allowed
    for text in (
        "10.0.255.255",
        "10.2.0.0",
        "fc00::1",
        "127.0.0.2",
        "::10.1.2.3",
        "64:ff9b::10.1.2.3",
        "fe80::1",
    ):
        assert ip_address(text) not in allowed
    assert ip_address("10.0.0.1") not in AllowedNetworks(())


def test_a_zone_is_never_allowed():
    allowed = AllowedNetworks((ip_network("fe80::/10"),))
    assert ip_address("fe80::1") in allowed
    assert ip_address("fe80::1%eth0") not in allowed


def test_a_mapped_network_opens_the_ipv4_network_behind_it():
    allowed = AllowedNetworks((ip_network("::ffff:10.1.0.0/112"),))
    assert ip_address("10.1.2.3") in allowed
    assert ip_address("10.2.0.0") not in allowed


def test_an_opened_translator_reaches_the_public_internet_only():
    allowed = AllowedNetworks((ip_network("64:ff9b::/96"),))
    assert ip_address("64:ff9b::8.8.8.8") in allowed
    assert ip_address("64:ff9b::10.0.0.1") not in allowed
    both = AllowedNetworks((ip_network("64:ff9b::/96"), ip_network("10.0.0.0/8")))
    assert ip_address("64:ff9b::10.0.0.1") in both
