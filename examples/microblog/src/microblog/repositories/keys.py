"""Where things are in the namespace. Ids never contain a slash."""

TWEETS = "tweets/"


def profile(user: str) -> str:
    """A user's profile."""
    return f"profiles/{user}"


def username(name: str) -> str:
    """Names, in small letters: the value is the user's id."""
    return f"usernames/{name.lower()}"


def following(follower: str, followee: str = "") -> str:
    """Whom somebody follows; without `followee`, the prefix of all."""
    return f"following/{follower}/{followee}"


def follower(followee: str, follower: str = "") -> str:
    """Who follows somebody; without `follower`, the prefix of all."""
    return f"followers/{followee}/{follower}"


def count(user: str, what: str) -> str:
    """Counters of a user: `tweets`, `followers`, `following`."""
    return f"counts/{user}/{what}"


def tweet(tweet_id: str) -> str:
    """A tweet."""
    return f"{TWEETS}{tweet_id}"


def timeline(author: str) -> str:
    """The head of an author's timeline."""
    return f"timelines/{author}"


def chunk(author: str, number: int) -> str:
    """An older part of a timeline."""
    return f"timelines/{author}/{number}"


def like(tweet_id: str, user: str = "") -> str:
    """A like; without `user`, the prefix of all."""
    return f"likes/{tweet_id}/{user}"


def likes(tweet_id: str) -> str:
    """The number of likes."""
    return f"like_counts/{tweet_id}"


def media(media_id: str) -> str:
    """The record of a file."""
    return f"media/{media_id}"


def file(media_id: str) -> str:
    """The bytes of a file."""
    return f"files/{media_id}"


def ranking(ranking_id: str) -> str:
    """A feed by likes as it was when somebody began to page through it."""
    return f"rankings/{ranking_id}"
