# SPDX-License-Identifier: Apache-2.0
"""A platform whose clock moves and a partner, for `from moved_fixtures import ...`, and what tests do with them."""
import contextlib
import os
import signal
import ssl

import pytest
from renewal_kit import Moved
from test_replacement import reissue_held


@pytest.fixture(scope="module")
def days():
    with Moved(config={"check": {"patience_ms": 1000, "retry_min_ms": 200, "retry_max_ms": 1000}}) as p:
        yield p


@pytest.fixture(scope="module")
def partner(days):
    return days.tenant()


def unverified(platform, address, sni):
    """Requests do not follow the moved clock."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return platform.tls(address, sni, context)


def edge_id(platform, name):
    return next(e["id"] for e in platform.operator.get("/v1/edges")["items"] if e["name"] == name)


@contextlib.contextmanager
def staged(platform, api, before):
    agent = reissue_held(platform, api, before)
    try:
        yield
    finally:
        os.kill(agent, signal.SIGCONT)
