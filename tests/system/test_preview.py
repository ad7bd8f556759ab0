# SPDX-License-Identifier: Apache-2.0
"""A new certificate that an edge cannot show never reaches a visitor."""
import os
import time

import pytest
from platform_kit import wait_for
from renewal_kit import DAY, HOUR, Moved, Visitors, events, number, wait_replaced


@pytest.mark.req("R23", "A11")
def test_what_an_edge_cannot_open_reaches_no_visitor():
    """The signer seals by a key that the edges do not have: the new certificate stays where it is."""
    with Moved() as platform:
        partner = platform.tenant()
        _, domain, before = platform.ordered(partner, "sealed.example")
        old = before["certificate"]
        key = next(platform.dir.glob("keys/edge-*"))
        right = key.read_bytes()
        key.chmod(0o600)
        key.write_bytes(os.urandom(len(right)))
        key.chmod(0o400)
        platform.kill("signer")
        with Visitors(platform, "sealed.example") as visitors:
            partner.call("POST", f"/v1/subscriptions/{before['subscription']['id']}/reissue", {},
                         want=202)
            status = wait_for(lambda: (s := platform.status(partner, domain))
                              and s["issuance"]["state"] == "staging"
                              and s["issuance"]["error"] and s, 60)
            time.sleep(3)
            status = platform.status(partner, domain)
            assert status["issuance"]["state"] == "staging"
            assert "TLS handshake" in status["issuance"]["error"]["text"]
            assert status["renewal"]["state"] == "failing"
            assert status["certificate"]["id"] == old["id"]
            key.chmod(0o600)
            key.write_bytes(right)
            key.chmod(0o400)
            platform.kill("signer")
            platform.jump(DAY + HOUR)
            wait_for(lambda: platform.status(partner, domain)["issuance"]["state"] == "failed", 60)
            assert "certificate.deployment.failed" in events(partner, domain)
            partner.call("POST", f"/v1/subscriptions/{before['subscription']['id']}/reissue", {},
                         want=202)
            new = wait_replaced(platform, partner, domain, old)["certificate"]
        assert visitors.serials == [number(old), number(new)], "and never the one between"
