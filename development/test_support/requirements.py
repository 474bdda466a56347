"""Which requirements of specifications a test checks; `documentation/conformance.md` lists them."""

import pytest


def implements(*requirements: str) -> pytest.MarkDecorator:
    """Mark a test with the requirements that it checks, such as `RFC 6749, 4.1.2`, as the list names them."""
    return pytest.mark.implements(*requirements)
