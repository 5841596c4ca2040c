"""Serves the page's files: ``/_emulator/`` to browsers, and what it consists of.

Owns who gets the page and the headers that keep it to itself. Must not make anything up for it: the files are the
same for everybody, hold nothing of what happened, and so ask for no token; the page asks its user for it.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from aiohttp import web

from emulator import resources
from emulator.core.errors import ControlError
from emulator.web.control.call import PREFIX
from emulator.web.replies import SERVER

if TYPE_CHECKING:
    from emulator.web.control.call import Call, Routes

INDEX = "index.html"

FOLDER = "page"
"""What the other files' paths begin with, below the prefix."""

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
"""Content Security Policy Level 3, and Trusted Types: no inline code, no markup made of text, no other origin."""

_HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    # asked again each time, since a new version comes under the same name; unchanged, nothing is sent
    "Cache-Control": "no-cache",
    "Server": SERVER,
}

_TYPES = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}

_UNCHANGED = 304


class Inspector:
    """The page's routes; nothing of what they answer is guarded."""

    @property
    def routes(self) -> Routes:
        """Its routes, beside the page itself, whose path it shares with the list of links."""
        return {(FOLDER, "{}"): dict.fromkeys(("GET", "HEAD"), self.file)}

    @staticmethod
    def wanted(call: Call) -> bool:
        """Whether a request at the prefix comes from a browser that shows what it gets."""
        return "text/html" in call.http.headers.get("Accept", "")

    async def page(self, call: Call) -> web.Response:
        """The page; its files' paths are relative, and so the path has to end with a slash."""
        path, _, query = call.http.raw_path.partition("?")
        if not path.endswith("/"):
            place = f"{PREFIX}/{'?' + query if query else ''}"
            return web.Response(status=308, headers={**_HEADERS, "Location": place})
        return _answer(call, INDEX)

    async def file(self, call: Call) -> web.Response:
        """One of its files."""
        return _answer(call, call.args[0])


def _answer(call: Call, name: str) -> web.Response:
    """A file, or that the browser has it already (RFC 9110 section 13.1.2)."""
    content = resources.page_files().get(name)
    if content is None:
        raise ControlError(404, f"The page has no file '{name}'.")
    tag = f'"{sha256(content).hexdigest()[:32]}"'
    headers = {**_HEADERS, "ETag": tag, "Vary": "Accept"}
    known = call.http.headers.get("If-None-Match", "")
    if tag in (one.strip().removeprefix("W/") for one in known.split(",")):
        return web.Response(status=_UNCHANGED, headers=headers)
    kind = _TYPES[name[name.rindex(".") :]]
    response = web.Response(body=content, headers=headers)
    response.content_type, response.charset = kind, "utf-8"
    return response
