import pytest

from webkiln import errors
from webkiln.operations.files import Files
from webkiln.store.blobs import LocalBlobs, new_name

HOUR_S = 3_600
DATA = b"a picture"


class Noted(LocalBlobs):
    """Keeps what it was asked for."""

    def __init__(self, folder):
        super().__init__(folder)
        self.asked = []

    async def get(self, name, *, now):
        self.asked.append(name)
        return await super().get(name, now=now)


@pytest.fixture
def blobs(tmp_path):
    return Noted(tmp_path / "blobs")


@pytest.fixture
def files(lifecycle, blobs):
    return Files(lifecycle, blobs)


async def test_a_file_is_read_with_the_time_it_has_left(files, blobs, clock):
    clock.now = 1_800_000_000.5  # on a full hour, and half a second
    found = await files.read(await blobs.put(DATA, "image/webp", expires_at=clock() + HOUR_S - 1))
    assert (found.data, found.media_type, found.left_s) == (DATA, "image/webp", HOUR_S - 0.5)


async def test_the_installations_time_says_when_it_has_expired(files, blobs, clock):
    clock.now = 1_800_000_000.0
    name = await blobs.put(DATA, "image/png", expires_at=clock() + HOUR_S)
    clock.advance(HOUR_S - 1)
    assert (await files.read(name)).left_s == 1
    clock.advance(1)
    with pytest.raises(errors.NotFound, match=r"^File not found\.$"):
        await files.read(name)


async def test_a_file_that_never_was_is_not_found(files, clock):
    with pytest.raises(errors.NotFound, match=r"^File not found\.$"):
        await files.read(new_name("image/png", clock() + HOUR_S))


@pytest.mark.parametrize("name", ["", "/", "../../secret", "x", "2999-13-01T00/" + "0" * 40 + ".png"])
async def test_what_is_no_name_does_not_even_reach_the_store(files, blobs, name):
    with pytest.raises(errors.NotFound, match=r"^File not found\.$"):
        await files.read(name)
    assert blobs.asked == []


async def test_a_store_that_cannot_be_read_is_an_outage_and_no_missing_file(files, clock, tmp_path):
    (tmp_path / "blobs").write_text("no folder")
    with pytest.raises(errors.Unavailable):
        await files.read(new_name("image/png", clock() + HOUR_S))
