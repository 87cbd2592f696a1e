"""Who is let in, how large a request may be, and what every answer carries."""

import asyncio

import pytest

from hpgaxis.web.app import create_app
from hpgaxis.web.guard import HEADERS, Guard, _name
from tests.web.asking import ADDRESS, ask


@pytest.fixture(scope="module")
def app():
    return create_app()[0]


@pytest.fixture(scope="module")
def with_token():
    return create_app(hosts=("192.0.2.7",), token="s3cret")[0]


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "127.0.0.1.evil.example",
        "",
        "evil.example:8765",
        "[::1",
        "2130706433",
        "evil.example@127.0.0.1",
        "127.0.0.1:99999999",
    ],
)
def test_another_host_is_refused(app, host):
    """A foreign name that points at this machine (DNS rebinding) gets nothing."""
    answer = ask(app, "GET", "/api/model", headers={"host": host})
    assert answer.status_code == 421
    assert "answers to" in answer.json()["message"]


@pytest.mark.parametrize("host", ["127.0.0.1:8765", "localhost:1", "LOCALHOST", "[::1]:8765"])
def test_this_machine_is_let_in(app, host):
    assert ask(app, "GET", "/", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"}, {"origin": "null"}, {"sec-fetch-site": "cross-site"},
        {"origin": "http://127.0.0.1:9999"}, {"origin": "http://["}, {"sec-fetch-site": "same-site"},
    ],
)  # fmt: skip
def test_another_page_cannot_send_work(app, headers):
    answer = ask(app, "POST", "/api/man", json={}, headers=headers)
    assert answer.status_code == 403
    assert "another page" in answer.json()["message"]


def test_this_page_can(app):
    headers = {"origin": ADDRESS, "sec-fetch-site": "same-origin"}
    assert ask(app, "POST", "/api/man", json={}, headers=headers).status_code == 200


def test_a_body_that_is_too_large_is_refused(app):
    answer = ask(app, "POST", "/api/man", content=b"x" * 2_000_001)
    assert answer.status_code == 413 and "2 MB" in answer.json()["message"]


def test_a_body_that_hides_its_size_is_refused_too(app):
    async def chunks():
        for _ in range(30):
            yield b"x" * 100_000

    answer = ask(app, "POST", "/api/data", content=chunks(), headers={"content-type": "application/json"})
    assert answer.status_code == 413


def test_a_size_that_is_no_number_is_refused(app):
    assert ask(app, "POST", "/api/man", content=b"{}", headers={"content-length": "-1"}).status_code == 413


@pytest.mark.parametrize("path", ["/", "/api/model", "/static/main.js", "/nothing"])
def test_every_answer_is_guarded(app, path):
    headers = ask(app, "GET", path).headers
    for name, value in HEADERS.items():
        assert headers[name] == value
    assert "unsafe" not in headers["content-security-policy"]


def test_without_the_token_nothing_is_answered(with_token):
    for headers in ({}, {"authorization": "Bearer wrong"}, {"cookie": "hpgaxis_token=wrong"}, {"cookie": "a;=;b"}):
        answer = ask(with_token, "GET", "/api/model", headers={"host": "192.0.2.7", **headers})
        assert answer.status_code == 401 and "token" in answer.json()["message"]


def test_the_token_of_the_address_becomes_a_cookie(with_token):
    answer = ask(with_token, "GET", "/?token=s3cret", headers={"host": "192.0.2.7"})
    assert answer.status_code == 303 and answer.headers["location"] == "/"
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=Strict" in cookie
    again = ask(with_token, "GET", "/", headers={"host": "192.0.2.7", "cookie": cookie.split(";")[0]})
    assert again.status_code == 200
    assert (
        ask(with_token, "GET", "/api/axis", headers={"host": "192.0.2.7", "authorization": "Bearer s3cret"}).status_code
        == 200
    )


def test_names_of_hosts():
    assert [_name(host) for host in ("a.b:3", "[::1]:3", "A", "[", "a:b:c", "a@b")] == ["a.b", "::1", "a", "", "", ""]


def test_what_is_no_request_passes():
    seen = []

    async def inner(scope, receive, send):
        seen.append(scope["type"])

    asyncio.run(Guard(inner)({"type": "lifespan"}, None, None))
    assert seen == ["lifespan"]
