"""Reviews. Each change of one changes the coffee's rating in the same transaction, so averages are exact."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from coffee.core.errors import AlreadyReviewedError, NotFoundError, NotYoursError
from coffee.core.utils import new_id
from coffee.db import keys
from coffee.db.models.coffee import Coffee
from coffee.db.models.notification import Event
from coffee.db.models.review import Review, Status
from coffee.db.models.user import User
from coffee.services.coffee_service import CoffeeService
from coffee.services.pages import Page, Part, read_page
from key_value_client import AsyncNamespace, AsyncTransaction, Pair


class ReviewService:
    """What may be done with reviews, and by whom."""

    def __init__(self, namespace: AsyncNamespace, coffees: CoffeeService) -> None:
        self._namespace = namespace
        self._coffees = coffees

    async def add(self, user: User, coffee_id: str, rating: int, text: str) -> Review:
        """Add a review; its roaster will be told. Raises NotFoundError, AlreadyReviewedError."""
        now = datetime.now(UTC)
        review = Review(
            id=new_id(), coffee=coffee_id, author=user.id, author_name=user.name, rating=rating, text=text, created_at=now
        )
        event = Event.tell(review.id, "review", coffee_id, user, text, now)

        async def attempt() -> Review | None:
            coffee, revision = await self._coffees.read(coffee_id)
            async with self._namespace.transaction() as tx:
                self._rate(tx, coffee, revision, coffee.rated(None, rating))
                tx.when(keys.reviewer(coffee_id, user.id), exists=False)
                tx.write(keys.reviewer(coffee_id, user.id), review.id)
                tx.write(keys.review(coffee_id, review.id), review.model_dump(mode="json"))
                tx.write(keys.event(event.id), event.model_dump(mode="json"))
                there = tx.otherwise.read(keys.reviewer(coffee_id, user.id))
            if not tx.succeeded and there.result is not None:
                raise AlreadyReviewedError
            return review if tx.succeeded else None

        return await self._coffees.turns.until_done(coffee_id, attempt)

    async def change(self, user: User, coffee_id: str, review_id: str, changes: dict[str, Any]) -> Review:
        """Change a review of one's own. Raises NotFoundError, NotYoursError."""

        def make(review: Review) -> Review:
            if review.author != user.id:
                raise NotYoursError
            return review.model_copy(update=changes)

        return await self._replace(coffee_id, review_id, make)

    async def moderate(self, coffee_id: str, review_id: str, status: Status, reason: str | None) -> Review:
        """Hide a review, or publish it again. Raises NotFoundError."""

        def make(review: Review) -> Review:
            return review.model_copy(update={"status": status, "reason": reason if status == "hidden" else None})

        return await self._replace(coffee_id, review_id, make)

    async def delete(self, user: User, coffee_id: str, review_id: str) -> None:
        """Delete a review: by its author, or a moderator. Raises NotFoundError, NotYoursError."""

        async def attempt() -> bool | None:
            coffee, coffee_revision = await self._coffees.read(coffee_id)
            review, revision = await self._read(coffee_id, review_id)
            if review.author != user.id and not user.may("moderator"):
                raise NotYoursError
            async with self._namespace.transaction() as tx:
                self._rate(tx, coffee, coffee_revision, coffee.rated(review.counted, None))
                tx.when(keys.review(coffee_id, review_id), revision=revision)
                tx.delete(keys.review(coffee_id, review_id))
                tx.delete(keys.reviewer(coffee_id, review.author))
            return True if tx.succeeded else None

        await self._coffees.turns.until_done(coffee_id, attempt)

    async def list_page(
        self, user: User, coffee_id: str, status: Status, rating: int, part: Part, *, reverse: bool
    ) -> Page[Review]:
        """Return reviews with at least a rating, by age. Hidden ones are shown to moderators and to their authors.

        Raises NotFoundError.
        """
        await self._coffees.get(coffee_id)

        async def load(pairs: list[Pair[Any]]) -> list[Review | None]:
            reviews = [Review.model_validate(pair.value) for pair in pairs]
            return [
                each
                if each.status == status
                and each.rating >= rating
                and (status == "published" or user.may("moderator") or each.author == user.id)
                else None
                for each in reviews
            ]

        return await read_page(self._namespace, keys.review(coffee_id), load, part, reverse=reverse)

    async def _replace(self, coffee_id: str, review_id: str, make: Callable[[Review], Review]) -> Review:
        async def attempt() -> Review | None:
            coffee, coffee_revision = await self._coffees.read(coffee_id)
            before, revision = await self._read(coffee_id, review_id)
            after = make(before)
            async with self._namespace.transaction() as tx:
                self._rate(tx, coffee, coffee_revision, coffee.rated(before.counted, after.counted))
                tx.when(keys.review(coffee_id, review_id), revision=revision)
                tx.write(keys.review(coffee_id, review_id), after.model_dump(mode="json"))
            return after if tx.succeeded else None

        return await self._coffees.turns.until_done(coffee_id, attempt)

    async def _read(self, coffee_id: str, review_id: str) -> tuple[Review, int]:
        pair = await self._namespace.find(keys.review(coffee_id, review_id))
        if pair is None:
            raise NotFoundError(f"There is no review {review_id} of this coffee.")
        return Review.model_validate(pair.value), pair.revision

    def _rate(self, tx: AsyncTransaction, before: Coffee, revision: int, after: Coffee) -> None:
        """Let a transaction change a coffee's rating and its place among the ratings, if nobody else has changed it."""
        tx.when(keys.coffee(before.id), revision=revision)
        tx.write(keys.coffee(after.id), after.model_dump(mode="json"))
        tx.delete(keys.coffee_rating(before.rating_rank, before.id))
        tx.write(keys.coffee_rating(after.rating_rank, after.id), after.id)
