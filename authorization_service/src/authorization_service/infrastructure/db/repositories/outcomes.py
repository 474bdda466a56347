"""What stored functions that change something answer: `done`, why nothing needed to be done, or why it must not be."""

from authorization_service.domain.entities.group import MOST_GROUPS_OF_A_USER, MOST_MEMBERS
from authorization_service.domain.exceptions import LastAdministratorError, LimitReachedError, NoSuchGroupError, NoSuchUserError
from authorization_service.domain.value_objects.rights import LONGEST_SCOPE, MOST_GRANTS

BOUNDS = {"grants": MOST_GRANTS, "bytes": LONGEST_SCOPE, "members": MOST_MEMBERS, "groups": MOST_GROUPS_OF_A_USER}
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
                f"A user may hold at most {MOST_GRANTS} grants of {LONGEST_SCOPE} characters in all, its groups' included: tokens"
                " carry them. One that ends in `*` can say what several do."
            )
        case "too many members":
            raise LimitReachedError(f"A group may have at most {MOST_MEMBERS} members.")
        case "too many groups":
            raise LimitReachedError(f"A user may be in at most {MOST_GROUPS_OF_A_USER} groups.")
    return outcome == "done"
