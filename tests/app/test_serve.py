import socket

import pytest

from classblocks.app import serve
from classblocks.app.access import is_loopback
from classblocks.app.serve import PortInUse, listen


def test_port_zero_picks_a_free_one():
    with listen(port=0) as first, listen(port=0) as second:
        assert first.port != second.port
        assert first.url == f"http://127.0.0.1:{first.port}/"
        assert first.token is None


def test_a_port_in_use_is_named():
    with listen(port=0) as taken:
        with pytest.raises(PortInUse, match=rf"port {taken.port} is in use.*--port 0"):
            listen(port=taken.port)


def test_the_default_port_gives_way(monkeypatch):
    with listen(port=0) as taken:
        monkeypatch.setattr(serve, "DEFAULT_PORT", taken.port)
        with listen() as other:
            assert taken.port < other.port < taken.port + 20


def test_all_default_ports_in_use_is_an_error(monkeypatch):
    monkeypatch.setattr(serve, "_PORTS_TRIED", 1)
    with listen(port=0) as taken:
        monkeypatch.setattr(serve, "DEFAULT_PORT", taken.port)
        with pytest.raises(PortInUse, match="--port 0"):
            listen()


def test_other_hosts_get_a_token():
    with listen("0.0.0.0", 0) as first, listen("0.0.0.0", 0) as second:
        assert len(first.token) >= 32
        assert first.token != second.token
        assert first.url == f"http://127.0.0.1:{first.port}/?token={first.token}"


@pytest.mark.parametrize("host", ["192.0.2.1", "no-such-host.invalid"])
def test_an_address_of_another_machine_is_one_error(host):
    with pytest.raises(OSError, match=host):
        listen(host, 0)


def test_connections_wait_before_the_server_runs():
    with listen(port=0) as listener, socket.create_connection(("127.0.0.1", listener.port), 5):
        pass


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1", True),
        ("127.1.2.3", True),
        ("localhost", True),
        ("::1", True),
        ("[::1]", True),
        ("0.0.0.0", False),
        ("::", False),
        ("192.168.1.2", False),
        ("localhost.evil.example", False),
        ("", False),
    ],
)
def test_loopback(host, loopback):
    assert is_loopback(host) is loopback
