"""Scopes in words, for the user that is asked to grant them."""

from collections.abc import Callable, Iterable
from urllib.parse import unquote

from authorization_service.domain.value_objects.identity_scopes import IDENTITY_SCOPES
from authorization_service.domain.value_objects.scope import ADMINISTRATION_SCOPE
from shared_kernel.domain.grants import Grant

Translate = Callable[..., str]


def describe_scopes(scopes: Iterable[str], t: Translate) -> list[str]:
    """Return a line for each scope."""
    return [_describe(scope, t) for scope in scopes]


def _describe(scope: str, t: Translate) -> str:
    if scope in IDENTITY_SCOPES or scope == ADMINISTRATION_SCOPE:
        return t(f"scope_{scope}")
    grant = Grant.parse(scope)
    return t(f"scope_{grant.action}", what=_describe_pattern(grant.pattern, t))


def _describe_pattern(pattern: str, t: Translate) -> str:
    name, slash, key = pattern.partition("/")
    if slash:
        text = unquote(key.removesuffix("*"))
        return t("scope_keys" if key.endswith("*") else "scope_key", name=name, key=text)
    if pattern == "*":
        return t("scope_all")
    return t("scope_namespaces", name=name[:-1]) if name.endswith("*") else t("scope_namespace", name=name)
