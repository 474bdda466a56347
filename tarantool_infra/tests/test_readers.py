"""Stored functions that change nothing, as Lua and Python know them, agree."""

import re
from collections.abc import Set as AbstractSet

import pytest

from authorization_service.infrastructure.db.repositories.readers import READERS as AUTHORIZATION_READERS
from key_value_service.infrastructure.db.repositories.readers import READERS as KEY_VALUE_READERS
from test_support.processes import ROOT


@pytest.mark.parametrize(("instance", "readers"), [("authorization", AUTHORIZATION_READERS), ("key_value", KEY_VALUE_READERS)])
def test_service_repeats_exactly_what_its_tarantool_knows_as_reads(instance: str, readers: AbstractSet[str]) -> None:
    source = (ROOT / f"tarantool_infra/{instance}_tarantool/init.lua").read_text()
    assert set(re.findall(r"\['([^']+)'\] = true", source)) == readers
