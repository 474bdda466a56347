"""Confirmation of operations for which a stolen access token must not be enough."""

from typing import Annotated

from pydantic import Field, SecretStr

from authorization_service.application.auth.confirm_identity import Confirmation
from authorization_service.domain.exceptions import (
    CodeNotConfirmedError,
    CodeRequiredError,
    NoSuchUserError,
    WrongPasswordError,
)
from shared_kernel.application.availability import BusyError, TooManyAttemptsError
from shared_kernel.application.client_info import ClientInfo
from shared_kernel.presentation.http.routing.body import Body

CONFIRMATION_ERRORS: tuple[type[Exception], ...] = (
    WrongPasswordError, CodeRequiredError, CodeNotConfirmedError, NoSuchUserError, TooManyAttemptsError, BusyError,
)  # fmt: skip
"""What an operation that asks for a confirmation raises besides its own errors."""

Code = Annotated[
    SecretStr | None,
    Field(description="For a user with a second factor: a code of it, or a recovery code", examples=["492039"]),
]


class ConfirmationBody(Body):
    """The caller's password, and a code where the caller has a second factor."""

    password: SecretStr = Field(examples=["Correct-horse-7"])
    code: Code = None

    def confirm(self, client: ClientInfo) -> Confirmation:
        """Return the confirmation by a client."""
        return make_confirmation(self.password, self.code, client)


def make_confirmation(password: SecretStr, code: SecretStr | None, client: ClientInfo) -> Confirmation:
    """Return the confirmation by a client."""
    return Confirmation(password.get_secret_value(), None if code is None else code.get_secret_value(), client.address)
