"""What the HTTP layer itself rejects, beside what its server does."""


class MalformedBodyError(Exception):
    """The body is not JSON (RFC 8259), a form, or in the content coding that is announced."""


class UnsupportedMediaTypeError(Exception):
    """The body is announced with a media type or charset that the operation does not accept."""


class UnsupportedContentCodingError(UnsupportedMediaTypeError):
    """The body is announced with a content coding that is not accepted."""


class ShuttingDownError(Exception):
    """The service shuts down before the request has arrived or been answered."""

    def __init__(self) -> None:
        super().__init__("The service is shutting down; what was requested may or may not have been done.")


class DepartingError(Exception):
    """The service shuts down soon, and still serves: load balancers shall lead requests elsewhere."""

    def __init__(self) -> None:
        super().__init__("The service is about to shut down: send requests to another instance.")


class NotReadyError(Exception):
    """The service cannot work yet, or not at present. `missing` are the names of what it waits for."""

    def __init__(self, missing: list[str]) -> None:
        self.missing = missing
        super().__init__(f"Not available: {', '.join(missing)}.")
