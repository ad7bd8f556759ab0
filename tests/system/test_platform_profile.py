# SPDX-License-Identifier: Apache-2.0
"""ca[].profile: what the worker orders by, and what happens when the CA has no such profile."""
import json

import pytest
from cryptography import x509

from ca_fixtures import validity
from platform_kit import Platform

DAY = 86400
FALLBACK = "Sandbox CA does not offer the profile gold: ordered by its default"


@pytest.mark.req("R21", "R22")
@pytest.mark.parametrize("profile,lifetime,is_noted", [
    ("minutes", 1800, False), ("tlsserver", 45 * DAY, False), ("gold", 90 * DAY, True)])
def test_the_profile_that_is_ordered_by(profile, lifetime, is_noted):
    platform = Platform({"sandbox_ca": {"profiles": [{"name": "minutes", "lifetime_s": 1800}]}})
    file = platform.dir / "latchkey.yaml"
    config = json.loads(file.read_text())
    config["ca"][0]["profile"] = profile
    file.write_text(json.dumps(config))
    with platform:
        partner = platform.tenant()
        _, domain, _ = platform.ordered(partner, "by-profile.example")
        with platform.tls(platform.addresses()[0], "by-profile.example") as seen:
            begin, end = validity(x509.load_der_x509_certificate(seen.getpeercert(True)))
        assert (end - begin).total_seconds() + 1 == lifetime
        texts = [event["text"] for event in
                 partner.get(f"/v1/events?domain_id={domain['id']}&limit=200")["items"]]
        assert (FALLBACK in texts) == is_noted, texts
