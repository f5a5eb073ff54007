from __future__ import annotations

import pytest
import trustme

from webkiln.settings import InvalidSettings, load


def complaint(**environ):
    with pytest.raises(InvalidSettings) as refused:
        load(environ)
    (line,) = refused.value.told.splitlines()
    return line


@pytest.mark.parametrize("key", ["my-secret", "fc-local", "a:b/c=d?é".replace("é", "e"), "x" * 256, "0" * 32])
def test_a_preset_key_may_be_of_any_form_from_eight_characters_on(key):
    for name in ("WEBKILN_API_KEY", "TEST_API_KEY"):
        preset = load({name: key}).server.api_key
        assert preset is not None
        assert preset.get_secret_value() == key


@pytest.mark.parametrize("key", ["secret7", "with a space", "x" * 257, "gr\u00fcn-gr\u00fcn", "tab\tbed-key"])
def test_a_preset_key_that_no_request_could_bring_or_that_is_short_is_refused_unseen(key):
    said = complaint(TEST_API_KEY=key)
    assert "WEBKILN_API_KEY: an API key is made of 8 to 256" in said
    assert key not in said


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("https://kiln.example", "https://kiln.example"),
        ("https://kiln.example/", "https://kiln.example"),
        ("http://10.1.2.3:8080/api/", "http://10.1.2.3:8080/api"),
        ("HTTPS://Kiln.Example:443", "https://kiln.example"),
    ],
)
def test_links_begin_with_what_can_begin_one(typed, kept):
    assert load({"WEBKILN_PUBLIC_URL": typed}).server.public_url == kept


@pytest.mark.parametrize(
    "typed",
    [
        "kiln.example", "kiln.example:3002", "localhost:3002", "//kiln.example", "/api", "ftp://kiln.example",
        "https://", "https://me:word@kiln.example", "https://kiln.example/?a=b", "https://kiln.example/#x",
        "http://kiln example",
    ],
)  # fmt: skip
def test_what_cannot_begin_a_link_is_refused_in_a_line(typed):
    assert complaint(WEBKILN_PUBLIC_URL=typed).startswith(
        "This setting cannot be used: WEBKILN_PUBLIC_URL: links begin with http://host or https://host"
    )


@pytest.mark.parametrize(
    "typed",
    ["http://proxy.test:3128", "proxy.test:3128", "proxy.test", "http://me:word@proxy.test:1/",
     "https://proxy.test", "socks5://[::1]:1080", "socks5h://proxy.test:1080", "10.0.0.1:8080"],
)  # fmt: skip
def test_a_proxy_may_be_named_in_the_usual_ways(typed):
    assert load({"PROXY_SERVER": typed}).fetch.proxy_server == typed


@pytest.mark.parametrize(
    "typed",
    ["ftp://proxy.test", "http://", "http://:3128", "proxy.test:many", "proxy.test:99999", "proxy.test:0",
     "http://proxy.test/path", "http://proxy.test?x", "http://pro xy.test", "http://[::1", "file:///etc/passwd"],
)  # fmt: skip
def test_what_names_no_proxy_is_refused_in_a_line_that_does_not_repeat_it(typed):
    said = complaint(WEBKILN_PROXY_SERVER=typed)
    assert "WEBKILN_PROXY_SERVER: a proxy is named as http://host:port" in said
    assert typed not in said.replace("http://host:port", "")


def test_a_file_of_authorities_holds_certificates(tmp_path):
    pem = tmp_path / "ca.pem"
    trustme.CA().cert_pem.write_to_path(str(pem))
    assert load({"WEBKILN_EXTRA_CA_FILE": str(pem)}).fetch.extra_ca_file == pem


@pytest.mark.parametrize(
    "held", [b"", b"nothing", b"\x30\x82\x01\x0a\x02", b"-----BEGIN CERTIFICATE-----\nAAAA\n"]
)
def test_a_file_without_certificates_is_refused_in_a_line(tmp_path, held):
    path = tmp_path / "ca.pem"
    path.write_bytes(held)
    said = complaint(WEBKILN_EXTRA_CA_FILE=str(path))
    assert f"WEBKILN_EXTRA_CA_FILE: {path} holds no certificate in PEM form" in said


def test_a_key_is_no_certificate(tmp_path):
    path = tmp_path / "key.pem"
    trustme.CA().issue_cert("a.test").private_key_pem.write_to_path(str(path))
    assert "holds no certificate" in complaint(WEBKILN_EXTRA_CA_FILE=str(path))


@pytest.mark.parametrize("name", ["WEBKILN_EXTRA_CA_FILE", "WEBKILN_BROWSER_EXECUTABLE"])
def test_a_file_that_is_not_there_is_refused_in_a_line(tmp_path, name):
    assert f"This setting cannot be used: {name}:" in complaint(**{name: str(tmp_path / "nope")})
    assert f"This setting cannot be used: {name}:" in complaint(**{name: str(tmp_path)})


def test_a_browser_is_a_file_that_can_be_executed(tmp_path):
    path = tmp_path / "chromium"
    path.write_text("#!/bin/sh\n")
    said = complaint(WEBKILN_BROWSER_EXECUTABLE=str(path))
    assert said == f"This setting cannot be used: WEBKILN_BROWSER_EXECUTABLE: {path} cannot be executed"
    path.chmod(0o755)
    assert load({"WEBKILN_BROWSER_EXECUTABLE": str(path)}).browser.browser_executable == path


def test_several_mistakes_take_a_line_each_below_a_heading():
    with pytest.raises(InvalidSettings) as refused:
        load({"WEBKILN_PUBLIC_URL": "x", "WEBKILN_PORT": "y"})
    first, *others = refused.value.told.splitlines()
    assert first == "These settings cannot be used:"
    assert {line.partition(":")[0] for line in others} == {"WEBKILN_PUBLIC_URL", "WEBKILN_PORT"}
