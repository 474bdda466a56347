"""What the domain refuses."""


class UsernameTakenError(Exception):
    """Another user has this name, perhaps in another case."""

    def __init__(self) -> None:
        super().__init__("The username is taken.")


class WrongCredentialsError(Exception):
    """No user has this name and this password; which of the two is wrong is not told."""

    def __init__(self) -> None:
        super().__init__("The username or the password is wrong.")


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
