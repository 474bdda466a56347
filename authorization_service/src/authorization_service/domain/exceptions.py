"""What the domain refuses."""

from shared_kernel.domain.rules import RulesBrokenError, Violation


class UsernameTakenError(Exception):
    """Another user has this name, perhaps in another case."""

    def __init__(self) -> None:
        super().__init__("The username is taken.")


class WrongCredentialsError(Exception):
    """No user has this name and this password; which of the two is wrong is not told."""

    def __init__(self) -> None:
        super().__init__("The username or the password is wrong.")


class WrongPasswordError(RulesBrokenError):
    """Somebody who is logged in cannot tell the password when asked again; `field` is what the client calls it."""

    def __init__(self, field: str) -> None:
        super().__init__([Violation(field, "wrong", "This is not your password.")])


class NoSuchUserError(Exception):
    """The user does not exist, or not any more."""

    def __init__(self) -> None:
        super().__init__("There is no such user.")


class InvalidRefreshTokenError(Exception):
    """The refresh token is malformed or has been used, or its session has expired or ended; which of these is not told."""

    def __init__(self) -> None:
        super().__init__("The refresh token is not valid, or not any more; log in again.")


class RefreshTokenReusedError(InvalidRefreshTokenError):
    """The refresh token had been used before, so somebody has stolen it; its session has ended."""


class NoSuchSessionError(Exception):
    """The user has no such session, or not any more."""

    def __init__(self) -> None:
        super().__init__("There is no such session.")


class AdministratorRequiredError(Exception):
    """Only an enabled administrator may do this."""

    def __init__(self) -> None:
        super().__init__("This is for administrators.")


class NoSuchGroupError(Exception):
    """The group does not exist, or not any more."""

    def __init__(self) -> None:
        super().__init__("There is no such group.")


class NotAMemberError(Exception):
    """The user is not in the group."""

    def __init__(self) -> None:
        super().__init__("The user is not a member of the group.")


class GrantNotHeldError(Exception):
    """The user or the group does not hold the grant itself."""

    def __init__(self) -> None:
        super().__init__("The grant is not held: a user's grants from groups are taken from the groups.")


class LastAdministratorError(Exception):
    """Without this enabled administrator there would be none."""

    def __init__(self) -> None:
        super().__init__("The last enabled administrator can be neither removed nor disabled nor demoted.")


class LimitReachedError(Exception):
    """The change would exceed a bound on grants, members or groups."""


class ClientIdTakenError(Exception):
    """Another service account has this id."""

    def __init__(self) -> None:
        super().__init__("The client id is taken.")


class NoSuchClientError(Exception):
    """The service account does not exist, or not any more."""

    def __init__(self) -> None:
        super().__init__("There is no such client.")


class InvalidClientError(Exception):
    """No service account has this id and this secret; which of the two is wrong is not told."""

    def __init__(self) -> None:
        super().__init__("The client's id or secret is wrong.")


class InvalidScopeError(Exception):
    """None of the scopes asked for is allowed, or they are too many."""

    def __init__(self) -> None:
        super().__init__("None of the scopes asked for is allowed, or they are more than a token can carry.")


class UnsupportedTokenTypeError(Exception):
    """The token cannot be revoked by itself."""

    def __init__(self) -> None:
        super().__init__(
            "Access tokens of service accounts are revoked by changing the client's secret, or by removing the client."
        )


class RotationUnderWayError(Exception):
    """A key has been made that does not sign yet; only when it does may another one succeed it."""

    def __init__(self) -> None:
        super().__init__("A new key is waiting to sign; only then another one can succeed it.")
