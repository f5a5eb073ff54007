from __future__ import annotations

import os

import pytest

from webkiln.settings import InvalidSettings, adopt_env_file, load


def adopted(folder, environ=None):
    found = dict(environ or {})
    adopt_env_file(folder, found)
    return found


def test_without_a_file_nothing_changes(tmp_path):
    assert adopted(tmp_path, {"A": "b"}) == {"A": "b"}


def test_settings_are_read_whatever_they_are_called_and_nothing_else(tmp_path):
    (tmp_path / ".env").write_text(
        "# how we run it\n"
        "WEBKILN_PORT=4100\n"
        "export TEST_API_KEY='my secret # is long'\n"
        'PROXY_SERVER="http://proxy.test:3128"  # ours\n'
        "WEBKILN_API_URL=http://kiln.test\n"
        "WEBKILN_PROT=1\n"
        "PATH=/nowhere\n"
        "LD_PRELOAD=evil.so\n"
        "HTTP_PROXY=http://proxy.test\n"
        "HOST\n"
    )
    assert adopted(tmp_path, {"PATH": "/bin"}) == {
        "PATH": "/bin",
        "WEBKILN_PORT": "4100",
        "TEST_API_KEY": "my secret # is long",
        "PROXY_SERVER": "http://proxy.test:3128",
        "WEBKILN_API_URL": "http://kiln.test",
        "WEBKILN_PROT": "1",  # to be told that it is no setting
    }


@pytest.mark.parametrize(
    ("environ", "port"),
    [
        ({}, 4100),
        ({"WEBKILN_PORT": "5000"}, 5000),
        ({"PORT": "5000"}, 5000),  # another name of the same setting
        ({"WEBKILN_PORT": ""}, 4100),  # as good as not set
    ],
)
def test_the_environment_beats_the_file_and_a_flag_beats_both(tmp_path, environ, port):
    (tmp_path / ".env").write_text("WEBKILN_PORT=4100\n")
    found = adopted(tmp_path, environ)
    assert load(found).server.port == port
    assert load(found, port=6000).server.port == 6000


def test_a_value_is_taken_as_it_stands(tmp_path):
    (tmp_path / ".env").write_text("WEBKILN_PROXY_PASSWORD=pa$$${HOME}word\nWEBKILN_HOST=a=b\n")
    assert adopted(tmp_path)["WEBKILN_PROXY_PASSWORD"] == "pa$$${HOME}word"
    assert adopted(tmp_path)["WEBKILN_HOST"] == "a=b"


def test_a_folder_of_that_name_is_no_file(tmp_path):
    (tmp_path / ".env").mkdir()
    assert adopted(tmp_path) == {}


def test_what_windows_puts_at_the_beginning_is_no_part_of_a_name(tmp_path):
    (tmp_path / ".env").write_bytes("\ufeffWEBKILN_PORT=4100\r\nWEBKILN_HOST=a.test\r\n".encode())
    assert adopted(tmp_path) == {"WEBKILN_PORT": "4100", "WEBKILN_HOST": "a.test"}


def test_what_is_no_text_is_said_in_a_line(tmp_path):
    (tmp_path / ".env").write_bytes(b"WEBKILN_PORT=\xff\xfe\n")
    with pytest.raises(InvalidSettings) as refused:
        adopted(tmp_path)
    assert (
        refused.value.told
        == f"This setting cannot be used: {tmp_path}/.env cannot be read: it is not UTF-8 text."
    )


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read_is_said_in_a_line(tmp_path):
    (tmp_path / ".env").touch(mode=0)
    with pytest.raises(InvalidSettings, match="Permission denied"):
        adopted(tmp_path)
