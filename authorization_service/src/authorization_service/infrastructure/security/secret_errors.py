"""What can be wrong with files of secrets, as one error."""

from collections.abc import Iterator
from contextlib import contextmanager

from authorization_service.domain.exceptions import SecretUnusableError


@contextmanager
def as_secret_errors() -> Iterator[None]:
    """Raise SecretUnusableError for the OSError or ValueError of whatever reads or writes secrets inside."""
    try:
        yield
    except (OSError, ValueError) as error:
        raise SecretUnusableError(str(error)) from error
