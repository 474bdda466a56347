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
