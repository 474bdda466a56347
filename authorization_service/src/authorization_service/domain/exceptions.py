"""Errors of this service. What the presentation shows to a client or an operator is their text."""

from shared_kernel.domain.rules import RulesBrokenError, Violation


class AuthorizationServiceError(Exception):
    """Base of all errors that this service raises because of what it was asked or what it found, not because of a bug."""


class UsernameTakenError(AuthorizationServiceError):
    """Another user has this name, without regard to case."""

    def __init__(self) -> None:
        super().__init__("The username is already in use.")


class WrongCredentialsError(AuthorizationServiceError):
    """No user has this name and this password. The error does not reveal which of the two is wrong."""

    def __init__(self) -> None:
        super().__init__("The username or the password is wrong.")


class WrongPasswordError(AuthorizationServiceError, RulesBrokenError):
    """A logged-in user entered a wrong password to confirm an operation. `field` is its name in the request."""

    def __init__(self, field: str) -> None:
        RulesBrokenError.__init__(self, [Violation(field, "wrong", "This is not your password.")])


class NoSuchUserError(AuthorizationServiceError):
    """The user does not exist."""

    def __init__(self) -> None:
        super().__init__("The user does not exist.")


class InvalidRefreshTokenError(AuthorizationServiceError):
    """The refresh token is malformed or already used, or its session has expired or ended. The error does not reveal which."""

    def __init__(self) -> None:
        super().__init__("The refresh token is not valid; log in again.")


class RefreshTokenReusedError(InvalidRefreshTokenError):
    """The refresh token was already used, so it may be stolen; its session has ended (RFC 9700, section 4.14.2)."""


class NoSuchSessionError(AuthorizationServiceError):
    """The user has no such session."""

    def __init__(self) -> None:
        super().__init__("The session does not exist.")


class AdministratorRequiredError(AuthorizationServiceError):
    """The operation requires an enabled administrator."""

    def __init__(self) -> None:
        super().__init__("This operation requires the administrator role.")


class NoSuchGroupError(AuthorizationServiceError):
    """The group does not exist."""

    def __init__(self) -> None:
        super().__init__("The group does not exist.")


class NotAMemberError(AuthorizationServiceError):
    """The user is not a member of the group."""

    def __init__(self) -> None:
        super().__init__("The user is not a member of the group.")


class GrantNotHeldError(AuthorizationServiceError):
    """The user or group does not hold the grant itself. A user may still have it through a group."""

    def __init__(self) -> None:
        super().__init__(
            "The grant is not held directly; to remove one that a user has through a group, remove it from the group."
        )


class LastAdministratorError(AuthorizationServiceError):
    """The change would leave no enabled administrator."""

    def __init__(self) -> None:
        super().__init__("The last enabled administrator cannot be deleted, disabled or demoted.")


class LimitReachedError(AuthorizationServiceError):
    """The change would exceed a limit on grants, members or groups."""


class ClientIdTakenError(AuthorizationServiceError):
    """Another service account has this id."""

    def __init__(self) -> None:
        super().__init__("The client id is already in use.")


class NoSuchClientError(AuthorizationServiceError):
    """The service account does not exist."""

    def __init__(self) -> None:
        super().__init__("The client does not exist.")


class InvalidClientError(AuthorizationServiceError):
    """No service account has this id and this secret. The error does not reveal which of the two is wrong."""

    def __init__(self) -> None:
        super().__init__("The client id or secret is wrong.")


class InvalidScopeError(AuthorizationServiceError):
    """None of the requested scopes is allowed, or they are more than a token can carry."""

    def __init__(self) -> None:
        super().__init__("None of the requested scopes is allowed, or they are more than a token can carry.")


class UnsupportedTokenTypeError(AuthorizationServiceError):
    """The token belongs to no session and cannot be revoked individually."""

    def __init__(self) -> None:
        super().__init__(
            "Access tokens of service accounts are revoked by changing the client's secret or by deleting the client."
        )


class RotationUnderWayError(AuthorizationServiceError):
    """A new key is already published and does not sign yet; only one may wait at a time."""

    def __init__(self) -> None:
        super().__init__("A new key is already waiting to sign; rotate again once it signs.")


class SecretUnusableError(AuthorizationServiceError):
    """A secret or a private key cannot be read, is malformed, or cannot be stored. The text says which and why."""
