"""The browser bundle that vite wrote, as HTTP replies."""

import gzip
import mimetypes
from functools import lru_cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

STATIC = Path(__file__).parent / "static"

_POLICY = (
    "default-src 'self'; img-src 'self' blob: data:; style-src 'self' 'unsafe-inline'; "
    "worker-src 'self' blob:; object-src 'none'; base-uri 'none'; form-action 'none'"
)
_MISSING = "The browser bundle is not built. Run `make web` in the source tree, then reload.\n"
_COMPRESSIBLE = frozenset({".css", ".html", ".js", ".json", ".svg", ".map"})
_TYPES = {".js": "text/javascript", ".woff2": "font/woff2", ".webmanifest": "application/json"}


def bundle_reply(request: Request, path: str, static: Path = STATIC) -> Response:
    """Send one file of the bundle; hashed assets never change, the page is always asked for."""
    file = (static / (path or "index.html")).resolve()
    if not file.is_relative_to(static.resolve()) or not file.is_file():
        if path:
            return PlainTextResponse("not found\n", status_code=404)
        return PlainTextResponse(_MISSING, status_code=503)
    headers = {
        "cache-control": _caching(path),
        "content-security-policy": _POLICY,
        "vary": "accept-encoding",
    }
    content = file.read_bytes()
    if file.suffix in _COMPRESSIBLE and "gzip" in request.headers.get("accept-encoding", ""):
        content = _compressed(content)
        headers["content-encoding"] = "gzip"
    return Response(content, headers=headers, media_type=_media_type(file))


def _caching(path: str) -> str:
    return "public, max-age=31536000, immutable" if path.startswith("assets/") else "no-cache"


def _media_type(file: Path) -> str:
    return (
        _TYPES.get(file.suffix) or mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    )


@lru_cache(maxsize=64)
def _compressed(content: bytes) -> bytes:
    return gzip.compress(content, compresslevel=6, mtime=0)
