import asyncio
import contextlib
import ssl

import pytest
import trustme

from webkiln.errors import TlsFailed
from webkiln.fetching.browser.trust import prove, trust_of
from webkiln.settings import FetchSettings


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture
async def port(authority):
    """A site that proves to be site.test, for whoever trusts the authority."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("site.test").configure_cert(context)

    async def answer(_, writer):
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context)
    yield server.sockets[0].getsockname()[1]
    server.close()


@pytest.fixture
def trust(authority, tmp_path):
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(path)
    return trust_of(FetchSettings(extra_ca_file=path))


async def proven(trust, host, port):
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        await prove(trust, host, writer)
    finally:
        assert writer.transport.is_closing()


async def test_a_certificate_of_our_own_authority_is_good(trust, port):
    await proven(trust, "site.test", port)


async def test_it_is_good_for_its_own_name_only(trust, port):
    with pytest.raises(TlsFailed, match="ERR_CERT_INVALID"):
        await proven(trust, "other.test", port)


async def test_without_that_authority_it_is_not(port):
    with pytest.raises(TlsFailed, match="ERR_CERT_INVALID"):
        await proven(ssl.create_default_context(), "site.test", port)


async def test_what_speaks_no_tls_proves_nothing(trust):
    async def answer(_, writer):
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        with contextlib.suppress(OSError):
            await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        with pytest.raises(TlsFailed):
            await proven(trust, "site.test", server.sockets[0].getsockname()[1])


def test_the_browsers_own_judgement_is_enough_without_authorities_of_ours():
    assert trust_of(FetchSettings()) is None
