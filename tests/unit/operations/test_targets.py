import pytest

from webkiln import errors
from webkiln.fetching.egress import EgressGuard
from webkiln.operations.failures import log_refused
from webkiln.operations.targets import Targets
from webkiln.settings import load
from webkiln.telemetry.redaction import WITHHELD, withholding
from webkiln.urls import WITH_CREDENTIALS


@pytest.mark.parametrize(
    "typed", ["https://site.test/", "site.test", "http://93.184.215.14/x", "HTTPS://Site.test"]
)
def test_public_targets_pass(targets, typed):
    assert targets.acceptable(typed)
    assert targets.parse(typed, ["url"]).startswith("http")


@pytest.mark.parametrize(
    "typed",
    [
        "http://127.0.0.1/",
        "http://0x7f.1/",
        "http://[::1]/",
        "http://[::ffff:10.0.0.1]/",
        "http://169.254.169.254/",
    ],
)
def test_addresses_inside_are_blocked(targets, typed):
    assert not targets.acceptable(typed)
    with pytest.raises(errors.BlockedAddress):
        targets.parse(typed, ["url"])


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("ftp://site.test/", "URL uses unsupported protocol"),
        ("http://localhost/", "URL must have a valid top-level domain or be an IP address"),
        ("", "Invalid URL"),
        ("http://a:b@site.test/", WITH_CREDENTIALS),
    ],
)
def test_what_is_no_target_is_a_bad_request_that_names_its_place(targets, typed, message):
    assert not targets.acceptable(typed)
    with pytest.raises(errors.BadRequest) as caught:
        targets.parse(typed, ["urls", 3])
    assert caught.value.message == message
    assert caught.value.details == [{"code": "custom", "path": ["urls", 3], "message": message}]


def test_names_that_the_operator_pinned_and_networks_that_are_open_pass():
    settings = load({}, resolve="intra:10.1.2.3", allow_networks="10.1.0.0/16").fetch
    guard = EgressGuard(settings)
    targets = Targets(guard, guard.accepted_names)
    assert targets.acceptable("http://intra/")
    assert targets.acceptable("http://10.1.2.3/")
    assert not targets.acceptable("http://10.2.0.1/")
    assert targets.acceptable("http://other/")  # its addresses will decide


def test_without_open_networks_a_name_without_a_dot_must_be_pinned():
    settings = load({}, resolve="intra:93.184.216.34").fetch
    guard = EgressGuard(settings)
    targets = Targets(guard, guard.accepted_names)
    assert targets.acceptable("http://intra/")
    assert not targets.acceptable("http://other/")


def test_a_refused_address_is_logged_without_query_or_credentials(targets, logs):
    with pytest.raises(errors.BlockedAddress):
        targets.parse("http://10.0.0.1:8080/admin?token=secret#part", ["url"])
    (line,) = logs
    assert (line["event"], line["url"]) == ("address refused", "http://10.0.0.1:8080/admin")
    assert (line["log_level"], line["code"]) == ("warning", "unsafe_domain_blocked")


def test_of_a_request_without_retention_the_log_has_no_address(targets, logs):
    with withholding(), pytest.raises(errors.BlockedAddress):
        targets.parse("http://10.0.0.1/", ["url"])
    assert [line["url"] for line in logs] == [WITHHELD]


def test_many_refused_addresses_are_counted(targets, logs):
    refused = []
    for number in range(230):
        assert targets.acceptable(f"http://10.0.0.{number}/", refused) is None
    assert targets.acceptable("nonsense", refused) is None
    assert logs == []
    log_refused(refused)
    assert len(logs) == 101
    assert (logs[-1]["event"], logs[-1]["number"]) == ("further addresses refused", 130)
