"""Fetching: what is refused, what is limited, and to whom credentials go."""

import pytest

from mlrun_jupyter.errors import DataError, InvalidArgumentError, NotFoundError, StoreUnavailableError, UnsafeError
from mlrun_jupyter.safety import urls


def test_body_headers_and_method(server, answer):
    server.routes["/x"] = lambda request: answer(request, 200, b"hello", X_Kind="greeting")
    with urls.open_url(server.url + "/x?a=1", method="PUT", body=b"data", headers={"X-Mine": "1"}) as response:
        assert response.read() == b"hello"
        assert (response.status, response.headers["x-kind"]) == (200, "greeting")
    method, path, headers, body = server.seen[0]
    assert (method, path, headers["x-mine"], body) == ("PUT", "/x?a=1", "1", b"data")


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd", "ftp://host/x", "/etc/passwd", "http://", "https:///x", "http://host/a b", "http://host/\n", "gopher://h",
        "http://host\\@other/", "http://[::1/", "http://host:0/", "http://host:99999/", "http://host:x/", "data:,x",
    "jar:http://h!/", "",
        "HTTP//host", "http:/host", "http://\x00/", "javascript:alert(1)",
    ],
)  # fmt: skip
def test_only_web_addresses(url):
    with pytest.raises(InvalidArgumentError):
        urls.open_url(url)


def test_statuses_are_typed(server, answer):
    kinds = {
        404: NotFoundError,
        410: NotFoundError,
        401: DataError,
        403: DataError,
        500: DataError,
        503: StoreUnavailableError,
        429: StoreUnavailableError,
    }
    for status, kind in kinds.items():
        server.routes["/s"] = lambda request, status=status: answer(request, status, b"no")
        with pytest.raises(kind):
            urls.read_url(server.url + "/s")


def test_nobody_there():
    with pytest.raises(StoreUnavailableError, match="cannot be reached"):
        urls.read_url("http://127.0.0.1:9/")


def test_announced_and_unannounced_size_is_limited(server, answer):
    server.routes["/told"] = lambda request: answer(request, 200, b"x" * 2000)

    def untold(request):
        request.send_response(200)
        request.end_headers()
        for _ in range(100):
            request.wfile.write(b"x" * 100)

    server.routes["/untold"] = untold
    for path in ("/told", "/untold"):
        with pytest.raises(UnsafeError, match="larger than 1,000 bytes"):
            urls.read_url(server.url + path, max_bytes=1000)
    assert len(urls.read_url(server.url + "/told", max_bytes=2000)) == 2000


def test_a_truncated_response_is_no_success(server):
    def short(request):
        request.send_response(200)
        request.send_header("Content-Length", "100")
        request.end_headers()
        request.wfile.write(b"x" * 10)

    server.routes["/short"] = short
    with pytest.raises(StoreUnavailableError):
        urls.read_url(server.url + "/short")


def test_a_slow_response_ends_at_the_deadline(server):
    import time

    def drip(request):
        request.send_response(200)
        request.end_headers()
        for _ in range(200):
            request.wfile.write(b"x")
            request.wfile.flush()
            time.sleep(0.02)

    server.routes["/drip"] = drip
    with pytest.raises(StoreUnavailableError, match="too long"):
        urls.read_url(server.url + "/drip", deadline=0.2)


def test_redirects_are_followed_and_counted(server, answer):
    for n in range(5):
        server.routes[f"/{n}"] = lambda request, n=n: answer(request, 302, b"", Location=f"/{n + 1}")
    server.routes["/5"] = lambda request: answer(request, 200, b"end")
    assert urls.read_url(server.url + "/2") == b"end"
    with pytest.raises(UnsafeError, match="too many redirects"):
        urls.read_url(server.url + "/1")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://127.0.0.1/x", "http://[bad/", "http://127.0.0.1:0/"])
def test_redirects_elsewhere_are_refused(server, answer, status, target):
    server.routes["/go"] = lambda request: answer(request, status, b"secret page", Location=target)
    with pytest.raises((UnsafeError, InvalidArgumentError)):
        urls.read_url(server.url + "/go")
    assert len(server.seen) == 1


def test_credentials_stay_with_their_host(server, answer):
    server.routes["/in"] = lambda request: answer(
        request, 302, b"", Location=server.url.replace("127.0.0.1", "localhost") + "/out"
    )
    server.routes["/same"] = lambda request: answer(request, 302, b"", Location="/out")
    server.routes["/out"] = lambda request: answer(request, 200, b"ok")
    headers = {"Authorization": "Bearer t0ps3cret", "Cookie": "c=1", "X-Other": "stays"}
    assert urls.read_url(server.url + "/in", headers=headers) == b"ok"
    first, second = server.seen[0][2], server.seen[1][2]
    assert first["authorization"] == "Bearer t0ps3cret"
    assert "authorization" not in second
    assert "cookie" not in second
    assert second["x-other"] == "stays"
    urls.read_url(server.url + "/same", headers=headers)
    assert server.seen[-1][2]["authorization"] == "Bearer t0ps3cret"


def test_credentials_in_the_address_are_sent_and_not_shown(server):
    address = server.url.replace("http://", "http://ann:s3cret%40@") + "/missing"
    with pytest.raises(NotFoundError) as caught:
        urls.read_url(address)
    assert "s3cret" not in str(caught.value)
    assert server.seen[0][2]["authorization"] == "Basic YW5uOnMzY3JldEA="


LOOPBACK = [
    "127.0.0.1",
    "127.1",
    "0177.0.0.1",
    "0x7f.1",
    "2130706433",
    "0x7f000001",
    "localhost",
    "LOCALHOST",
    "localhost.",
    "0.0.0.0",
    "0",
    "[::1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[0:0:0:0:0:0:0:1]",
    "[::]",
    "[64:ff9b::7f00:1]",
    "[2002:7f00:1::]",
    "127.0.0.1.",
    "127.255.255.254",
    "169.254.169.254",
    "10.0.0.1",
    "192.168.1.1",
    "172.16.0.1",
    "100.64.0.1",
    "224.0.0.1",
    "[fe80::1]",
    "[fc00::1]",
    "[ff02::1]",
    "[::ffff:169.254.169.254]",
    "240.0.0.1",
    "255.255.255.255",
    "①②⑦.0.0.1",
    "user@127.0.0.1",
    "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ",
]


@pytest.mark.parametrize("host", LOOPBACK)
def test_a_server_fetches_from_the_open_internet_only(server, answer, host):
    server.routes["/"] = lambda request: answer(request, 200, b"internal")
    port = server.url.rpartition(":")[2]
    with pytest.raises((UnsafeError, StoreUnavailableError, InvalidArgumentError)):
        urls.read_url(f"http://{host}:{port}/", public_only=True, timeout=2)
    assert server.seen == []


def test_public_addresses_are_told_from_others():
    assert all(urls.is_public(address) for address in ("8.8.8.8", "1.1.1.1", "2606:4700::1111", "64:ff9b::808:808"))
    assert not any(
        urls.is_public(address) for address in ("::1", "fe80::1%eth0", "::ffff:127.0.0.1", "64:ff9b::a00:1", "x", "")
    )


def test_a_proxy_is_no_way_around(server, answer, monkeypatch):
    monkeypatch.setenv("http_proxy", server.url)
    with pytest.raises(UnsafeError):
        urls.read_url("http://127.0.0.1:1/", public_only=True)
    assert server.seen == []


def test_addresses_beyond_ascii_are_encoded(server, answer):
    server.routes["/%C3%BC"] = lambda request: answer(request, 200, b"u")
    assert urls.read_url(server.url + "/\u00fc?q=\u00e4") == b"u"
    assert server.seen[0][1] == "/%C3%BC?q=%C3%A4"
