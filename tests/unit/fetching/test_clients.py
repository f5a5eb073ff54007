from __future__ import annotations

import base64
import ssl
from ipaddress import ip_address

import pytest
import trustme

from unit.fetching.conftest import opened
from unit.fetching.h2_server import speak_h2
from unit.fetching.raw_server import fixed, page, site
from webkiln.errors import BlockedAddress, ConnectionFailed, NameNotResolved, SiteFailed, TlsFailed
from webkiln.fetching.clients import ClientPool
from webkiln.fetching.egress import EgressGuard
from webkiln.fetching.page import FetchRequest

MOVED = page(b"", "302 Found", ["Location: http://10.0.0.1/"])


def ask(url, **more):
    return FetchRequest(url, 10, **more)


@pytest.fixture
def pool():
    made = ClientPool(opened())
    yield made
    made.close()


def addresses(*texts):
    return [ip_address(text) for text in texts]


def test_clients_are_kept_by_host_and_trust(pool):
    first = pool.client("a.test", addresses("127.0.0.1"), verify_tls=True)
    assert pool.client("a.test", addresses("127.0.0.1"), verify_tls=True) is first
    assert pool.client("a.test", addresses("127.0.0.1"), verify_tls=False) is not first
    assert pool.client("b.test", addresses("127.0.0.1"), verify_tls=True) is not first


def test_a_client_lasts_while_one_of_its_addresses_does(pool):
    first = pool.client("a.test", addresses("127.0.0.1", "127.0.0.2"), verify_tls=True)
    assert pool.client("a.test", addresses("127.0.0.3", "127.0.0.2"), verify_tls=True) is first
    assert pool.client("a.test", addresses("127.0.0.3"), verify_tls=True) is not first


def test_the_least_used_client_goes_first(pool):
    kept = pool.client("kept.test", addresses("127.0.0.1"), verify_tls=True)
    for number in range(300):
        pool.client(f"{number}.test", addresses("127.0.0.1"), verify_tls=True)
        assert pool.client("kept.test", addresses("127.0.0.1"), verify_tls=True) is kept
    assert len(pool._clients) == 256


# TLS


async def test_certificates_are_verified_unless_the_caller_says_not_to(serve, make_fetcher, tls):
    server = await serve(fixed(page(b"ok")), tls=tls)
    with pytest.raises(TlsFailed, match="ERR_CERT_INVALID"):
        await make_fetcher().fetch(ask(server.url()))
    assert (await make_fetcher().fetch(ask(server.url(), verify_tls=False))).body == b"ok"


async def test_further_authorities_are_trusted(serve, make_fetcher, tls, authority_file):
    server = await serve(fixed(page(b"ok")), tls=tls)
    fetcher = make_fetcher(extra_ca_file=authority_file, resolve="secure.test:127.0.0.1,other.test:127.0.0.1")
    for host in ("127.0.0.1", "secure.test"):
        assert (await fetcher.fetch(ask(server.url(host=host)))).body == b"ok"
    with pytest.raises(TlsFailed, match="ERR_CERT_INVALID"):
        await fetcher.fetch(ask(server.url(host="other.test")))


async def test_the_systems_authorities_stay_trusted_beside_further_ones(
    serve, make_fetcher, tls, authority_file, tmp_path, monkeypatch
):
    extra = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(str(extra))
    monkeypatch.setenv("SSL_CERT_FILE", str(authority_file))  # what the system trusts
    server = await serve(fixed(page(b"ok")), tls=tls)
    assert (await make_fetcher(extra_ca_file=extra).fetch(ask(server.url()))).body == b"ok"


def test_a_file_without_certificates_is_a_mistake(tmp_path):
    empty = tmp_path / "empty.pem"
    empty.write_text("nothing")
    with pytest.raises(ValueError, match="holds no certificate"):
        opened(extra_ca_file=empty)
    with pytest.raises(ValueError, match="does not point to a file"):
        opened(extra_ca_file=tmp_path / "missing.pem")


async def test_plain_text_on_a_tls_port_is_a_tls_failure(serve, make_fetcher):
    async def plain(connection):
        await connection.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await connection.until_gone()

    server = await serve(plain)
    with pytest.raises(TlsFailed, match="ERR_SSL_PROTOCOL_ERROR"):
        await make_fetcher().fetch(ask(f"https://127.0.0.1:{server.port}/"))


async def test_old_protocols_are_a_tls_failure(serve, make_fetcher, authority):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    context.set_ciphers("PSK-AES128-CBC-SHA")
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    server = await serve(fixed(page()), tls=context)
    with pytest.raises(TlsFailed, match="ERR_SSL_PROTOCOL_ERROR"):
        await make_fetcher().fetch(ask(server.url(), verify_tls=False))


async def test_http_2_is_spoken_where_it_is_offered(serve, make_fetcher, tls):
    tls.set_alpn_protocols(["h2", "http/1.1"])
    server = await serve(speak_h2, tls=tls)
    fetcher = make_fetcher()
    for _ in range(3):
        assert (await fetcher.fetch(ask(server.url(), verify_tls=False))).body == b"over h2"
    assert len(server.connections) == 1


# Proxies


def proxied(make_fetcher, proxy, guard=None, **more):
    return make_fetcher(
        guard, proxy_server=proxy.url(), resolve="site.test:127.0.0.1,closed.test:10.0.0.1", **more
    )


async def test_pages_go_through_the_operators_proxy(serve, make_fetcher):
    proxy = await serve(fixed(page(b"by proxy")))
    fetcher = proxied(make_fetcher, proxy, proxy_username="me", proxy_password="secret")
    assert (await fetcher.fetch(ask("http://site.test/a"))).body == b"by proxy"
    head = proxy.heads[0]
    assert head.startswith(b"GET http://site.test/a HTTP/1.1\r\n")
    assert b"basic " + base64.b64encode(b"me:secret").lower() in head.lower()


async def test_a_name_that_only_the_proxy_knows_is_left_to_it(serve, make_fetcher):
    asked = []

    async def lookup(name):
        asked.append(name)
        return []

    proxy = await serve(site({"http://secret.example/": page(b"by proxy"), "http://moved.example/": MOVED}))
    settings = opened(proxy_server=proxy.url(), proxy_resolves_names=True)
    fetcher = make_fetcher(EgressGuard(settings, lookup), proxy_server=proxy.url(), proxy_resolves_names=True)
    for _ in range(3):
        assert (await fetcher.fetch(ask("http://secret.example/"))).body == b"by proxy"
    assert (len(proxy.connections), asked) == (1, [])
    with pytest.raises(ConnectionFailed, match="ERR_TUNNEL"):
        await fetcher.fetch(ask("https://secret.example/"))
    assert proxy.heads[-1].startswith(b"CONNECT secret.example:443 ")
    told = len(proxy.heads)
    with pytest.raises(BlockedAddress):
        await fetcher.fetch(ask("http://moved.example/"))
    assert len(proxy.heads) == told + 1


async def test_a_proxy_needs_no_scheme(serve, make_fetcher):
    proxy = await serve(fixed(page(b"by proxy")))
    fetcher = make_fetcher(proxy_server=f"127.0.0.1:{proxy.port}", resolve="site.test:127.0.0.1")
    assert (await fetcher.fetch(ask("http://site.test/"))).body == b"by proxy"


async def test_targets_are_vetted_before_the_proxy_is_asked(serve, make_fetcher):
    async def lookup(name):
        return addresses("10.0.0.1") if name == "inside.example" else []

    proxy = await serve(fixed(page()))
    settings = opened(resolve="closed.test:10.0.0.1")
    fetcher = proxied(make_fetcher, proxy, EgressGuard(settings, lookup))
    for url in ("http://10.0.0.1/", "http://closed.test/", "http://inside.example/", "http://a.internal/"):
        with pytest.raises(BlockedAddress):
            await fetcher.fetch(ask(url))
    with pytest.raises(NameNotResolved):
        await fetcher.fetch(ask("https://nowhere.example/"))
    assert proxy.connections == []


@pytest.mark.parametrize("status", ["403 Forbidden", "407 Proxy Authentication Required"])
@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_a_proxys_refusal_is_told_as_one(serve, make_fetcher, status, scheme):
    proxy = await serve(fixed(page(b"", status)))
    fetcher = proxied(make_fetcher, proxy)
    if (scheme, status[:3]) == ("http", "403"):
        # On plain HTTP nothing tells a proxy's page from the site's.
        assert (await fetcher.fetch(ask("http://site.test/"))).status == 403
        return
    with pytest.raises(SiteFailed, match="ERR_TUNNEL_CONNECTION_FAILED"):
        await fetcher.fetch(ask(f"{scheme}://site.test/"))


async def test_a_proxy_that_is_not_there_is_told_as_that(make_fetcher):
    fetcher = make_fetcher(proxy_server="http://127.0.0.1:1", resolve="site.test:127.0.0.1")
    with pytest.raises(ConnectionFailed, match="ERR_PROXY_CONNECTION_FAILED"):
        await fetcher.fetch(ask("http://site.test/"))
