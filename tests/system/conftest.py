# SPDX-License-Identifier: Apache-2.0
import pytest

pytest_plugins = ["marks", "post_mortem"]
pytest.register_assert_rewrite("clients_kit")
