"""`.env.example` lists every setting, with the default that the code has."""

import re
from itertools import pairwise
from pathlib import Path

import pytest

from authorization_service.config import Settings as AuthorizationSettings
from key_value_service.config import Settings as KeyValueSettings
from shared_kernel.config import ServiceSettings
from test_support.processes import ROOT

EXAMPLE = (ROOT / ".env.example").read_text()
LISTED = dict(re.findall(r"^#? ?([A-Z][A-Z_]+)=(.*)$", EXAMPLE, re.MULTILINE))
SERVICES: list[type[ServiceSettings]] = [AuthorizationSettings, KeyValueSettings]


def read_by_tarantool() -> set[str]:
    return set(re.findall(r"read\('(TARANTOOL_\w+)'", (ROOT / "tarantool_infra/common/settings.lua").read_text()))


def test_exactly_the_settings_are_listed() -> None:
    of_services = {service.variable(field) for service in SERVICES for field in service.model_fields}
    of_telemetry = {name for name in LISTED if name.startswith("OTEL_")}
    assert set(LISTED) - of_telemetry == of_services | read_by_tarantool()


@pytest.mark.parametrize("service", SERVICES)
def test_listed_defaults_match_the_code(service: type[ServiceSettings], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for field in service.model_fields:
        monkeypatch.delenv(service.variable(field), raising=False)
    defaults = service()
    for field in service.model_fields:
        assert LISTED[service.variable(field)] == str(getattr(defaults, field)), field


def test_each_setting_has_an_explanation_above_it() -> None:
    lines = EXAMPLE.splitlines()
    for above, line in pairwise(lines):
        if re.match(r"[A-Z_]+=", line):
            assert re.match(r"# \S.{9,}", above), line


def test_example_is_a_valid_env_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text(EXAMPLE)
    for service in SERVICES:
        service()
