"""`.env.example` of each example lists every setting with the code's default, and its compose file gives no other ones."""

import re
from pathlib import Path

import pytest
import yaml  # type: ignore[import-untyped]
from pydantic_settings import BaseSettings

from accounts.settings import Settings as AccountsSettings
from coffee.core.config import Settings as CoffeeSettings
from microblog.core.config import Settings as MicroblogSettings
from test_support.processes import ROOT

EXAMPLES: dict[str, tuple[type[BaseSettings], str]] = {
    "accounts": (AccountsSettings, "docker-compose.yml"),
    "coffee": (CoffeeSettings, "docker/docker-compose.yml"),
    "microblog": (MicroblogSettings, "docker-compose.yml"),
}


def name_settings(settings: type[BaseSettings]) -> dict[str, str]:
    """Return the variable of each field."""
    return {field: f"{settings.model_config['env_prefix']}{field}".upper() for field in settings.model_fields}


@pytest.fixture(params=EXAMPLES)
def example(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """An example, whose settings nothing around the test changes."""
    name: str = request.param
    monkeypatch.chdir(tmp_path)
    for variable in name_settings(EXAMPLES[name][0]).values():
        monkeypatch.delenv(variable, raising=False)
    return name


def test_exactly_the_settings_are_listed_with_their_defaults(example: str) -> None:
    settings = EXAMPLES[example][0]
    listing = ROOT / "examples" / example / ".env.example"
    listed = re.findall(r"^([A-Z_]+)=", listing.read_text(), re.MULTILINE)
    assert sorted(listed) == sorted(name_settings(settings).values())
    assert settings(_env_file=listing) == settings(_env_file=None)


def test_containers_get_settings_that_there_are(example: str) -> None:
    settings, file = EXAMPLES[example]
    services = yaml.safe_load((ROOT / "examples" / example / file).read_text())["services"]
    known = set(name_settings(settings).values())
    for name, service in services.items():
        if name in {example, f"{example}_worker"}:
            assert set(service["environment"]) <= known, name
