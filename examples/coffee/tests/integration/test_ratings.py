"""Averages are exact, whoever writes at the same time and whatever is killed meanwhile."""

import asyncio
import random
from uuid import uuid4

from coffee.db import keys
from coffee.db.models.coffee import Coffee
from coffee.db.models.review import Review
from coffee.db.models.user import User
from coffee.services.coffee_service import CoffeeService, Filter
from coffee.services.pages import Part
from coffee.services.review_service import ReviewService
from key_value_client import AsyncNamespace
from test_support.store import Store

WRITERS = 15
PROCESSES = 3
CHANGES = 45
KILLS = 2


def make_user(name: str = "anna", **members: str) -> User:
    return User.model_validate({"id": f"{name}-{uuid4().hex[:8]}", "username": name, "name": name.title(), **members})


async def check_ratings(namespace: AsyncNamespace, coffee_id: str) -> Coffee:
    """The count and the sum are those of the published reviews, and the order by rating has the coffee once."""
    coffee = Coffee.model_validate(await namespace.get(keys.coffee(coffee_id)))
    reviews = [Review.model_validate(pair.value) async for pair in namespace.scan(keys.review(coffee_id))]
    counted = [review.rating for review in reviews if review.status == "published"]
    assert (coffee.rating_count, coffee.rating_sum) == (len(counted), sum(counted))
    places = [pair.key async for pair in namespace.scan(keys.RATINGS) if pair.value == coffee_id]
    assert places == [keys.coffee_rating(coffee.rating_rank, coffee_id)]
    reviewers = [pair.value async for pair in namespace.scan(f"reviewers/{coffee_id}/")]
    assert sorted(reviewers) == sorted(review.id for review in reviews)
    return coffee


async def test_many_write_at_once_while_the_store_is_killed(namespace: AsyncNamespace, store: Store) -> None:
    services = [CoffeeService(namespace) for _ in range(PROCESSES)]  # each as a process of the application has it
    reviewing = [ReviewService(namespace, coffees) for coffees in services]
    coffees = services[0]
    roaster = make_user("rita", role="roaster")
    members = {"name": "Guji", "origin": "Ethiopia", "roast": "light", "description": "Peach"}
    coffee = await coffees.add(roaster, members)
    reviewed = 0
    changes = 0

    async def write(number: int) -> None:
        nonlocal reviewed, changes
        user = make_user(f"user{number}")
        draw = random.Random(number)  # noqa: S311
        reviews = reviewing[number % PROCESSES]
        review = await reviews.add(user, coffee.id, draw.randint(1, 5), "So")
        reviewed += 1
        while reviewed < WRITERS or changes < CHANGES:
            match draw.randrange(4):
                case 0:
                    await reviews.delete(user, coffee.id, review.id)
                    review = await reviews.add(user, coffee.id, draw.randint(1, 5), "Again")
                case 1:
                    await reviews.moderate(coffee.id, review.id, draw.choice(("hidden", "published")), "For a reason")
                case 2:
                    await coffees.change(roaster, coffee.id, {"description": f"Described by {number}"})
                case _:
                    await reviews.change(user, coffee.id, review.id, {"rating": draw.randint(1, 5)})
            changes += 1

    async def kill() -> None:
        for number in range(KILLS):
            while changes < (number + 1) * CHANGES // (KILLS + 1):  # noqa: ASYNC110 - it is polled
                await asyncio.sleep(0.01)
            await asyncio.to_thread(store.key_value.kill)
            if number:
                await asyncio.to_thread(store.key_value_tarantool.kill)
                await asyncio.to_thread(store.key_value_tarantool.start)
            await asyncio.to_thread(store.key_value.start)
            await asyncio.to_thread(store.key_value.wait_until_ready)

    await asyncio.gather(kill(), *map(write, range(WRITERS)))
    rated = await check_ratings(namespace, coffee.id)
    assert rated.rating_count > 0
    listed = await coffees.list_page(roaster, Filter(rating=rated.rating), "-rating", Part(10))
    assert [each.id for each in listed.items] == [coffee.id]


async def test_a_double_review_is_written_once(namespace: AsyncNamespace) -> None:
    coffees = CoffeeService(namespace)
    reviews = ReviewService(namespace, coffees)
    roaster, user = make_user("rita", role="roaster"), make_user()
    members = {"name": "Huila", "origin": "Colombia", "roast": "dark", "description": "Caramel"}
    coffee = await coffees.add(roaster, members)
    attempts = (reviews.add(user, coffee.id, rating, "Me first") for rating in (1, 2, 3, 4, 5))
    results = await asyncio.gather(*attempts, return_exceptions=True)
    assert sorted(type(result).__name__ for result in results) == ["AlreadyReviewedError"] * 4 + ["Review"]
    assert (await check_ratings(namespace, coffee.id)).rating_count == 1
