"""What stored functions that change something answer: `done`, why nothing needed to be done, or why it must not be."""

from authorization_service.domain.entities.group import MAX_GROUPS_OF_A_USER, MAX_MEMBERS
from authorization_service.domain.exceptions import LastAdministratorError, LimitReachedError, NoSuchGroupError, NoSuchUserError
from authorization_service.domain.value_objects.rights import MAX_GRANTS, MAX_SCOPE

BOUNDS = {"grants": MAX_GRANTS, "bytes": MAX_SCOPE, "members": MAX_MEMBERS, "groups": MAX_GROUPS_OF_A_USER}
"""What stored functions must not let a change exceed."""


def is_done(outcome: str) -> bool:
    """Tell whether something was changed. Raises the error that the outcome stands for."""
    match outcome:
        case "no user":
            raise NoSuchUserError
        case "no group":
            raise NoSuchGroupError
        case "last administrator":
            raise LastAdministratorError
        case "too many grants":
            raise LimitReachedError(
                f"A user may hold at most {MAX_GRANTS} grants of {MAX_SCOPE} characters in all, its groups' included: tokens"
                " carry them. One that ends in `*` can say what several do."
            )
        case "too many members":
            raise LimitReachedError(f"A group may have at most {MAX_MEMBERS} members.")
        case "too many groups":
            raise LimitReachedError(f"A user may be in at most {MAX_GROUPS_OF_A_USER} groups.")
    return outcome == "done"
