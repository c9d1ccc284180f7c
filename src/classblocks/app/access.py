"""Who may talk to the server: this machine by name, other machines by token."""

import hmac
import ipaddress
from collections.abc import Mapping
from http.cookies import SimpleCookie
from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.datastructures import Headers
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send


def is_loopback(host: str) -> bool:
    """Whether a host name or address reaches only this machine."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


class Access:
    """Refuse foreign Host and Origin headers and, when there is a token, requests without it."""

    def __init__(self, app: ASGIApp, token: str | None, port: int) -> None:
        self._app = app
        self._token = token
        # Cookies are shared by all ports of a host.
        self._cookie = f"classblocks-{port}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer or pass on one request."""
        reply = self._refusal(scope) if scope["type"] == "http" else None
        await (reply or self._app)(scope, receive, send)

    def _refusal(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        # A page whose name was rebound to this address sends its own name as Host.
        if self._token is None and not is_loopback(_hostname(host)):
            return _error(403, f"host {host!r} is not this machine")
        origin = headers.get("origin")
        if origin is not None and urlsplit(origin).netloc != host:
            return _error(403, f"origin {origin!r} is another site")
        return None if self._token is None else self._without_token(scope, headers, self._token)

    def _without_token(self, scope: Scope, headers: Headers, token: str) -> Response | None:
        query = dict(parse_qsl(scope["query_string"].decode("latin-1")))
        given = query.pop("token", None)
        if given is not None and _equal(given, token) and scope["path"] == "/":
            # The address bar then shows an address that can be shared without the token.
            reply = RedirectResponse(f"/?{urlencode(query)}" if query else "/", status_code=303)
            reply.set_cookie(self._cookie, token, httponly=True, samesite="lax")
            return reply
        bearer = headers.get("authorization", "").removeprefix("Bearer ")
        for candidate in (given, bearer, self._from_cookie(headers)):
            if candidate is not None and _equal(candidate, token):
                return None
        return _error(401, "open the address that classblocks printed: it carries the token")

    def _from_cookie(self, headers: Mapping[str, str]) -> str | None:
        morsel = SimpleCookie(headers.get("cookie", "")).get(self._cookie)
        return None if morsel is None else morsel.value


def _hostname(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _equal(given: str, token: str) -> bool:
    return hmac.compare_digest(given.encode(), token.encode())


def _error(status: int, text: str) -> Response:
    return JSONResponse({"error": text}, status_code=status)
