"""An account of the editors, whose tweet greets the first reader."""

from datetime import UTC, datetime

from key_value_client import AsyncNamespace
from microblog.models.tweet import Timeline, Tweet
from microblog.models.user import Profile
from microblog.repositories import keys

EDITORS = Profile(id="microblog", username="microblog", name="Microblog", about="News of this place")
WELCOME = Tweet(
    id="00000000-0000-7000-8000-000000000001",
    author=EDITORS.id,
    text="Welcome. Follow somebody, and write what you think.",
    created_at=datetime(2026, 1, 1, tzinfo=UTC),
)


async def upgrade(namespace: AsyncNamespace) -> None:
    """Add the account and its tweet."""
    await namespace.put_many(
        {
            keys.profile(EDITORS.id): EDITORS.model_dump(),
            keys.username(EDITORS.username): EDITORS.id,
            keys.tweet(WELCOME.id): WELCOME.model_dump(mode="json"),
            keys.timeline(EDITORS.id): Timeline(tweets=[WELCOME.id], newest=WELCOME.id).model_dump(),
            keys.count(EDITORS.id, "tweets"): 1,
        }
    )


async def downgrade(namespace: AsyncNamespace) -> None:
    """Remove the account with all that it has."""
    for prefix in (keys.timeline(EDITORS.id), f"counts/{EDITORS.id}/", keys.follower(EDITORS.id)):
        await namespace.delete_prefix(prefix)
    await namespace.delete_many([keys.profile(EDITORS.id), keys.username(EDITORS.username), keys.tweet(WELCOME.id)])
