from __future__ import annotations

import os

import pytest

from webkiln.settings import misspelt


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("WEBKILN_WORKER_CONCURENCY", "WEBKILN_WORKER_CONCURRENCY"),
        ("WEBKILN_ALLOWED_NETWORKS", "WEBKILN_ALLOW_NETWORKS"),
        ("WEBKILN_DATADIR", "WEBKILN_DATA_DIR"),
        ("WEBKILN_API_KEYS", "WEBKILN_API_KEY"),
        ("WEBKILN_URL", "WEBKILN_API_URL"),
        ("webkiln_port", "WEBKILN_PORT"),
        ("WEBKLIN_PORT", "WEBKILN_PORT"),
        ("WEB_KILN_HOST", "WEBKILN_HOST"),
        ("WEBKILNS_WORKERS", "WEBKILN_WORKERS"),
    ],
)
def test_a_name_that_is_nearly_a_setting_is_told_with_the_one_that_is_near(name, meant):
    (told,) = misspelt({name: "s3cret-value"})
    assert told.startswith(f"{name} is no setting and has no effect; did you mean {meant}")
    assert "s3cret" not in told


def test_a_name_of_ours_that_is_near_to_nothing_is_told_too():
    assert misspelt({"WEBKILN_ZQXJ": ""}) == ["WEBKILN_ZQXJ is no setting and has no effect."]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("WEBKILN_PORT", "1"),
        ("WEBKILN_API_URL", "http://kiln.test"),
        ("WEBKILN_CHILD", "1"),
        ("TEST_API_KEY", "my-secret"),
        ("PORTS", "1"),
        ("WEBKIT_FORCE_SANDBOX", "0"),
        ("WEBHOOK_URL", "https://a.test"),
        ("WINDOWID", "3"),
        ("WEBKILN", "x"),
        # What Kubernetes tells every container when a service is called webkiln.
        ("WEBKILN_SERVICE_HOST", "10.0.0.1"),
        ("WEBKILN_SERVICE_PORT_HTTP", "80"),
        ("WEBKILN_PORT_3002_TCP_ADDR", "10.0.0.1"),
        ("WEBKILN_API_PORT", "tcp://10.0.0.1:80"),
    ],
)
def test_what_was_not_meant_or_is_right_is_not_told(name, value):
    assert misspelt({name: value}) == []


def test_many_names_are_told_in_order():
    told = misspelt({"WEBKILN_PROT": "1", "WEBKILN_HOTS": "x", "HOME": "/"})
    assert [line.split()[0] for line in told] == ["WEBKILN_HOTS", "WEBKILN_PROT"]


def test_the_environment_is_that_of_the_process(monkeypatch):
    for name in os.environ:
        if name.startswith("WEBKILN"):
            monkeypatch.delenv(name)
    assert misspelt() == []
    monkeypatch.setenv("WEBKILN_WORKRES", "2")
    assert [line.split()[0] for line in misspelt()] == ["WEBKILN_WORKRES"]
