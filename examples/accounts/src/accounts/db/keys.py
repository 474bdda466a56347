"""Where things are in the namespace: docs/structure_db.md describes them."""

USERS = "users/"
GROUPS = "groups/"
CONTACT_TYPES = "contact_types/"
USERNAMES = "unique/username/"
GROUP_NAMES = "unique/group/"
OUTBOX = "outbox/"
GROUP_TREE = "group_tree"


def user(user_id: str) -> str:
    """A user."""
    return f"{USERS}{user_id}"


def group(group_id: str) -> str:
    """A group."""
    return f"{GROUPS}{group_id}"


def contact_type(code: str) -> str:
    """A type of contacts."""
    return f"{CONTACT_TYPES}{code}"


def contact(user_id: str, contact_id: str = "") -> str:
    """A contact; without `contact_id`, the prefix of all of a user."""
    return f"contacts/{user_id}/{contact_id}"


def unique_contact(code: str, value: str) -> str:
    """An active contact's value: whose it is."""
    return f"unique/contact/{code}/{value.lower()}"


def member(group_id: str, kind: str = "", member_id: str = "") -> str:
    """A membership, from the group's side; or a prefix of them."""
    return f"members/{group_id}/" + (f"{kind}/{member_id}" if kind else "")


def membership(kind: str, member_id: str, group_id: str = "") -> str:
    """A membership, from the member's side; without `group_id`, the prefix of all."""
    return f"memberships/{kind}/{member_id}/{group_id}"


def event(subject: str, number: int) -> str:
    """An event that is not published yet. Those of a subject sort by their numbers."""
    return f"{OUTBOX}{subject}/{number:012}"


def consumed(consumer: str, subject: str) -> str:
    """The number of the last event of a subject that a consumer has handled."""
    return f"consumed/{consumer}/{subject}"
