"""What no log line says, whoever writes it and however it comes about."""

import json
import logging
import sys

import pytest
import structlog

from webkiln.telemetry.redaction import HIDDEN, WITHHELD, Redaction, for_log, withholding


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://kiln.test/glaze", "https://kiln.test/glaze"),
        ("https://kiln.test:8443/", "https://kiln.test:8443/"),
        ("http://[2001:db8::1]:81/a", "http://[2001:db8::1]:81/a"),
        ("https://kiln.test/glaze?token=t0k", "https://kiln.test/glaze"),
        ("https://kiln.test?token=t0k", "https://kiln.test"),
        ("https://kiln.test/#access_token=t0k", "https://kiln.test/"),
        ("https://potter:t0k@kiln.test/a", "https://kiln.test/a"),
        ("https://t0k@kiln.test", "https://kiln.test"),
        ("https://potter:t0@k@kiln.test/a", "https://kiln.test/a"),
        ("https://kiln.test/@potter/pots", "https://kiln.test/@potter/pots"),
        ("kiln.test/a?t0k", "kiln.test/a"),
        ("potter:t0k@kiln.test/a", "kiln.test/a"),
        ("https://kiln.test/a b\nfake line?x", "https://kiln.test/a bfake line"),
        ("https://kiln.test\\@t0k.test/x", "https://kiln.test/@t0k.test/x"),
        ("", ""),
    ],
)
def test_a_url_is_shown_up_to_its_path(url, shown):
    assert for_log(url) == shown


@pytest.mark.parametrize(
    "url",
    [
        "https://potter:t0k/en@kiln.test/",
        "https://potter:t0k?en@kiln.test/",
        "https://potter:t0k#en@kiln.test/",
        "https://potter:t0k\\en@kiln.test/",
        "https://[t0k]@x",
        "https://kiln.test/?a=://t0k@b",
        "ws://127.0.0.1:9222/?token=t0k",
    ],
)
def test_no_spelling_brings_a_credential_through(url):
    assert "t0k" not in for_log(url)
    assert "t0k" not in write(said=f"cannot reach {url}")


def test_a_long_url_is_cut():
    assert len(for_log("https://kiln.test/" + "a" * 50_000)) == 200


def write(*, secrets=(), event="it happened", **more):
    return json.dumps(Redaction(secrets)(None, "info", {"event": event, **more}), ensure_ascii=False)


def raised(error):
    try:
        raise error
    except type(error) as caught:
        return caught


@pytest.mark.parametrize(
    "value",
    [
        "tried https://a.test/p?key=t0k, nothing came",
        "GET /p?key=t0k HTTP/1.1",
        ["https://a.test/?t0k"],
        {"url": "https://u:t0k@a.test/", "more": [("https://a.test/#t0k",)]},
        [[[["https://a.test/?t0k"]]]],
        ValueError("no reading of 'https://a.test/?t0k'"),
        "x" * 5_000 + "t0k",
        "invalid input for query argument $3: 't0k' (expected str)",
    ],
)
def test_the_net_catches_what_was_logged_as_it_came(value):
    assert "t0k" not in write(said=value)
    assert "t0k" not in write(exc_info=raised(ValueError(f"of {value}")))
    assert "t0k" not in write(event=str(value))


def test_the_stops_of_a_sentence_are_no_part_of_a_url():
    line = write(said="tried http://127.0.0.1:1025, then https://kiln.test/a?t0k=1; no https://a:t0k, no x.")
    assert "tried http://127.0.0.1:1025, then https://kiln.test/a; no https://(hidden), no x." in line


@pytest.mark.parametrize("body", [b"t0k", bytearray(b"t0k"), memoryview(b"t0k")])
def test_of_bytes_only_their_number_is_told(body):
    assert json.loads(write(said=body))["said"] == "(3 bytes)"


def test_a_trace_says_where_and_what_but_names_no_page():
    said = write(exc_info=raised(ValueError("cannot read https://a.test/secret-path?x=1 twice")))
    assert "cannot read (a URL) twice" in said
    assert "test_redaction.py" in said
    assert "secret-path" not in said


def test_a_trace_has_an_end():
    error = ValueError("\n".join("y" * 3_000 for _ in range(3_000)))
    assert len(write(exc_info=raised(error))) < 120_000


def test_the_operators_own_secrets_are_hidden_wherever_they_stand():
    secrets = ["glaze and slip", "g1", "s3cr/t"]
    said = write(
        secrets=secrets,
        event="glaze and slip",
        key={"a": "s3cr/t!"},
        exc_info=raised(OSError("no entry for s3cr/t")),
        short="g1",
    )
    assert "glaze" not in said
    assert "s3cr" not in said
    assert said.count(HIDDEN) == 3
    assert "g1" in said  # too short to be told from a word


def test_a_secret_that_is_a_word_of_every_line_is_not_told_by_hiding_it():
    assert json.loads(write(secrets=["info"], level="info", process="api"))["level"] == "info"


def test_of_a_page_nobody_may_remember_only_numbers_and_ids_are_told():
    error = raised(ValueError("kiln.test was empty"))
    with withholding():
        assert for_log("https://kiln.test/") == WITHHELD
        said = write(
            job="7", task="8", status=500, ok=True, title="kiln.test", more=["kiln.test"], exc_info=error
        )
    assert "kiln.test" not in said
    found = json.loads(said)
    assert (found["job"], found["task"], found["status"], found["ok"]) == ("7", "8", 500, True)
    assert found["exception"].endswith("ValueError")
    assert "test_redaction.py" in found["exception"]


def test_withholding_ends_with_its_block_and_can_be_left_off():
    with withholding(when=False):
        assert for_log("https://kiln.test/") == "https://kiln.test/"
    with pytest.raises(KeyError), withholding():
        raise KeyError
    assert for_log("https://kiln.test/") == "https://kiln.test/"


def test_a_librarys_words_are_withheld_whole():
    with withholding():
        said = Redaction()(None, "warning", {"event": "kiln.test is slow", "_from_structlog": False})
    assert said["event"] == WITHHELD


def test_a_librarys_line_is_cleaned_as_ours_is(capsys):
    redaction = Redaction(["hunter2"])
    form = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[redaction],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(),
        ],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(form)
    logger = logging.getLogger("theirs.redaction")
    logger.propagate = False
    logger.addHandler(handler)
    error = raised(OSError("refused by https://u:hunter2@db.test/?x"))
    logger.error("asked %s for %r", "https://a.test/?t0k", "hunter2", exc_info=error)
    logger.removeHandler(handler)
    said = capsys.readouterr().err
    assert "asked https://a.test/ for" in said
    assert "refused by (a URL)" in said
    assert "hunter2" not in said
    assert "t0k" not in said


@pytest.mark.parametrize(
    "piece", ["?", "?a=", "a://", "https://x?", "hunter2", "invalid input for query argument $1"]
)
def test_a_text_without_end_is_looked_at_as_far_as_it_is_shown(piece):
    assert (
        len(write(said=piece * 2_000_000, exc_info=ValueError(piece * 2_000_000), secrets=["hunter2"]))
        < 3_000
    )
