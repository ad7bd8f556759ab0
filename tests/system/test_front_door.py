# SPDX-License-Identifier: Apache-2.0
"""What nginx in front of pages, API and CA answers by itself: in the form of whoever was asked."""
import http.client
import json
import os
import signal
import socket
import ssl

import pytest
import requests
from platform_kit import Platform


@pytest.fixture(scope="module")
def platform():
    with Platform() as p:
        yield p


FRONT_REFUSES = [
    (b"get /v1/sites HTTP/1.1\r\nHost: h\r\n\r\n", 400),
    (b"GET /v1/sites/%00 HTTP/1.1\r\nHost: h\r\n\r\n", 400),
    (b"GET /v1/sites HTTP/1.1\r\n\r\n", 400),
    (b"GET /v1/sites HTTP/1.1\r\nHost: h\r\nHost: i\r\n\r\n", 400),
    (b"GET /v1/sites HTTP/3.0\r\nHost: h\r\n\r\n", 400),
    (b"POST /v1/sites HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: x\r\n\r\n", 400),
    (b"POST /v1/sites HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\nContent-Length: 5\r\n\r\n", 400),
    (b"TRACE /v1/sites HTTP/1.1\r\nHost: h\r\n\r\n", 405),
    (b"POST /v1/sites HTTP/1.1\r\nHost: h\r\nContent-Length: 9000000\r\n\r\n", 413),
    (b"GET /" + b"a" * 17000 + b" HTTP/1.1\r\nHost: h\r\n\r\n", 414),
    (b"GET /v1/ HTTP/1.1\r\nHost: h\r\nX: " + b"a" * 17000 + b"\r\n\r\n", 431),
]


def ask_the_front_door(platform, port, request_text):
    """(status, headers, body) of the first answer, over TLS."""
    context = ssl.create_default_context(cafile=str(platform.roots))
    with socket.create_connection(("127.0.0.1", port), timeout=10) as raw, \
            context.wrap_socket(raw, server_hostname="localhost") as s:
        s.sendall(request_text)
        answer = http.client.HTTPResponse(s)
        answer.begin()
        return answer.status, answer.headers, answer.read()


@pytest.mark.parametrize("request_text, status", FRONT_REFUSES)
def test_what_the_front_door_refuses_is_a_problem(platform, request_text, status):
    """Requests that nginx does not hand on are answered in the form of the API, and of the CA."""
    for port, members in [(platform.front_port, {"type", "title", "status", "detail", "code",
                                                 "instance", "who_acts"}),
                          (platform.ca_port, {"type", "detail", "status"})]:
        got, headers, body = ask_the_front_door(platform, port, request_text)
        assert headers["Content-Type"] == "application/problem+json"
        problem = json.loads(body)
        assert problem["status"] == got
        assert set(problem) == members
        if port == platform.front_port:
            assert got == status


PAGES_REFUSED = [
    (b"GET /accounts HTTP/1.1\r\n\r\n", 400, "This request cannot be read"),
    (b"TRACE /accounts HTTP/1.1\r\nHost: h\r\n\r\n", 405, "There is no such page"),
    (b"POST /sign-in HTTP/1.1\r\nHost: h\r\nContent-Length: 9000000\r\n\r\n", 413,
     "That is too much at once"),
    (b"GET /v1x HTTP/1.1\r\nHost: h\r\nX: " + b"a" * 17000 + b"\r\n\r\n", 431,
     "Your browser sends too much"),
]


@pytest.mark.parametrize("request_text, status, heading", PAGES_REFUSED)
def test_what_the_front_door_refuses_of_the_pages_is_a_page(platform, request_text, status, heading):
    got, headers, body = ask_the_front_door(platform, platform.front_port, request_text)
    assert (got, headers["Content-Type"]) == (status, "text/html; charset=utf-8")
    assert f"<h1>{heading}</h1>" in body.decode()
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "nginx" not in body.decode()


def test_plain_http_at_the_front_door(platform):
    """A browser is sent to https. Whoever may have sent a token that way is not: it is refused."""
    plain = platform.url.replace("https:", "http:")
    page = requests.get(plain + "/accounts?a=b", allow_redirects=False, timeout=20)
    assert (page.status_code, page.headers["Location"]) == (302, platform.url + "/accounts?a=b")
    refused = requests.get(plain + "/v1/sites", allow_redirects=False, timeout=20)
    assert (refused.status_code, refused.json()["code"]) == (400, "bad_request")


def test_nobody_behind_the_front_door(platform):
    """502: a page for the pages, a problem for the API."""
    os.kill(platform.process.pid, signal.SIGSTOP)  # who would start it again
    try:
        platform.kill("web")
        page = requests.get(platform.url + "/accounts", verify=platform.roots, timeout=20)
        api = requests.get(platform.url + "/v1/sites", verify=platform.roots, timeout=20)
    finally:
        os.kill(platform.process.pid, signal.SIGCONT)
    assert (page.status_code, page.headers["Retry-After"]) == (503, "1")
    assert "<h1>One moment, please</h1>" in page.text and "{{" not in page.text
    assert (api.status_code, api.json()["code"], api.headers["Retry-After"]) == (503, "busy", "1")
