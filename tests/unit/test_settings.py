from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError

from webkiln import settings
from webkiln.settings import InvalidSettings, Settings, as_environment, environment_names, load

SECTIONS = {name: field.annotation for name, field in Settings.model_fields.items()}
FIELDS = [
    (section, name, field)
    for section, model in SECTIONS.items()
    for name, field in model.model_fields.items()
]
ALIASES = {
    "HOST": "host",
    "PORT": "port",
    "TEST_API_KEY": "api_key",
    "PROXY_SERVER": "proxy_server",
    "PROXY_USERNAME": "proxy_username",
    "PROXY_PASSWORD": "proxy_password",
    "AWS_ENDPOINT_URL_S3": "s3_endpoint_url",
    "AWS_ENDPOINT_URL": "s3_endpoint_url",
    "AWS_REGION": "s3_region",
    "AWS_DEFAULT_REGION": "s3_region",
    "AWS_ACCESS_KEY_ID": "s3_access_key_id",
    "AWS_SECRET_ACCESS_KEY": "s3_secret_access_key",
    "AWS_SESSION_TOKEN": "s3_session_token",
    "SELF_HOSTED_WEBHOOK_HMAC_SECRET": "webhook_secret",
    "SELF_HOSTED_WEBHOOK_URL": "webhook_url",
    "SEARXNG_ENDPOINT": "searxng_endpoint",
    "SEARXNG_ENGINES": "searxng_engines",
    "SEARXNG_CATEGORIES": "searxng_categories",
    "SERPER_API_KEY": "serper_api_key",
    "SEARCHAPI_API_KEY": "searchapi_api_key",
    "BRAVE_API_KEY": "brave_api_key",
    "TAVILY_API_KEY": "tavily_api_key",
}


def value_of(found: Settings, name: str) -> Any:
    section = next(section for section, field, _ in FIELDS if field == name)
    value = getattr(getattr(found, section), name)
    return value.get_secret_value() if isinstance(value, SecretStr) else value


def complaints(**environ: str) -> list[str]:
    with pytest.raises(InvalidSettings) as refused:
        load(environ)
    return str(refused.value).splitlines()


def test_nothing_need_be_set():
    found = load({})
    assert found == Settings()
    assert (found.server.port, found.server.host, found.server.auth) == (3002, None, "keys")
    assert (found.storage.data_dir, found.storage.database_url) == (Path("data"), None)


def test_a_setting_is_read_under_its_own_name():
    assert load({"WEBKILN_PORT": "4000"}).server.port == 4000


TWO_VALUES = {
    "api_key": ("fc-" + "3" * 32, "fc-" + "4" * 32),
    "s3_endpoint_url": ("https://three.test", "http://four.test:9000"),
    "searxng_endpoint": ("https://three.test/searx", "http://127.0.0.1:8080"),
}


def two_values(name):
    """Return two values that the setting takes: some must look like what they are."""
    return TWO_VALUES.get(name, ("3003", "3004"))


@pytest.mark.parametrize(("alias", "name"), ALIASES.items())
def test_names_that_self_hosters_have_already_work_too(alias, name):
    first, _ = two_values(name)
    assert str(value_of(load({alias: first}), name)) == first


@pytest.mark.parametrize(("alias", "name"), ALIASES.items())
def test_the_own_name_wins_over_an_alias(alias, name):
    first, second = two_values(name)
    found = load({alias: first, f"WEBKILN_{name.upper()}": second})
    assert str(value_of(found, name)) == second


def test_every_alias_is_known_here():
    declared = {
        alias: name
        for _, name, field in FIELDS
        for alias in environment_names(name, field.json_schema_extra)[1:]
    }
    assert declared == ALIASES


def test_an_empty_variable_is_not_set():
    assert load({"WEBKILN_PORT": "", "PORT": "4000"}).server.port == 4000
    assert load({"WEBKILN_PORT": "", "PORT": ""}).server.port == 3002


def test_names_are_unique_over_all_sections():
    names = [name for _, name, _ in FIELDS]
    variables = [
        variable for _, name, field in FIELDS for variable in environment_names(name, field.json_schema_extra)
    ]
    assert len(set(names)) == len(names)
    assert len(set(variables)) == len(variables)


@pytest.mark.parametrize(("section", "name", "field"), FIELDS, ids=lambda part: str(part)[:30])
def test_every_setting_says_what_it_means(section, name, field):
    assert field.description, f"{section}.{name}"
    assert field.description[0].isupper() or field.description[0] == "`"
    assert field.description.endswith(".")


@pytest.mark.parametrize("unit", ["_s", "_ms", "_mb"])
def test_a_unit_in_the_name_is_a_unit_in_the_sentence(unit):
    words = {"_s": "econds", "_ms": "illiseconds", "_mb": "MiB"}
    for _, name, field in FIELDS:
        if name.endswith(unit):
            assert words[unit] in field.description, name


def test_all_mistakes_are_told_at_once_by_the_names_they_are_set_under():
    told = complaints(
        WEBKILN_PORT="many",
        WEBKILN_AUTH="perhaps",
        WEBKILN_WORKERS="-1",
        WEBKILN_ALLOW_NETWORKS="10.0.0.1/8",
        WEBKILN_RESOLVE="docs.test",
        WEBKILN_LEASE_S="0",
        WEBKILN_LOG_LEVEL="loud",
    )
    # A network is tried as IPv4 and as IPv6, so it may take two lines.
    assert {line.partition(":")[0] for line in told} == {
        "WEBKILN_ALLOW_NETWORKS",
        "WEBKILN_AUTH",
        "WEBKILN_LEASE_S",
        "WEBKILN_LOG_LEVEL",
        "WEBKILN_PORT",
        "WEBKILN_RESOLVE",
        "WEBKILN_WORKERS",
    }


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("WEBKILN_PORT", "65536"),
        ("WEBKILN_PORT", "-1"),
        ("WEBKILN_WORKER_CONCURRENCY", "0"),
        ("WEBKILN_MAX_TRIES", "0"),
        ("WEBKILN_MAX_TRIES", "11"),
        ("WEBKILN_RESULT_TTL_S", "59"),
        ("WEBKILN_MAX_BODY_MB", "0.5"),
        ("WEBKILN_WEBHOOK_RETRY_DELAYS_S", "60,soon"),
        ("WEBKILN_LOG_FORMAT", "xml"),
    ],
)
def test_values_without_sense_are_refused(name, value):
    assert [line.partition(":")[0] for line in complaints(**{name: value})] == [name]


SECRETS = {
    "WEBKILN_API_KEY": "fc-00112233445566778899aabbccddeeff",
    "WEBKILN_WEBHOOK_SECRET": "whsec_c2VjcmV0",
    "WEBKILN_PROXY_PASSWORD": "hunter2-hunter2",
    "AWS_ACCESS_KEY_ID": "AKIA-not-for-the-log",
    "AWS_SECRET_ACCESS_KEY": "wJalr-not-for-the-log",
    "AWS_SESSION_TOKEN": "IQoJb-not-for-the-log",
}


@pytest.mark.parametrize("show", [repr, str, lambda found: found.model_dump_json()])
def test_secrets_are_never_shown(show):
    found = load(SECRETS)
    shown = show(found) + "".join(show(getattr(found, section)) for section in SECTIONS)
    assert [secret for secret in SECRETS.values() if secret in shown] == []


def test_every_setting_named_like_a_secret_is_kept_as_one():
    for _, name, field in FIELDS:
        if any(word in name for word in ("key", "secret", "password", "token")):
            assert "SecretStr" in str(field.annotation), name


@given(st.text(alphabet="abcdefghijklmnop0123456789", min_size=12, max_size=20))
def test_a_refused_value_is_not_repeated_for_it_may_be_a_secret_in_the_wrong_place(value):
    names = [
        f"WEBKILN_{name.upper()}"
        for _, name, field in FIELDS
        if field.annotation in (int, float) or "Literal" in str(field.annotation)
    ]
    assert len(names) > 10
    told = complaints(**dict.fromkeys(names, f"x{value}"))
    assert len(told) == len(names)
    assert not any(value in line for line in told)


@pytest.mark.parametrize(
    "url",
    [
        "s3://bucket",
        "s3://bucket/",
        "s3://bu.ck-et/a/b_c.d=e/",
        "file:///var/lib/blobs",
        "file:///with%20space",
    ],
)
def test_blobs_go_to_a_bucket_or_a_folder(url):
    assert load({"WEBKILN_BLOB_URL": url}).blob.blob_url == url


@pytest.mark.parametrize(
    "url",
    [
        "gs://bucket",
        "bucket",
        "/var/lib/blobs",
        "s3://",
        "s3:///prefix",
        "s3://key:hunter2@bucket",
        "s3://bucket/../other",
        "s3://bucket/a/./b",
        "s3://bucket//a",
        "s3://bucket?region=x",
        "s3://bucket/a\n",
        "file://host/folder",
        "file:///",
    ],
)
def test_what_names_neither_is_a_mistake(url):
    (told,) = complaints(WEBKILN_BLOB_URL=url)
    assert told.startswith("WEBKILN_BLOB_URL: ")
    assert "hunter2" not in told


@pytest.mark.parametrize(
    "url",
    [
        "minio:9000",
        "ftp://minio",
        "http://",
        "http://h ost",
        "http://host:99999",
        "https://AKIA:hunter2@host",
        "https://host/?X=1",
    ],
)
def test_an_endpoint_is_an_address_and_holds_no_credentials(url):
    (told,) = complaints(AWS_ENDPOINT_URL=url)
    assert told.startswith("WEBKILN_S3_ENDPOINT_URL: ")
    assert "hunter2" not in told


@pytest.mark.parametrize("half", ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"])
def test_half_a_pair_of_keys_is_a_mistake_where_it_is_used(half):
    (told,) = complaints(WEBKILN_BLOB_URL="s3://bucket", **{half: "hunter2"})
    assert told.startswith("WEBKILN_S3_SECRET_ACCESS_KEY: ")
    assert "hunter2" not in told
    load({half: "for another program"})


def test_lists_are_comma_separated():
    found = load(
        {"WEBKILN_ALLOW_NETWORKS": " 10.0.0.0/8, fd00::/8 ,,", "WEBKILN_WEBHOOK_RETRY_DELAYS_S": "1,2.5"}
    )
    assert found.fetch.allow_networks == (
        ipaddress.ip_network("10.0.0.0/8"),
        ipaddress.ip_network("fd00::/8"),
    )
    assert found.webhook.webhook_retry_delays_s == (1.0, 2.5)


def test_one_address_is_a_network_of_its_own():
    assert load({"WEBKILN_ALLOW_NETWORKS": "127.0.0.1"}).fetch.allow_networks == (
        ipaddress.ip_network("127.0.0.1/32"),
    )


@pytest.mark.parametrize(
    ("text", "pins"),
    [
        ("docs.test:127.0.0.1", {"docs.test": ("127.0.0.1",)}),
        ("Docs.TEST:127.0.0.1", {"docs.test": ("127.0.0.1",)}),
        ("a.test:10.0.0.1, b.test:10.0.0.2", {"a.test": ("10.0.0.1",), "b.test": ("10.0.0.2",)}),
        ("a.test:10.0.0.1,a.test:[2001:db8::1]", {"a.test": ("10.0.0.1", "2001:db8::1")}),
        ("a.test:::1", {"a.test": ("::1",)}),
        ("a.test:[::1]", {"a.test": ("::1",)}),
        ("a.test:fd00::1", {"a.test": ("fd00::1",)}),
    ],
)
def test_names_are_pinned_as_curl_pins_them(text, pins):
    assert load({"WEBKILN_RESOLVE": text}).fetch.resolve == pins


@pytest.mark.parametrize("text", ["docs.test", "docs.test:", ":127.0.0.1", "a.test:10.0.0.1,b.test"])
def test_a_pin_needs_a_name_and_an_address(text):
    assert "name:address" in complaints(WEBKILN_RESOLVE=text)[0]


def test_the_command_line_wins_over_the_environment():
    environ = {"WEBKILN_PORT": "4000", "WEBKILN_DATABASE_URL": "somewhere", "WEBKILN_WORKERS": "3"}
    found = load(environ, port=0, database_url="", workers=None)
    assert (found.server.port, found.storage.database_url, found.engine.workers) == (0, None, 3)


def test_a_child_process_is_told_the_same():
    given = {"port": 0, "data_dir": Path("there"), "workers": 2, "host": None, "database_url": ""}
    told = as_environment(**given)
    assert "WEBKILN_HOST" not in told
    assert load(told) == load({}, **given)


def test_settings_and_their_sections_are_frozen_and_closed():
    found = load({})
    with pytest.raises(ValidationError, match="frozen"):
        found.server.port = 1
    with pytest.raises(ValidationError, match="Extra inputs"):
        settings.ServerSettings(prot=1)


def test_the_environment_of_the_process_is_what_is_read(monkeypatch):
    monkeypatch.setenv("WEBKILN_PORT", "4001")
    assert load().server.port == 4001


def test_search_providers_are_ordered_by_name():
    found = load({"WEBKILN_SEARCH_PROVIDERS": "ddgs, serper", "SERPER_API_KEY": "k"}).search
    assert found.search_providers == ("ddgs", "serper")


@pytest.mark.parametrize(
    ("environ", "complaint"),
    [
        ({"WEBKILN_SEARCH_PROVIDERS": "serper"}, "serper is listed, and WEBKILN_SERPER_API_KEY is not set"),
        ({"WEBKILN_SEARCH_PROVIDERS": "searxng"}, "WEBKILN_SEARXNG_ENDPOINT is not set"),
        ({"WEBKILN_SEARCH_PROVIDERS": "ddgs,ddgs"}, "listed twice"),
        ({"WEBKILN_SEARCH_PROVIDERS": "altavista"}, "WEBKILN_SEARCH_PROVIDERS"),
        ({"BRAVE_API_KEY": "a key\nwith a header: in it"}, "WEBKILN_BRAVE_API_KEY"),
        ({"SEARXNG_ENDPOINT": "http://me:secret@searx.test"}, "WEBKILN_SEARXNG_ENDPOINT"),
    ],
)
def test_search_providers_that_cannot_work_are_refused_without_their_secrets(environ, complaint):
    (told,) = complaints(**environ)
    assert complaint in told
    assert "with a header" not in told
    assert "secret" not in told
