"""Reasons of refusals in Lua and their exceptions in Python agree."""

import re

import pytest

from authorization_service.infrastructure.db.repositories.refusals import REFUSALS as AUTHORIZATION_REFUSALS
from key_value_service.infrastructure.db.repositories.refusals import REFUSALS as KEY_VALUE_REFUSALS
from shared_kernel.infrastructure.stored_functions import Refusals
from test_support.processes import ROOT


@pytest.mark.parametrize(("instance", "refusals"), [("authorization", AUTHORIZATION_REFUSALS), ("key_value", KEY_VALUE_REFUSALS)])
def test_service_knows_exactly_the_reasons_of_its_tarantool(instance: str, refusals: Refusals) -> None:
    source = (ROOT / f"tarantool_infra/{instance}_tarantool/refusals.lua").read_text()
    assert set(re.findall(r"\{'([^']+)'", source)) == set(refusals)
