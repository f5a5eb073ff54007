from pathlib import Path

import pytest

import smalls3
from webkiln import errors
from webkiln.settings import load
from webkiln.store.blobs import LocalBlobs
from webkiln.store.s3_blobs import S3Blobs
from webkiln.wiring.blobs import check_blobs, open_blobs

NOBODY = {
    "WEBKILN_BLOB_URL": "s3://bucket/prefix",
    "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
    "AWS_ACCESS_KEY_ID": "AKIA",
    "AWS_SECRET_ACCESS_KEY": "hunter2",
}


@pytest.fixture(autouse=True)
def alone(monkeypatch):
    smalls3.forget_environment(monkeypatch)


@pytest.mark.parametrize(
    ("environ", "folder"),
    [
        ({}, "data/blobs"),
        ({"WEBKILN_DATA_DIR": "/there"}, "/there/blobs"),
        ({"WEBKILN_DATA_DIR": "/there", "WEBKILN_BLOB_URL": "file:///mnt/my%20blobs"}, "/mnt/my blobs"),
    ],
)
def test_without_a_bucket_blobs_go_to_a_folder(environ, folder):
    blobs = open_blobs(load(environ))
    assert isinstance(blobs, LocalBlobs)
    assert blobs._folder == Path(folder)


def test_a_bucket_is_opened_without_asking_it_anything():
    assert isinstance(open_blobs(load(NOBODY)), S3Blobs)


async def test_a_bucket_is_tried_before_anything_relies_on_it():
    with pytest.raises(errors.Unavailable, match=r"^The bucket bucket at 127\.0\.0\.1:1: .* refused$"):
        await check_blobs(load(NOBODY))


async def test_a_bucket_that_works_passes():
    with smalls3.spawn() as s3:
        environ = {"WEBKILN_BLOB_URL": f"s3://{s3.new_bucket()}", "AWS_ENDPOINT_URL": s3.url}
        await check_blobs(load({**NOBODY, **environ}))


async def test_a_folder_is_not_tried(tmp_path):
    (tmp_path / "blobs").write_text("no folder")
    await check_blobs(load({"WEBKILN_DATA_DIR": str(tmp_path)}))
