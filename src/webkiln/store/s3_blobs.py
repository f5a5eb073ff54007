"""Blobs in a bucket of any store that speaks S3."""

from __future__ import annotations

import asyncio
import contextlib
import re
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from webkiln import errors
from webkiln.store.blobs import Blob, has_passed, is_name, media_type_of, new_name, round_trip

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from obstore.store import ClientConfig, RetryConfig, S3Config

    from webkiln.settings import BlobSettings

_CONNECT_S = 3.0
_REQUEST_S = 30.0
_RETRY: RetryConfig = {
    "max_retries": 2,
    "retry_timeout": timedelta(seconds=10),
    "backoff": {
        "init_backoff": timedelta(milliseconds=100),
        "max_backoff": timedelta(seconds=1),
        "base": 2,
    },
}
_RETRIES_S = 10.0  # what the tries before the last may take together
_PAGE = 1_000  # as many names as one answer of S3 lists
# The library's texts repeat addresses, keys and whole answers. Only these words of theirs are passed on.
_TELLING = (
    ("InvalidCertificate", "its certificate is not trusted"),
    ("dns error", "its host name is not known"),
    ("Connection refused", "the connection is refused"),
    ("kind: Timeout", "it does not answer in time"),
    ("kind: Connect", "it cannot be reached"),
)


class S3Blobs:
    """Objects in a bucket, under an optional prefix.

    Whatever is in the bucket besides is left alone, but should not stand beside the blobs' hours in
    great number, since `prune` lists them: share a bucket by a prefix.
    """

    def __init__(
        self,
        where: BlobSettings,
        *,
        authorities: Path | None = None,
        connect_timeout_s: float = _CONNECT_S,
        timeout_s: float = _REQUEST_S,
    ) -> None:
        """Name the bucket and how to get in, without asking it anything.

        `authorities` is a PEM file of certificate authorities to trust besides the system's. Without
        keys in the settings the machine's role is used. Raises errors.Unavailable for what the library
        cannot begin with.
        """
        url = urlsplit(where.blob_url or "")
        endpoint = where.s3_endpoint_url
        self._place = f"The bucket {url.netloc} at {urlsplit(endpoint).netloc if endpoint else 'AWS'}"
        self._deadline_s = timeout_s + _RETRIES_S
        client: ClientConfig = {
            "connect_timeout": timedelta(seconds=connect_timeout_s),
            "timeout": timedelta(seconds=timeout_s),
            "allow_http": endpoint is not None and endpoint.startswith("http://"),
        }
        try:
            if authorities is not None:
                client["root_certificate"] = authorities.read_bytes()
            self._store = S3Store(
                url.netloc,
                prefix=url.path.strip("/") or None,
                config=_access(where),
                client_options=client,
                retry_config=_RETRY,
            )
        except (BaseError, OSError, ValueError):
            # The settings have been judged by now; this is about a file, or a variable that is not ours.
            reason = "WEBKILN_EXTRA_CA_FILE or an AWS variable is not as it should be"
            raise errors.Unavailable(f"{self._place} cannot be used: {reason}") from None

    async def put(self, data: bytes, media_type: str, *, expires_at: float) -> str:
        """Store a blob; when this returns, the store has said that it has it."""
        name = new_name(media_type, expires_at)
        kind = media_type_of(name) or ""
        async with self._answering():
            # In one request: the parts of an upload that is broken off would stay, unseen and paid for.
            await obstore.put_async(
                self._store, name, data, attributes={"Content-Type": kind}, use_multipart=False
            )
        return name

    async def get(self, name: str, *, now: float) -> Blob | None:
        """Return the blob, or None."""
        media_type = media_type_of(name, now)
        if media_type is None:
            return None
        async with self._answering():
            try:
                found = await obstore.get_async(self._store, name)
            except FileNotFoundError as error:
                if _code(error) == "NoSuchBucket":
                    raise
                return None
            data = await found.bytes_async()
        return Blob(data.to_bytes(), media_type)

    async def delete(self, name: str) -> None:
        """Delete a blob if it is there."""
        if is_name(name):
            async with self._answering():
                await obstore.delete_async(self._store, [name])

    async def prune(self, now: float, limit: int) -> int:
        """Delete up to `limit` expired blobs; with none, this is one request."""
        async with self._answering():
            top = await obstore.list_with_delimiter_async(self._store)
            hours = sorted(path for path in top["common_prefixes"] if has_passed(path, now))
            gone: list[str] = []
            for hour in hours:
                async for page in obstore.list(self._store, hour, chunk_size=_PAGE):
                    gone += [one["path"] for one in page if is_name(one["path"])]
                    if len(gone) >= limit:
                        break
                if len(gone) >= limit:
                    break
            del gone[limit:]
            if gone:
                await obstore.delete_async(self._store, gone)
        return len(gone)

    async def check(self, now: float) -> None:
        """Do a round trip; the error names the bucket and its host."""
        try:
            await round_trip(self, now)
        except errors.Unavailable as error:
            raise errors.Unavailable(f"{self._place}: {error.message}") from None

    async def close(self) -> None:
        """Do nothing: the library closes its connections when they are idle."""

    @contextlib.asynccontextmanager
    async def _answering(self) -> AsyncIterator[None]:
        """Bound what happens inside in time, and turn every failure of it into errors.Unavailable."""
        try:
            # The library's limits are for each request; a role's credentials and a page of names are more.
            async with asyncio.timeout(self._deadline_s):
                yield
        except TimeoutError:
            raise errors.Unavailable("The blob store cannot be used: it does not answer in time") from None
        except (BaseError, OSError, ValueError) as error:
            raise _unavailable(error) from None


def _access(where: BlobSettings) -> S3Config:
    """Return what the library must know of endpoint, region and credentials; it finds out the rest."""
    found: S3Config = {}
    if where.s3_endpoint_url is not None:
        # Under this name it also wins over AWS_ENDPOINT_URL_S3, which the library reads by itself.
        found["aws_endpoint_url_s3"] = where.s3_endpoint_url
    if where.s3_region is not None:
        found["region"] = where.s3_region
    if where.s3_access_key_id is not None:
        found["access_key_id"] = where.s3_access_key_id.get_secret_value()
    if where.s3_secret_access_key is not None:
        found["secret_access_key"] = where.s3_secret_access_key.get_secret_value()
    if where.s3_session_token is not None:
        found["session_token"] = where.s3_session_token.get_secret_value()
    return found


def _code(error: Exception) -> str | None:
    """Return the error code of S3's answer, such as NoSuchBucket."""
    found = re.search(r"<Code>([A-Za-z.]{1,60})</Code>|\(code: ([A-Za-z.]{1,60})\)", str(error))
    return None if found is None else found[1] or found[2]


def _unavailable(error: Exception) -> errors.Unavailable:
    """Say what is wrong in words of ours: no text of the library or the store is passed on."""
    text = str(error)
    status = re.search(r"status code: ([0-9]{3})", text)
    reason = next((words for sign, words in _TELLING if sign in text), "it failed")
    if code := _code(error):
        reason = f"it answers {code}"
    elif status:
        reason = f"it answers {status[1]}"
    return errors.Unavailable(f"The blob store cannot be used: {reason}")
