"""Kinds of coffee."""

from typing import Annotated

from fastapi import APIRouter, Query

from coffee.api.dependencies import Id, PartNeeded, RoasterNeeded, ServicesNeeded, UserNeeded
from coffee.api.schemas import Name, PageOut
from coffee.api.schemas.coffee import CoffeeCreate, CoffeeOut, CoffeeUpdate
from coffee.db.models.coffee import Coffee, Roast
from coffee.services.coffee_service import Filter, Sort

router = APIRouter(prefix="/coffees", tags=["coffee"])


@router.post("", status_code=201, response_model=CoffeeOut)
async def add_coffee(body: CoffeeCreate, roaster: RoasterNeeded, services: ServicesNeeded) -> Coffee:
    """Add a coffee, as a roaster."""
    return await services.coffees.add(roaster, body.model_dump())


@router.get("")
async def list_coffees(
    user: UserNeeded,
    services: ServicesNeeded,
    part: PartNeeded,
    origin: Annotated[Name | None, Query(description="Capital and small letters are the same")] = None,
    roast: Roast | None = None,
    rating: Annotated[float | None, Query(ge=0, le=5, description="At least so good on average")] = None,
    is_listed: bool = True,
    sort: Annotated[Sort, Query(description="`-rating`: the best first; at most 1,000")] = "name",
) -> PageOut[CoffeeOut]:
    """Return coffees. Pages neither skip nor repeat while others add coffees and write reviews."""
    wanted = Filter(origin, roast, rating, is_listed)
    return PageOut[CoffeeOut].of(await services.coffees.list_page(user, wanted, sort, part))


@router.get("/{coffee_id}", response_model=CoffeeOut)
async def show_coffee(coffee_id: Id, _: UserNeeded, services: ServicesNeeded) -> Coffee:
    """Return a coffee."""
    return await services.coffees.get(coffee_id)


@router.patch("/{coffee_id}", response_model=CoffeeOut)
async def change_coffee(coffee_id: Id, body: CoffeeUpdate, user: UserNeeded, services: ServicesNeeded) -> Coffee:
    """Change a coffee of yours, or any as a moderator."""
    return await services.coffees.change(user, coffee_id, body.model_dump(exclude_unset=True))
