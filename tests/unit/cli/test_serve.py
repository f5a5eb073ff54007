import socket
import threading

import pytest

from webkiln.cli.serve import serve
from webkiln.settings import load


@pytest.fixture
def taken():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener


def settings(folder, port=0, **more):
    return load({}, data_dir=str(folder), port=port, **more)


def test_a_port_that_is_taken_is_said_in_a_line(taken, tmp_path, capsys):
    port = taken.getsockname()[1]
    assert serve(settings(tmp_path, port), {}) == 1
    assert capsys.readouterr().err == (
        f"Cannot listen on 127.0.0.1:{port}: Address already in use; --port names another port.\n"
    )


def test_an_address_that_is_not_this_machines_is_said_with_the_other_option(tmp_path, capsys):
    assert serve(settings(tmp_path, host="192.0.2.1"), {}) == 1
    said = capsys.readouterr().err
    assert said.startswith("Cannot listen on 192.0.2.1:0: ")
    assert said.endswith("; --host names another address.\n")


def test_a_port_that_a_dying_predecessor_still_holds_is_waited_for(taken, tmp_path, capsys, monkeypatch):
    """Killed, `serve` leaves an API process behind that holds its port for a moment longer."""
    port = taken.getsockname()[1]
    dying = threading.Timer(0.3, taken.close)
    dying.start()
    began = []
    monkeypatch.setattr("subprocess.run", lambda *_args, **_more: began.append(True) or Prepared())
    assert serve(settings(tmp_path, port), {}) == 7
    dying.join()
    assert began == [True]
    assert capsys.readouterr().err == ""


class Prepared:
    """How preparing ended: not well, so that serving ends before it begins."""

    returncode = 7


def test_a_folder_that_cannot_be_made_is_said_in_a_line(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert serve(settings(tmp_path / "file" / "data"), {}) == 1
    assert capsys.readouterr().err == f"Cannot use {tmp_path}/file/data: Not a directory.\n"


def test_a_second_server_on_the_same_folder_is_refused(tmp_path, capsys, monkeypatch):
    def second(*_args, **_more):
        assert serve(settings(tmp_path / "data"), {}) == 1
        return Prepared()

    monkeypatch.setattr("subprocess.run", second)
    assert serve(settings(tmp_path / "data"), {}) == 7
    assert capsys.readouterr().err == f"Another `webkiln serve` is using {tmp_path}/data.\n"


def test_only_its_owner_can_look_into_the_folder(tmp_path, monkeypatch):
    monkeypatch.setattr("subprocess.run", lambda *_args, **_more: Prepared())
    serve(settings(tmp_path / "data"), {})
    assert (tmp_path / "data").stat().st_mode & 0o077 == 0


def test_without_keys_there_is_a_warning_at_every_start(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("subprocess.run", lambda *_args, **_more: Prepared())
    serve(settings(tmp_path, auth="none"), {})
    assert capsys.readouterr().err.startswith("WARNING: API keys are switched off")
