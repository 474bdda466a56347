"""Version 1 of the interface."""

from fastapi import APIRouter

from coffee.api.endpoints import auth, chats, coffee, live, notifications, reviews, users

router = APIRouter(prefix="/api/v1")
for each in (auth, users, coffee, reviews, chats, live, notifications):
    router.include_router(each.router)
