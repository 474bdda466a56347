"""The page of all settings, from the classes that read them."""

from annotated_types import Ge, Gt, Le, Lt, MaxLen, MinLen
from pydantic.fields import FieldInfo

from authorization_service.config import Settings as AuthorizationSettings
from documentation.markdown import escape, join, make_code, make_table
from key_value_service.config import Settings as KeyValueSettings
from shared_kernel.config import ServiceSettings

_UNITS = {"_seconds": "seconds", "_bytes": "bytes", "_port": "TCP port", "_file": "path", "_directory": "path", "_url": "URL"}
_SIGNS = {Ge: ("≥", "ge"), Gt: (">", "gt"), Le: ("≤", "le"), Lt: ("<", "lt")}


def describe_settings() -> str:
    """Return the page."""
    return join(
        "# Settings",
        "Read from the environment and from `.env` in the folder that the process is started in; the environment wins. Relative"
        " paths count from that folder. A broken setting ends the start with exit status 78 and a line that names it, never its"
        " value. [How to run](../how_to_run.md#change-a-setting) shows how to change one; those of Tarantool (`TARANTOOL_…`) are"
        " in `.env.example`.",
        *_describe_service("authorization_service", AuthorizationSettings),
        *_describe_service("key_value_service", KeyValueSettings),
    )


def _describe_service(name: str, settings: type[ServiceSettings]) -> list[str]:
    rows = [
        (
            make_code(settings.variable(field)),
            make_code(str(info.get_default(call_default_factory=True))) or "empty",
            _find_unit(field, info),
            escape(info.description or ""),
        )
        for field, info in settings.model_fields.items()
    ]
    return [f"## {name}", make_table(("setting", "default", "unit and limits", "meaning"), rows)]


def _find_unit(field: str, info: FieldInfo) -> str:
    unit = next((unit for suffix, unit in _UNITS.items() if f"_{field}".endswith(suffix)), "")
    limits = [limit for rule in info.metadata if (limit := _describe_limit(rule))]
    return ", ".join(part for part in (unit, *limits) if part)


def _describe_limit(rule: object) -> str:
    for kind, (sign, member) in _SIGNS.items():
        if isinstance(rule, kind):
            return f"{sign} {getattr(rule, member)}"
    if isinstance(rule, MinLen):
        return "not empty" if rule.min_length == 1 else f"at least {rule.min_length} characters"
    return f"at most {rule.max_length} characters" if isinstance(rule, MaxLen) else ""
