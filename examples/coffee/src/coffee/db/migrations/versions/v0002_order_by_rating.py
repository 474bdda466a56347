"""Coffees are found in the order of their ratings, also those that were added before they were."""

from coffee.db import keys
from coffee.db.models.coffee import Coffee
from key_value_client import AsyncNamespace


async def upgrade(namespace: AsyncNamespace) -> None:
    """Add each coffee to the order, as its rating is then."""
    async for pair in namespace.scan(keys.COFFEES, values=False):
        await _add(namespace, pair.key)


async def downgrade(namespace: AsyncNamespace) -> None:
    """Remove the order; it can be made again from the coffees."""
    await namespace.delete_prefix(keys.RATINGS)


async def _add(namespace: AsyncNamespace, key: str) -> None:
    while (pair := await namespace.find(key)) is not None:
        coffee = Coffee.model_validate(pair.value)
        async with namespace.transaction() as tx:  # a review may be added meanwhile
            tx.when(key, revision=pair.revision)
            tx.write(keys.coffee_rating(coffee.rating_rank, coffee.id), coffee.id)
        if tx.succeeded:
            return
