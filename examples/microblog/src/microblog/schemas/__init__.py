"""Bodies of requests and answers."""

from datetime import datetime
from typing import Annotated, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from microblog.models.user import Profile
from microblog.repositories.tweets import ShownTweet
from microblog.repositories.users import Counts

T = TypeVar("T")

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=280)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]
About = Annotated[str, StringConstraints(strip_whitespace=True, max_length=160)]
MediaId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")]


class Body(BaseModel):
    """A body of a request: unknown members are refused."""

    model_config = ConfigDict(extra="forbid")


class PageOut(BaseModel, Generic[T]):
    """A page of a listing. `next_cursor`: `cursor` of the next page; null on the last one."""

    items: list[T]
    next_cursor: str | None


class LoginIn(Body):
    """Who signs in."""

    username: str
    password: str


class RegisterIn(LoginIn):
    """A new user. The authorization service has the rules."""

    name: Name


class RefreshIn(Body):
    """A refresh token."""

    refresh_token: str


class SessionOut(BaseModel):
    """Tokens. `expires_in`: seconds."""

    access_token: str
    refresh_token: str
    token_type: str
    expires_in: float


class ProfileIn(Body):
    """What one changes of one's profile; what is absent stays."""

    name: Name | None = None
    about: About | None = None


class UserOut(BaseModel):
    """A profile."""

    id: str
    username: str
    name: str
    about: str


class UserDetailOut(UserOut):
    """A profile with its counters, and whether you follow it."""

    tweets: int
    followers: int
    following: int
    is_followed: bool

    @classmethod
    def of(cls, profile: Profile, counts: Counts, is_followed: bool) -> "UserDetailOut":
        """Return the answer about a profile."""
        return cls(**profile.model_dump(), **vars(counts), is_followed=is_followed)


class TweetIn(Body):
    """A tweet to be posted."""

    text: Text
    media: list[MediaId] = Field(default=[], max_length=4)


class AuthorOut(BaseModel):
    """Whose tweet it is."""

    id: str
    username: str
    name: str


class TweetOut(BaseModel):
    """A tweet as you see it. `media`: paths of its files."""

    id: str
    author: AuthorOut
    text: str
    media: list[str]
    created_at: datetime
    likes: int
    is_liked: bool

    @classmethod
    def of(cls, shown: ShownTweet, author: Profile | None) -> "TweetOut":
        """Return the answer about a tweet."""
        tweet = shown.tweet
        members = author.model_dump() if author else {"id": tweet.author, "username": tweet.author, "name": tweet.author}
        return cls(
            id=tweet.id,
            author=AuthorOut(**{name: members[name] for name in AuthorOut.model_fields}),
            text=tweet.text,
            media=[f"/api/v1/media/{media_id}" for media_id in tweet.media],
            created_at=tweet.created_at,
            likes=shown.likes,
            is_liked=shown.is_liked,
        )


class MediaOut(BaseModel):
    """An uploaded file: `id` is for a tweet."""

    id: str
    media_type: str
    url: str
