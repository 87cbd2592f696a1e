"""Asks the application without a network, and serves it in a thread for what needs one."""

import asyncio
import contextlib
import json
import threading
import time

import httpx

from hpgaxis.web.app import create_app

ADDRESS = "http://127.0.0.1:8765"


def ask(app, method, path, **request):
    """One request and its answer."""

    async def asked():
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url=ADDRESS) as client:
            return await client.request(method, path, **request)

    return asyncio.run(asked())


def events(text):
    """The server-sent events of a body: (kind, data) of each."""
    parts = [part.split("\ndata: ", 1) for part in text.strip().split("\n\n")]
    return [(kind.removeprefix("event: "), json.loads(data)) for kind, data in parts]


@contextlib.contextmanager
def served(**options):
    """The address of a running server, and its application."""
    import uvicorn

    guarded, app = create_app(**options)
    server = uvicorn.Server(uvicorn.Config(guarded, port=0, log_level="error", access_log=False))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}", app
    finally:
        server.should_exit = True
        thread.join(10)
