"""Where things are in the namespace. Ids never contain a slash."""

COFFEES = "coffees/"
NAMES = "names/"
RATINGS = "ratings/"
ROOMS = "rooms/"
CHATS = "chats/"
USERNAMES = "usernames/"
OUTBOX = "outbox/"


def user(user_id: str) -> str:
    """A user's profile."""
    return f"users/{user_id}"


def username(name: str) -> str:
    """A name, in small letters: the value is the user's id."""
    return f"{USERNAMES}{name.lower()}"


def coffee(coffee_id: str) -> str:
    """A kind of coffee."""
    return f"{COFFEES}{coffee_id}"


def coffee_name(name: str, coffee_id: str) -> str:
    """A coffee, to be found in the order of names: the value is its id."""
    return f"{NAMES}{name.lower()}/{coffee_id}"


def coffee_rating(millionths: int, coffee_id: str) -> str:
    """A coffee, to be found in the order of its average rating: the value is its id."""
    return f"{RATINGS}{millionths:08}/{coffee_id}"


def listing(listing_id: str) -> str:
    """An order by rating as it was when somebody began to page through it."""
    return f"listings/{listing_id}"


def review(coffee_id: str, review_id: str = "") -> str:
    """A review; without `review_id`, the prefix of all of a coffee."""
    return f"reviews/{coffee_id}/{review_id}"


def reviewer(coffee_id: str, user_id: str) -> str:
    """The id of the review that a user has written of a coffee."""
    return f"reviewers/{coffee_id}/{user_id}"


def room(room_id: str) -> str:
    """A room."""
    return f"{ROOMS}{room_id}"


def coffee_room(coffee_id: str, room_id: str = "") -> str:
    """A room under a coffee; without `room_id`, the prefix of all."""
    return f"coffee_rooms/{coffee_id}/{room_id}"


def chat_head(room_id: str) -> str:
    """The number of the last entry of a room's log."""
    return f"{CHATS}{room_id}/head"


def chat_log(room_id: str) -> str:
    """The prefix of a room's log."""
    return f"{CHATS}{room_id}/log/"


def chat_entry(room_id: str, number: int) -> str:
    """An entry of a room's log: 1, 2, 3 and so on, without a gap."""
    return f"{chat_log(room_id)}{number:012}"


def presence(room_id: str, user_id: str = "", connection: str = "") -> str:
    """A connection of a user who is in a room; without a user, the prefix of all."""
    return f"{CHATS}{room_id}/presence/" + (f"{user_id}/{connection}" if user_id else "")


def follower(room_id: str, user_id: str = "") -> str:
    """A user who is told of a room's messages; without `user_id`, the prefix of all."""
    return f"followers/{room_id}/{user_id}"


def notification(user_id: str, event_id: str = "") -> str:
    """What a user is told of an event, at most once; without `event_id`, the prefix of all."""
    return f"notifications/{user_id}/{event_id}"


def event(event_id: str) -> str:
    """An event of which nobody, or not everybody, was told."""
    return f"{OUTBOX}{event_id}"
