"""The session over HTTP."""

import asyncio
import hashlib
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from threading import Event
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from classblocks.app import sheet, wire
from classblocks.app.access import Access
from classblocks.app.bundle import bundle_reply
from classblocks.app.parameters import RequestError
from classblocks.app.saving import SaveError
from classblocks.app.session import Session
from classblocks.core.stopping import Stopped, stopping

if TYPE_CHECKING:
    from starlette.types import ASGIApp

ARROW = "application/vnd.apache.arrow.stream"
_CHUNK_BYTES = 2**20
# The tree of a request may have 22,000 classes.
_MOST_BODY_BYTES = 2**24
_LOG = logging.getLogger("classblocks")


class _BadBody(Exception):
    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


def application(session: Session, *, token: str | None = None, port: int = 0) -> "ASGIApp":
    """Return the ASGI application of one session."""

    async def page(request: Request) -> Response:
        return bundle_reply(request, request.path_params.get("path", ""))

    async def manifest(request: Request) -> Response:
        content = await run_in_threadpool(lambda: _json(session.manifest()))
        etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
        headers = {"etag": etag, "cache-control": "no-cache"}
        if etag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        return Response(content, media_type="application/json", headers=headers)

    async def columns(request: Request) -> Response:
        message = await _body(request)
        gone = Event()

        def answer() -> list[memoryview]:
            with stopping(gone.is_set):
                return wire.pieces(session.request(message))

        watch = asyncio.create_task(_tell_when_gone(request, gone))
        try:
            return _arrow(await run_in_threadpool(answer))
        finally:
            watch.cancel()

    async def save(request: Request) -> Response:
        # A form of another site cannot send this type without being asked by the browser first.
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/json":
            raise _BadBody(415, f"what is saved is application/json, got {kind or 'no type'!r}")
        message = await _body(request)
        content = await run_in_threadpool(lambda: _json(session.save(message)))
        return Response(content, media_type="application/json")

    async def thumbnail_sheet(request: Request) -> Response:
        message = await _body(request)
        content = await run_in_threadpool(sheet.reply, session.study, message)
        return Response(content, media_type="image/jpeg", headers={"cache-control": "no-store"})

    async def thumbnail(request: Request) -> Response:
        name = request.path_params["hash"]
        content = await run_in_threadpool(session.study.thumbnails.read_hash, name)
        if content is None:
            return JSONResponse({"error": f"no thumbnail {name!r}"}, status_code=404)
        headers = {"cache-control": "private, max-age=31536000, immutable"}
        return Response(content, media_type="image/jpeg", headers=headers)

    return Starlette(
        routes=[
            Route("/api/manifest", _answered(manifest)),
            Route("/api/request", _answered(columns), methods=["POST"]),
            Route("/api/save", _answered(save), methods=["POST"]),
            Route("/api/sheet", _answered(thumbnail_sheet), methods=["POST"]),
            Route("/thumb/{hash}.jpg", _answered(thumbnail)),
            Route("/", page),
            Route("/{path:path}", page),
        ],
        middleware=[Middleware(Access, token=token, port=port)],
    )


Endpoint = Callable[[Request], Awaitable[Response]]


def _answered(endpoint: Endpoint) -> Endpoint:
    """Turn exceptions into the JSON errors of the wire."""

    async def answer(request: Request) -> Response:
        try:
            reply = await endpoint(request)
        except _BadBody as error:
            reply = JSONResponse({"error": str(error)}, status_code=error.status)
        except SaveError as error:
            reply = JSONResponse({"error": str(error)}, status_code=error.status)
        except Stopped as error:
            reply = JSONResponse({"error": str(error)}, status_code=503)
        except RequestError as error:
            reply = JSONResponse({"error": str(error)}, status_code=422)
        except Exception as error:
            _LOG.exception("%s failed", request.url.path)
            text = f"{type(error).__name__}: {error}"
            reply = JSONResponse({"error": text}, status_code=500)
        reply.headers["x-content-type-options"] = "nosniff"
        return reply

    return answer


def _arrow(pieces: Sequence[memoryview]) -> Response:
    headers = {"cache-control": "no-store"}
    length = sum(map(len, pieces))
    if length <= _CHUNK_BYTES:
        return Response(b"".join(pieces), media_type=ARROW, headers=headers)
    headers["content-length"] = str(length)
    return StreamingResponse(_chunks(pieces), media_type=ARROW, headers=headers)


async def _chunks(pieces: Iterable[memoryview]) -> AsyncIterator[bytes]:
    """Copy large columns bit by bit, as the network takes them."""
    for piece in pieces:
        for first in range(0, len(piece), _CHUNK_BYTES):
            yield bytes(piece[first : first + _CHUNK_BYTES])


async def _tell_when_gone(request: Request, gone: Event) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
    gone.set()


async def _body(request: Request) -> Any:  # noqa: ANN401
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > _MOST_BODY_BYTES:
            raise _BadBody(413, f"the request is larger than {_MOST_BODY_BYTES >> 20} MB")
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise _BadBody(400, f"the request is not JSON: {error}") from None


def _json(value: Any) -> bytes:  # noqa: ANN401
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
