"""What ends a command: one line on standard error, and an exit status that scripts can rely on."""

import enum


class Status(enum.IntEnum):
    """Exit statuses."""

    DONE = 0
    REJECTED = 1
    WRONG_USAGE = 2
    NOT_FOUND = 3
    CONFLICT = 4
    NOT_LOGGED_IN = 5
    NOT_ALLOWED = 6
    UNAVAILABLE = 7
    FILE = 8
    BUG = 70
    LOCK_TAKEN = 75
    LOCK_LOST = 76
    COMMAND_NOT_RUN = 126
    COMMAND_NOT_FOUND = 127
    INTERRUPTED = 130


class Failure(Exception):
    """Ends the command with a line on standard error and an exit status."""

    def __init__(self, message: str, status: Status = Status.REJECTED) -> None:
        super().__init__(message)
        self.status = status
