"""Where blobs are kept."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from webkiln.store.blobs import LocalBlobs

if TYPE_CHECKING:
    from webkiln.settings import Settings
    from webkiln.store.blobs import BlobStore


def open_blobs(settings: Settings) -> BlobStore:
    """Return the blob store that the settings name, without asking it anything.

    Raises errors.Unavailable for an S3 store that cannot even be begun with.
    """
    url = settings.blob.blob_url
    if url is None:
        return LocalBlobs(settings.storage.data_dir / "blobs")
    parts = urlsplit(url)
    if parts.scheme == "file":
        return LocalBlobs(Path(unquote(parts.path)))
    # Only who uses S3 loads what it takes.
    from webkiln.store.s3_blobs import S3Blobs  # noqa: PLC0415

    return S3Blobs(settings.blob, authorities=settings.fetch.extra_ca_file)


async def check_blobs(settings: Settings) -> None:
    """Try a blob store elsewhere before anything relies on it; a folder is not tried.

    Raises errors.Unavailable, whose message names the bucket and what is wrong with it.
    """
    blobs = open_blobs(settings)
    if not isinstance(blobs, LocalBlobs):
        try:
            await blobs.check(time.time())
        finally:
            await blobs.close()
