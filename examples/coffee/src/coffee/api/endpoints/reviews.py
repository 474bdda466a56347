"""Reviews of coffees."""

from typing import Annotated

from fastapi import APIRouter, Query

from coffee.api.dependencies import ByAge, Id, ModeratorNeeded, PartNeeded, ServicesNeeded, UserNeeded
from coffee.api.schemas import PageOut
from coffee.api.schemas.reviews import ModerationIn, ReviewCreate, ReviewOut, ReviewUpdate
from coffee.db.models.review import Review, Status

router = APIRouter(prefix="/coffees/{coffee_id}/reviews", tags=["reviews"])


@router.post("", status_code=201, response_model=ReviewOut)
async def add_review(coffee_id: Id, body: ReviewCreate, user: UserNeeded, services: ServicesNeeded) -> Review:
    """Write a review: one of each coffee."""
    return await services.reviews.add(user, coffee_id, body.rating, body.text)


@router.get("")
async def list_reviews(
    coffee_id: Id,
    user: UserNeeded,
    services: ServicesNeeded,
    part: PartNeeded,
    status: Status = "published",
    rating: Annotated[int, Query(ge=1, le=5, description="At least so good")] = 1,
    sort: ByAge = "-created_at",
) -> PageOut[ReviewOut]:
    """Return reviews. Hidden ones are shown to moderators and to their authors."""
    found = await services.reviews.list_page(user, coffee_id, status, rating, part, reverse=sort.startswith("-"))
    return PageOut[ReviewOut].of(found)


@router.patch("/{review_id}", response_model=ReviewOut)
async def change_review(coffee_id: Id, review_id: Id, body: ReviewUpdate, user: UserNeeded, services: ServicesNeeded) -> Review:
    """Change a review of yours."""
    return await services.reviews.change(user, coffee_id, review_id, body.model_dump(exclude_unset=True))


@router.delete("/{review_id}", status_code=204)
async def delete_review(coffee_id: Id, review_id: Id, user: UserNeeded, services: ServicesNeeded) -> None:
    """Delete a review of yours, or any as a moderator."""
    await services.reviews.delete(user, coffee_id, review_id)


@router.put("/{review_id}/moderation", response_model=ReviewOut)
async def moderate_review(
    coffee_id: Id, review_id: Id, body: ModerationIn, _: ModeratorNeeded, services: ServicesNeeded
) -> Review:
    """Hide a review, so that its rating does not count, or publish it again; as a moderator."""
    return await services.reviews.moderate(coffee_id, review_id, body.status, body.reason)
