"""A small S3 store for tests: moto behind a real HTTP server, which counts what it is asked."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import threading
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

with warnings.catch_warnings():
    # What the imports of a test tool say about each other is not ours to mend.
    warnings.simplefilter("ignore", DeprecationWarning)
    from moto import settings as behaviour
    from moto.core import DEFAULT_ACCOUNT_ID
    from moto.iam.models import iam_backends
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
    from moto.s3.models import s3_backends
    from werkzeug.serving import make_server


@dataclass
class S3Server:
    """Where the server listens, the requests it has had, as `PUT /bucket/key`, and what signed the last."""

    url: str
    requests: list[str] = field(default_factory=list)
    signed: str = ""

    def new_bucket(self) -> str:
        """Make an empty bucket; return its name."""
        name = f"blobs-{os.urandom(6).hex()}"
        s3_backends[DEFAULT_ACCOUNT_ID]["aws"].create_bucket(name, "us-east-1")
        return name

    def fill(self, bucket: str, keys: list[str]) -> None:
        """Put empty objects into a bucket without the way through HTTP."""
        for key in keys:
            s3_backends[DEFAULT_ACCOUNT_ID]["aws"].put_object(bucket, key, b"")

    def new_keys(self, *actions: str) -> dict[str, str]:
        """Make a user who may do these things; return the variables that make one that user."""
        users, name = iam_backends[DEFAULT_ACCOUNT_ID]["aws"], os.urandom(6).hex()
        users.create_user("us-east-1", name)
        statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
        policy = {"Version": "2012-10-17", "Statement": [statement]}
        users.put_user_policy(name, "all", json.dumps(policy))
        key = users.create_access_key(name)
        return {"AWS_ACCESS_KEY_ID": key.access_key_id, "AWS_SECRET_ACCESS_KEY": key.secret_access_key}

    @contextlib.contextmanager
    def strict(self) -> Iterator[None]:
        """Ask everybody for their keys until the block ends; before, everything is allowed."""
        before, behaviour.INITIAL_NO_AUTH_ACTION_COUNT = behaviour.INITIAL_NO_AUTH_ACTION_COUNT, 0
        try:
            yield
        finally:
            behaviour.INITIAL_NO_AUTH_ACTION_COUNT = before

    def stored(self, bucket: str, key: str) -> tuple[bytes, str]:
        """Return what the store holds under a key: the bytes and what they are said to be."""
        found = s3_backends[DEFAULT_ACCOUNT_ID]["aws"].get_object(bucket, key)
        return found.value, found.metadata["Content-Type"]


def forget_environment(monkeypatch: Any) -> None:
    """Take away what the S3 library would read by itself: keys, endpoints and proxies of this machine."""
    for name in list(os.environ):
        if name.startswith("AWS_") or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)


@contextlib.contextmanager
def spawn(ssl_context=None) -> Iterator[S3Server]:
    """Run a server in a thread until the block ends."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    app = DomainDispatcherApplication(create_backend_app)

    def counting(environ, start_response):
        found.requests.append(f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}")
        found.signed = f"{environ.get('HTTP_AUTHORIZATION')} {environ.get('HTTP_X_AMZ_SECURITY_TOKEN')}"
        return app(environ, start_response)

    server = make_server("127.0.0.1", 0, counting, threaded=True, ssl_context=ssl_context)
    server.daemon_threads = True
    scheme = "http" if ssl_context is None else "https"
    found = S3Server(f"{scheme}://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
