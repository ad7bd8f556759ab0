# SPDX-License-Identifier: Apache-2.0


def pytest_configure(config):
    config.addinivalue_line("markers", "req(ids): the requirements that this test shows to hold")
    config.addinivalue_line("markers", "pebble(**keywords): what Pebble() is made with")
