"""Errors of this service. What the presentation shows to a client or an operator is their text."""

from collections.abc import Mapping, Sequence

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


class SecondFactorRequiredError(AuthorizationServiceError):
    """The password is right, and the user has second factors: one of these kinds is to be proved with the token, once."""

    def __init__(
        self, mfa_token: str, expires_in: int, factors: Sequence[str], passkey_options: Mapping[str, object] | None = None
    ) -> None:
        self.mfa_token = mfa_token
        self.passkey_options = passkey_options
        """For the browser, where the user has passkeys."""
        self.expires_in = expires_in
        """Seconds."""
        self.factors = tuple(factors)
        super().__init__("The password is right; a second factor is needed, too.")


class SecondFactorMissingError(AuthorizationServiceError):
    """A session was to be opened without the second factor that its user has."""

    def __init__(self) -> None:
        super().__init__("A second factor is needed to log in.")


class InvalidMfaTokenError(AuthorizationServiceError):
    """The token of a login's second step is malformed, expired or used, or its user has changed.

    The error does not reveal which.
    """

    def __init__(self) -> None:
        super().__init__("The token of the second step is not valid; log in again.")


class WrongCodeError(AuthorizationServiceError):
    """The second factor was not proved: the code is wrong, or was used before. The error does not reveal which."""

    def __init__(self) -> None:
        super().__init__("The code is wrong, or was used before.")


class CodeRequiredError(AuthorizationServiceError):
    """A logged-in user has a second factor and did not prove it to confirm an operation."""

    def __init__(self) -> None:
        super().__init__("This operation requires a code of your second factor, or a recovery code, in `code`.")


class CodeNotConfirmedError(AuthorizationServiceError, RulesBrokenError):
    """A logged-in user entered a wrong code to confirm an operation."""

    def __init__(self) -> None:
        RulesBrokenError.__init__(self, [Violation("code", "wrong", "The code is wrong, or was used before.")])


class InvalidEnrolmentError(AuthorizationServiceError):
    """The enrolment of a second factor has expired or is complete, or belongs to another user."""

    def __init__(self) -> None:
        super().__init__("The enrolment has expired or is complete; begin again.")


class NoSuchFactorError(AuthorizationServiceError):
    """The user has no such second factor."""

    def __init__(self) -> None:
        super().__init__("The second factor does not exist.")


class WrongPasskeyError(AuthorizationServiceError):
    """No passkey has signed this challenge, or not with its user verified, or its counter did not increase, or the challenge is
    used or expired, or the user is disabled. The error does not reveal which.
    """

    def __init__(self) -> None:
        super().__init__("The passkey was not accepted; try again.")


class PasskeysUnavailableError(AuthorizationServiceError):
    """Browsers allow passkeys at domain names with https, and at localhost: the service has another address."""

    def __init__(self) -> None:
        super().__init__("Passkeys need an address with a domain name and https, or localhost.")


class PasskeyTakenError(AuthorizationServiceError):
    """The passkey is registered already."""

    def __init__(self) -> None:
        super().__init__("The passkey is already registered.")


class RegistrationClosedError(AuthorizationServiceError):
    """Users may not register themselves."""

    def __init__(self) -> None:
        super().__init__("Registration is closed; ask an administrator for an account.")


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


class SecondFactorOfAdministratorRequiredError(AdministratorRequiredError):
    """Administrators need a second factor, and the session was opened without one."""

    def __init__(self) -> None:
        Exception.__init__(self, "Administrators need a second factor: add one, and log in with it.")


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


class TooManyFactorsError(LimitReachedError):
    """The user has as many second factors of the kind as are allowed."""

    def __init__(self) -> None:
        super().__init__("You have as many second factors of this kind as are allowed; remove one first.")


class ClientIdTakenError(AuthorizationServiceError):
    """Another client has this id."""

    def __init__(self) -> None:
        super().__init__("The client id is already in use.")


class NoSuchClientError(AuthorizationServiceError):
    """The client does not exist."""

    def __init__(self) -> None:
        super().__init__("The client does not exist.")


class InvalidClientError(AuthorizationServiceError):
    """No client has this id and this secret. The error does not reveal which of the two is wrong."""

    def __init__(self) -> None:
        super().__init__("The client id or secret is wrong.")


class UnauthorizedClientError(AuthorizationServiceError):
    """The client may not use this grant type."""

    def __init__(self) -> None:
        super().__init__("A public client gets no tokens of its own: users sign in to it.")


class PushingRefusedError(UnauthorizedClientError):
    """The client may not push authorization requests."""

    def __init__(self) -> None:
        super(UnauthorizedClientError, self).__init__("A public client cannot authenticate itself to push requests.")


class InvalidScopeError(AuthorizationServiceError):
    """None of the requested scopes is allowed, or they are more than a token can carry."""

    def __init__(self) -> None:
        super().__init__("None of the requested scopes is allowed, or they are more than a token can carry.")


class InvalidCodeError(AuthorizationServiceError):
    """The authorization code is unknown, expired or used, or was issued to another client, address or verifier."""

    def __init__(self) -> None:
        super().__init__("The code is not valid for this client, this redirect_uri and this code_verifier.")


class AuthorizationPendingError(AuthorizationServiceError):
    """The user has not decided about the device yet (RFC 8628, section 3.5)."""

    def __init__(self) -> None:
        super().__init__("The user has not decided yet; ask again after the interval.")


class SlowDownError(AuthorizationServiceError):
    """The user has not decided about the device yet, and the device asks too often (RFC 8628, section 3.5)."""

    def __init__(self) -> None:
        super().__init__("Ask 5 seconds less often.")


class AccessDeniedError(AuthorizationServiceError):
    """The user does not allow the device what it has asked for (RFC 8628, section 3.5)."""

    def __init__(self) -> None:
        super().__init__("The user has refused.")


class CodeExpiredError(AuthorizationServiceError):
    """The user has not decided about the device in time (RFC 8628, section 3.5)."""

    def __init__(self) -> None:
        super().__init__("The code has expired; begin again.")


class CodeReusedError(InvalidCodeError):
    """The code was used before, so it may be stolen; the session that it opened has ended (RFC 6749, section 4.1.2)."""


class NoSuchConsentError(AuthorizationServiceError):
    """The user has not given this consent."""

    def __init__(self) -> None:
        super().__init__("The client has no consent of this user.")


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
