from __future__ import annotations

import pytest

from webkiln.sites import is_public_suffix, registrable_domain, same_site


@pytest.mark.parametrize(
    ("host", "domain"),
    [
        ("example.com", "example.com"),
        ("www.example.com", "example.com"),
        ("a.b.example.co.uk", "example.co.uk"),
        ("a.someone.github.io", "someone.github.io"),
        ("www.xn--bcher-kva.de", "xn--bcher-kva.de"),
        ("www.xn--80a.xn--p1ai", "xn--80a.xn--p1ai"),
        ("a.b.example.unknowntop", "example.unknowntop"),
        # themselves
        ("co.uk", "co.uk"),
        ("github.io", "github.io"),
        ("localhost", "localhost"),
        ("127.0.0.1", "127.0.0.1"),
        ("::1", "::1"),
        ("", ""),
    ],
)
def test_the_registrable_domain_of_a_host(host, domain):
    assert registrable_domain(host) == domain


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        ("example.com", "docs.example.com", True),
        ("a.example.com", "b.example.com", True),
        ("example.com", "example.org", False),
        ("example.com", "notexample.com", False),
        ("one.github.io", "two.github.io", False),
        ("one.co.uk", "two.co.uk", False),
        ("10.0.0.1", "11.0.0.1", False),
        ("127.0.0.1", "127.0.0.1", True),
    ],
)
def test_hosts_of_one_registrable_domain_are_one_site(a, b, same):
    assert same_site(a, b) is same


@pytest.mark.parametrize(
    ("domain", "public"),
    [
        ("com", True),
        ("co.uk", True),
        ("web.id", True),
        ("gitlab.io", True),
        ("s3.eu-west-1.amazonaws.com", True),
        ("herokuapp.com", True),
        ("anything.ck", True),  # by a wildcard
        ("www.ck", False),  # by an exception to it
        ("localhost", True),
        ("unknowntop", True),
        ("xn--p1ai", True),
        ("example.com", False),
        ("someone.gitlab.io", False),
        ("10.0.0.1", False),
        ("::1", False),
    ],
)
def test_nobody_owns_a_public_suffix(domain, public):
    assert is_public_suffix(domain) is public
