"""`hpg serve`: the page in the browser."""

from __future__ import annotations

import secrets
import socket
from typing import Annotated

import typer

from ..errors import InputError, extra_packages
from .errors import user_errors
from .terminal import DISCLAIMER, say, warn

LAST_PORT, WAITING = 65535, 2048
"""Highest port, and connections that wait to be taken."""


@user_errors
def serve(
    port: Annotated[int, typer.Option(help="Port; 0 takes a free one.", min=0, max=LAST_PORT)] = 8765,
    host: Annotated[
        str, typer.Option(help="Address to listen at. Any but this machine's own needs the token that is printed.")
    ] = "127.0.0.1",
    name: Annotated[
        list[str] | None, typer.Option(help="A further name under which browsers reach this server; repeat for more.")
    ] = None,
    browser: Annotated[bool, typer.Option("--browser", help="Open the page in your browser.")] = False,
) -> None:
    """Open the page in the browser: the axis, a man, protocols side by side, populations, the evidence."""
    with extra_packages("the page needs FastAPI and uvicorn", "web"):
        import uvicorn

        from ..web.app import create_app
        from ..web.guard import LOOPBACK

    own = host in LOOPBACK
    token = "" if own else secrets.token_urlsafe(24)
    listening = _listening(host, port)
    address = f"http://{f'[{host}]' if ':' in host else host}:{listening.getsockname()[1]}/"
    app, _ = create_app(hosts=(*LOOPBACK, host, *(name or ())), token=token)
    say(DISCLAIMER)
    if not own:
        warn(f"{host} can be reached by other machines, and what they send is not encrypted: the page needs a token")
        address += f"?token={token}"
    say(f"The page is at {address}   (Ctrl-C ends it)")
    if browser:
        import webbrowser

        webbrowser.open(address)
    server = uvicorn.Server(uvicorn.Config(app, access_log=False, log_level="warning", server_header=False))
    server.run(sockets=[listening])


def _listening(host: str, port: int) -> socket.socket:
    """A socket at this address. Raises InputError where it cannot be had."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        found = socket.socket(family, socket.SOCK_STREAM)
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind((host, port))
        found.listen(WAITING)
    except OSError as error:
        raise InputError(f"cannot listen at {host}, port {port}: {error.strerror or error}; try --port 0") from None
    return found
