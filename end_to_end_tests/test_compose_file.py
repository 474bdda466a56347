"""`docker-compose.yml` names every setting of the services: it gives it a value, or lets the environment's through."""

import re

from authorization_service.config import Settings as AuthorizationSettings
from key_value_service.config import Settings as KeyValueSettings
from shared_kernel.config import ServiceSettings
from test_support.processes import ROOT

SERVICES: list[type[ServiceSettings]] = [AuthorizationSettings, KeyValueSettings]


def test_every_setting_of_the_services_is_named_and_nothing_else() -> None:
    compose_file = (ROOT / "docker-compose.yml").read_text()
    named = set(re.findall(r"^ +((?:AUTHORIZATION|KEY_VALUE)_[A-Z_]+):", compose_file, re.MULTILINE))
    assert named == {service.variable(field) for service in SERVICES for field in service.model_fields}
