"""Guards every request: the host it asked for, where it came from, its token and its size; adds headers to answers."""

from __future__ import annotations

import hmac
import json
from contextlib import suppress
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs, urlsplit

Scope = dict[str, Any]
LOOPBACK = ("127.0.0.1", "localhost", "::1")
MOST_BYTES = 2_000_000
"""Of the body of a request: a data set of tens of thousands of rows."""
COOKIE = "hpgaxis_token"
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}


class TooLarge(Exception):
    """A body that is larger than allowed."""


@dataclass
class Guard:
    """An ASGI application in front of another.

    app : what it guards.
    hosts : names that a request may ask for; others are refused, so that no foreign name can be pointed at this server
        (DNS rebinding).
    token : that every request must have, in the address once and then in a cookie, or as a bearer; "" for none.
    most_bytes : of a body.
    """

    app: Any
    hosts: tuple[str, ...] = LOOPBACK
    token: str = ""
    most_bytes: int = MOST_BYTES

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        if fault := self._fault(scope, headers):
            await _answer(send, *fault)
            return
        if self.token and (given := _token_in_address(scope)) and scope["method"] == "GET":
            await self._remember(send, given, scope["path"])
            return
        counted = _Counted(receive, self.most_bytes)

        async def sent(message: dict[str, Any]) -> None:
            if counted.too_large:
                return  # what the application makes of half a body is not what is answered
            if message["type"] == "http.response.start":
                there = {name.lower() for name, _ in message["headers"]}
                more = [(k.encode(), v.encode()) for k, v in HEADERS.items() if k.encode() not in there]
                message = {**message, "headers": [*message["headers"], *more]}
            await send(message)

        with suppress(TooLarge):  # answered below, as where the application answers it itself
            await self.app(scope, counted, sent)
        if counted.too_large:
            await _answer(send, 413, self._too_large())

    def _fault(self, scope: Scope, headers: dict[str, str]) -> tuple[int, str] | None:
        """Status and sentence of a request that is refused."""
        asked = headers.get("host", "")
        if _name(asked) not in self.hosts:
            return 421, f"this server answers to {', '.join(self.hosts)}, not to {asked[:100]!r}"
        if scope["method"] not in SAFE_METHODS:
            origin = headers.get("origin")
            foreign = origin is not None and origin.partition("://")[2] != asked
            if foreign or headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
                return 403, "the request comes from another page; open the page of this server itself"
        if self.token and not self._has_token(scope, headers):
            return 401, "this server needs the token that `hpg serve` printed: open the address that it printed"
        size = headers.get("content-length", "0")
        if not size.isdigit() or int(size) > self.most_bytes:
            return 413, self._too_large()
        return None

    def _too_large(self) -> str:
        return f"the request is larger than {self.most_bytes / 1e6:g} MB; send fewer rows"

    def _has_token(self, scope: Scope, headers: dict[str, str]) -> bool:
        try:
            cookie = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
        except CookieError:
            cookie = None
        bearer = headers.get("authorization", "").removeprefix("Bearer ")
        given = [bearer, cookie.value if cookie else "", _token_in_address(scope)]
        return any(hmac.compare_digest(one.encode(), self.token.encode()) for one in given)

    async def _remember(self, send: Any, token: str, path: str) -> None:
        """Move the token from the address into a cookie, so that no link carries it on."""
        cookie = f"{COOKIE}={token}; HttpOnly; SameSite=Strict; Path=/"
        headers = [(b"location", path.encode()), (b"set-cookie", cookie.encode()), (b"content-length", b"0")]
        await send({"type": "http.response.start", "status": 303, "headers": headers})
        await send({"type": "http.response.body", "body": b""})


class _Counted:
    """The `receive` of a request that stops at a body larger than allowed, whatever its header said."""

    def __init__(self, receive: Any, most_bytes: int) -> None:
        self.too_large = False
        self._receive, self._left = receive, most_bytes

    async def __call__(self) -> Any:
        message = await self._receive()
        self._left -= len(message.get("body", b""))
        if self._left < 0:
            self.too_large = True
            raise TooLarge
        return message


def _token_in_address(scope: Scope) -> str:
    return parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0]


def _name(host: str) -> str:
    """Name of a host without its port; IPv6 addresses without brackets."""
    try:
        parts = urlsplit(f"//{host}")
        return "" if "@" in host or (parts.port or 0) < 0 else (parts.hostname or "").lower()
    except ValueError:  # an address or a port that cannot be
        return ""


async def _answer(send: Any, status: int, message: str) -> None:
    body = json.dumps({"message": message}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    headers += [(name.encode(), value.encode()) for name, value in HEADERS.items()]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
