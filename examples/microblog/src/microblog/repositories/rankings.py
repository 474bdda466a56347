"""Feeds by likes, each as it was when somebody began to page through it."""

from key_value_client import AsyncNamespace
from microblog.repositories import keys
from microblog.utils.identifiers import new_id

RANKING_SECONDS = 600


class RankingRepository:
    """Pairs under `rankings/`, which expire."""

    def __init__(self, namespace: AsyncNamespace) -> None:
        self._namespace = namespace

    async def add(self, user: str, tweet_ids: list[str]) -> str:
        """Keep an order of tweets for a user; return its id."""
        ranking_id = new_id()
        await self._namespace.put(keys.ranking(ranking_id), {"user": user, "tweets": tweet_ids}, ttl=RANKING_SECONDS)
        return ranking_id

    async def find(self, user: str, ranking_id: str) -> list[str] | None:
        """Return an order of tweets; None if it has expired or is somebody else's."""
        found = await self._namespace.get(keys.ranking(ranking_id), None)
        return found["tweets"] if found is not None and found["user"] == user else None
