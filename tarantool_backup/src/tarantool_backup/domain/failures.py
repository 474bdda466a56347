"""What ends a command: one line on standard error."""


class BackupError(Exception):
    """What was asked for cannot be done; the message says why."""
