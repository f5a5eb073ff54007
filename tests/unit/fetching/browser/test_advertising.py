import pytest

from webkiln.fetching.browser.advertising import is_advertising
from webkiln.fetching.browser.tables import table


@pytest.mark.parametrize("host", ["doubleclick.net", "ad.doubleclick.net", "a.b.c.google-analytics.com"])
def test_an_advertiser_and_all_under_it(host):
    assert is_advertising(host)


@pytest.mark.parametrize(
    "host", ["example.com", "notdoubleclick.net", "doubleclick.net.example.com", "net", "", ".", "127.0.0.1"]
)
def test_anybody_else(host):
    assert not is_advertising(host)


def test_no_entry_takes_a_whole_domain_of_others_along():
    hosts = [host for (host,) in table("advertisers")]
    assert len(set(hosts)) == len(hosts) > 50
    assert [host for host in hosts if "." not in host or host != host.lower()] == []
