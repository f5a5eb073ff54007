import pytest

from webkiln.settings import load
from webkiln.settings.secrets import secrets_of


@pytest.mark.parametrize(
    ("name", "value", "spellings"),
    [
        ("WEBKILN_WEBHOOK_SECRET", "whsec_glaze", ["whsec_glaze"]),
        ("WEBKILN_BRAVE_API_KEY", "br4ve", ["br4ve"]),
        ("WEBKILN_API_KEY", "fc-" + "a" * 32, ["fc-" + "a" * 32]),
        (
            "WEBKILN_DATABASE_URL",
            "postgresql://webkiln:sl%2Fip@db.test/w",
            ["sl%2Fip", "sl/ip", "d2Via2lsbjpzbC9pcA=="],
        ),
        ("WEBKILN_PROXY_SERVER", "http://potter:slip@proxy.test:8080", ["slip", "cG90dGVyOnNsaXA="]),
        ("WEBKILN_PROXY_SERVER", "potter:slip@proxy.test:8080", ["slip"]),
        ("WEBKILN_BROWSER_CDP_URL", "wss://browser.test/?token=slip%20", ["slip ", "slip%20"]),
        ("WEBKILN_WEBHOOK_URL", "https://hooks.test/{{JOB_ID}}?key=slip", ["slip"]),
    ],
)
def test_a_secret_is_known_in_each_of_its_spellings(name, value, spellings):
    found = secrets_of(load({name: value}))
    assert set(spellings) <= found


def test_the_proxys_password_is_known_beside_its_user_too():
    found = secrets_of(
        load({"PROXY_SERVER": "proxy.test", "PROXY_USERNAME": "potter", "PROXY_PASSWORD": "slip"})
    )
    assert {"slip", "cG90dGVyOnNsaXA="} <= found


def test_nothing_else_is_taken_for_a_secret():
    assert (
        secrets_of(load({"WEBKILN_HOST": "kiln.test", "WEBKILN_PUBLIC_URL": "https://kiln.test/a"}))
        == frozenset()
    )
