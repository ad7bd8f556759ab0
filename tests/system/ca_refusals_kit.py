# SPDX-License-Identifier: Apache-2.0
"""How a refusal of the sandbox CA is looked at: the row of a table, and the problem that it must give."""
import pytest

JWS = "Unable to validate JWS :: "
ORDER = "Error creating new order :: "
FINAL = "Error finalizing order :: "
JSON = JWS + "Request payload did not parse as JSON"
TYPE = 'Content-Type header on POST. Content-Type must be "application/jose+json"'


def check(reply, expected, detail):
    """A refusal in the form that section 6.7 has, and with what every answer to a POST carries."""
    assert reply.problem == expected, reply.body
    assert reply.json["detail"].startswith(detail), reply.json["detail"]
    assert reply.json["status"] == reply.status
    assert reply.headers["Content-Type"] == "application/problem+json"
    assert reply.headers["Replay-Nonce"] and 'rel="index"' in reply.headers["Link"]
    assert ("algorithms" in reply.json) == (expected[1] == "badSignatureAlgorithm")


def table(*rows):
    return pytest.mark.parametrize("how,expected,detail", [row[1:] for row in rows],
                                   ids=[row[0].replace(" ", "-") for row in rows])


def order_as(**how):
    """newOrder, signed and sent as `how` says (Client.post)."""
    payload = how.pop("payload", {"identifiers": [{"type": "dns", "value": "a.example"}]})
    return lambda one: one.post(one.url("new-order"), payload, **how)
