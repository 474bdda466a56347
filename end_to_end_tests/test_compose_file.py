"""`docker-compose.yml` has every setting of the services: with a value, or passed through from the environment."""

import re

from authorization_service.config import Settings as AuthorizationSettings
from key_value_service.config import Settings as KeyValueSettings
from shared_kernel.config import ServiceSettings
from test_support.processes import ROOT

SERVICES: list[type[ServiceSettings]] = [AuthorizationSettings, KeyValueSettings]


def test_compose_file_has_exactly_the_settings_of_the_services() -> None:
    compose_file = (ROOT / "docker-compose.yml").read_text()
    named = set(re.findall(r"^ +((?:AUTHORIZATION|KEY_VALUE)_[A-Z_]+):", compose_file, re.MULTILINE))
    assert named == {service.variable(field) for service in SERVICES for field in service.model_fields}
