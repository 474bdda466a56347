"""Names of namespaces."""

from typing import NewType

from shared_kernel.domain.grants import MAX_NAMESPACE, NAMESPACE_PATTERN, is_namespace
from shared_kernel.domain.rules import RulesBrokenError, Violation

MAX_LENGTH, PATTERN = MAX_NAMESPACE, NAMESPACE_PATTERN
"""The rule is that of grants, which name namespaces, too."""

NamespaceName = NewType("NamespaceName", str)
"""A name that a namespace may have."""

DEFAULT_NAMESPACE = NamespaceName("default")
"""The namespace that always exists."""


def check_namespace_name(name: str) -> NamespaceName:
    """Return the name. Raises RulesBrokenError unless a namespace may have it, whether or not there is one."""
    if not is_namespace(name):
        message = f"A name has 1 to {MAX_LENGTH} of a-z, 0-9, `.`, `_` and `-`, the first of them a letter or digit."
        raise RulesBrokenError([Violation("namespace", "namespace", message)])
    return NamespaceName(name)
