"""Listening: the socket, the address to open, and running until interrupted."""

import contextlib
import errno
import secrets
import socket
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from classblocks.app.access import is_loopback
from classblocks.core.malloc import return_freed_memory

if TYPE_CHECKING:
    from classblocks.study.study import Study

DEFAULT_PORT = 8265
_PORTS_TRIED = 20


class PortInUse(OSError):
    """Another program listens on the port."""


@dataclass(frozen=True)
class Listener:
    """An open socket; connections wait in it until the server runs."""

    socket: socket.socket
    host: str
    token: str | None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.socket.close()

    @property
    def port(self) -> int:
        """Port that is listened on."""
        port: int = self.socket.getsockname()[1]
        return port

    @property
    def is_public(self) -> bool:
        """Whether all addresses of this machine are listened on."""
        return self.host in ("0.0.0.0", "::")

    @property
    def url(self) -> str:
        """Address to open in a browser on this machine."""
        return self.url_of("127.0.0.1" if self.is_public else self.host)

    def url_of(self, host: str) -> str:
        """Address with another name of this machine."""
        host = f"[{host}]" if ":" in host else host
        token = "" if self.token is None else f"?token={self.token}"
        return f"http://{host}:{self.port}/{token}"


def listen(host: str = "127.0.0.1", port: int | None = None) -> Listener:
    """Open a socket; without a port, the first free one from the default on."""
    wanted = range(DEFAULT_PORT, DEFAULT_PORT + _PORTS_TRIED) if port is None else (port,)
    token = None if is_loopback(host) else secrets.token_urlsafe(24)
    for candidate in wanted:
        try:
            return Listener(_bind(host, candidate), host.strip("[]"), token)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                reason = error.strerror or str(error)
                raise OSError(f"cannot listen on {host} port {candidate}: {reason}") from None
    if port is None:
        text = f"ports {wanted[0]} to {wanted[-1]} are in use; --port 0 picks a free one"
    else:
        text = (
            f"port {port} is in use; stop the program that uses it, or give another one "
            f"(--port {port % 65_535 + 1}, or --port 0 for any free one)"
        )
    raise PortInUse(text)


def serve(study: "Study", listener: Listener) -> None:
    """Answer requests until interrupted (Ctrl-C or SIGTERM)."""
    import uvicorn

    return_freed_memory()

    from classblocks.app.server import application
    from classblocks.app.session import Session

    session = Session(study)
    threading.Thread(target=session.warm, name="classblocks-warm", daemon=True).start()
    config = uvicorn.Config(
        application(session, token=listener.token, port=listener.port),
        http="h11",
        ws="none",
        loop="asyncio",
        lifespan="off",
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=1,
    )
    # uvicorn shuts down, then raises the signal again.
    with contextlib.suppress(KeyboardInterrupt):
        uvicorn.Server(config).run(sockets=[listener.socket])


def _bind(host: str, port: int) -> socket.socket:
    try:
        found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise OSError(None, f"unknown host: {error.strerror}") from None
    family, kind, protocol, _, address = found[0]
    bound = socket.socket(family, kind, protocol)
    try:
        # Windows would let a second program take a port that is in use.
        if hasattr(socket, "AF_UNIX"):
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
        bound.listen(128)
    except OSError:
        bound.close()
        raise
    return bound
