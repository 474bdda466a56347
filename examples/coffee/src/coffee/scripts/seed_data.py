"""Demonstration data."""

import asyncio
import itertools
import random

from coffee.core.config import Settings
from coffee.core.errors import AlreadyReviewedError
from coffee.db import keys
from coffee.db.models.user import User
from coffee.db.session import make_client
from coffee.scripts.init_db import init_db
from coffee.services.chat_service import ChatService
from coffee.services.coffee_service import CoffeeService
from coffee.services.review_service import ReviewService
from key_value_client import AsyncNamespace

AT_ONCE = 20
ORIGINS = {
    "Ethiopia": ("Yirgacheffe", "Guji", "Sidama", "Limu"),
    "Kenya": ("Nyeri", "Kirinyaga", "Embu"),
    "Colombia": ("Huila", "Nariño", "Tolima", "Cauca"),
    "Brazil": ("Cerrado", "Mogiana", "Sul de Minas"),
    "Guatemala": ("Antigua", "Huehuetenango", "Atitlán"),
    "Indonesia": ("Gayo", "Toraja", "Kintamani"),
}
NOTES = (
    "jasmine",
    "blackcurrant",
    "dark chocolate",
    "hazelnut",
    "orange peel",
    "caramel",
    "cedar",
    "peach",
    "honey",
    "red apple",
)
OPINIONS = (
    "Sweet and clean.",
    "Better as a filter than as an espresso.",
    "A little flat for me.",
    "I would buy it again.",
    "Bright!",
)


async def seed_data(settings: Settings, coffees: int, reviews: int) -> str:
    """Add coffees with so many reviews of each and a room; return what was added. What is there stays."""
    await init_db(settings)
    async with make_client(settings) as client:
        namespace = client.namespace(settings.namespace)
        return await _fill(namespace, coffees, reviews)


async def _fill(namespace: AsyncNamespace, number: int, reviews: int) -> str:
    service = CoffeeService(namespace)
    reviewing, chats = ReviewService(namespace, service), ChatService(namespace, service)
    roaster = User(id="demo-roaster", username="demo-roaster", name="Demo roastery", role="roaster")
    guests = [User(id=f"demo-{each}", username=f"demo-{each}", name=f"Demo guest {each}") for each in range(reviews)]
    for user in [roaster, *guests]:
        await namespace.put_many({keys.user(user.id): user.model_dump(), keys.username(user.username): user.id}, if_absent=True)
    draw = random.Random(1)  # noqa: S311 - the same data each time
    places = [(origin, place) for origin, regions in ORIGINS.items() for place in regions]
    kinds = list(itertools.islice(itertools.cycle(places), number))
    there = {pair.value async for pair in namespace.scan("demo/")}
    slots = asyncio.Semaphore(AT_ONCE)

    async def add(each: int, origin: str, place: str) -> int:
        name = f"{place} {each // len(places) + 1}"
        if name in there:
            return 0
        notes = draw.sample(NOTES, 3)
        ratings = [draw.randint(2, 5) for _ in guests]
        async with slots:
            members = {"name": name, "origin": origin, "roast": ("light", "medium", "dark")[each % 3]}
            coffee = await service.add(roaster, members | {"description": f"{notes[0].capitalize()}, {notes[1]} and {notes[2]}."})
            for guest, rating in zip(guests, ratings, strict=True):
                try:
                    await reviewing.add(guest, coffee.id, rating, OPINIONS[(rating + each) % len(OPINIONS)])
                except AlreadyReviewedError:
                    continue
            await chats.add_room(roaster, f"How do you brew {name}?", coffee.id)
            await namespace.put(f"demo/{name}", name)
        return 1

    added = sum(await asyncio.gather(*(add(each, *kind) for each, kind in enumerate(kinds))))
    return f"{added:,} coffees with {reviews} reviews each were added"
