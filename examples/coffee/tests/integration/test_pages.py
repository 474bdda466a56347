"""Pages while others write, and versions of the data."""

from coffee.core.config import Settings
from coffee.db import keys
from coffee.db.migrations.versions.v0001_common_room import COMMON
from coffee.db.models.user import User
from coffee.scripts.init_db import init_db
from coffee.services.coffee_service import CoffeeService, Filter, Sort
from coffee.services.pages import Part
from coffee.services.review_service import ReviewService
from key_value_client import AsyncNamespace

from ..conftest import make_environment, open_namespace, read_settings

ROASTER = User(id="rita", username="rita", name="Rita", role="roaster")


async def add(coffees: CoffeeService, name: str, roast: str = "light") -> str:
    members = {"name": name, "origin": "Kenya", "roast": roast, "description": "Blackcurrant"}
    return (await coffees.add(ROASTER, members)).id


async def test_each_coffee_that_stays_comes_once_while_others_are_added_renamed_and_reviewed(namespace: AsyncNamespace) -> None:
    coffees = CoffeeService(namespace)
    reviews = ReviewService(namespace, coffees)
    stays = {await add(coffees, f"m{number:02}", "dark" if number % 5 == 0 else "light") for number in range(20)}
    dark = {coffee_id for coffee_id in stays if (await coffees.get(coffee_id)).roast == "dark"}
    orders: list[Sort] = ["name", "-name", "created_at", "-created_at", "rating", "-rating"]
    for wanted, expected, page_size in ((Filter(), stays, 9), (Filter(roast="dark"), dark, 2)):
        for order in orders:
            seen: list[str] = []
            cursor = None
            while True:
                page = await coffees.list_page(ROASTER, wanted, order, Part(page_size, cursor))
                seen += [coffee.id for coffee in page.items]
                cursor = page.next_cursor
                if cursor is None:
                    break
                moving = await add(coffees, "a")
                await coffees.change(ROASTER, moving, {"name": "z", "is_listed": False})
                guest = User(id=f"guest-{moving}", username="guest", name="Guest")
                await reviews.add(guest, sorted(stays)[len(seen) % len(stays)], len(seen) % 5 + 1, "So")
            mine = [coffee_id for coffee_id in seen if coffee_id in expected]
            assert sorted(mine) == sorted(expected), order


async def test_versions_are_applied_and_taken_back(account: dict[str, str]) -> None:
    environment = make_environment(account)
    settings: Settings = read_settings(environment)
    async with open_namespace(environment) as namespace:
        coffees = CoffeeService(namespace)
        coffee_id = await add(coffees, "Nyeri")
        await ReviewService(namespace, coffees).add(ROASTER, coffee_id, 3, "My own")
        place = keys.coffee_rating(3_000_000, coffee_id)
        assert await namespace.get(place) == coffee_id
        assert await init_db(settings, 1) == 1
        assert [pair.key async for pair in namespace.scan(keys.RATINGS)] == []
        assert await init_db(settings) == 2
        assert [pair.key async for pair in namespace.scan(keys.RATINGS)] == [place]
        assert await namespace.find(keys.room(COMMON.id)) is not None
        await init_db(settings, 0)
        assert await namespace.find(keys.room(COMMON.id)) is None
        assert await namespace.find(keys.chat_head(COMMON.id)) is None
        assert await namespace.get(keys.coffee(coffee_id)) is not None
