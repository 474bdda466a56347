"""What can go wrong in this application, each with its status and kind of problem (RFC 9457)."""


class CoffeeError(Exception):
    """The base of the application's own exceptions. `field`: the member of the request that is to blame."""

    status = 409
    kind = "conflict"
    title = "The request is in conflict with the data"

    def __init__(self, detail: str = "", field: str | None = None) -> None:
        super().__init__(detail)
        self.field = field


class NotFoundError(CoffeeError):
    """A user, coffee, review, room or message that does not exist."""

    status = 404
    kind = "not-found"
    title = "There is no such thing"


class MissingRoleError(CoffeeError):
    """The caller has not the role that this takes."""

    status = 403
    kind = "missing-role"
    title = "Your role is not enough"


class NotYoursError(CoffeeError):
    """Only its author and moderators may do this."""

    status = 403
    kind = "not-yours"
    title = "Only its author and moderators may do this"


class AlreadyReviewedError(CoffeeError):
    """One person has one review of a coffee."""

    kind = "already-reviewed"
    title = "You have reviewed this coffee already"


class InvalidCursorError(CoffeeError):
    """A cursor that no page of this listing has had."""

    status = 422
    kind = "invalid-cursor"
    title = "The cursor is not valid for this listing"
