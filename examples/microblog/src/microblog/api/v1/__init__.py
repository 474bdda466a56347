"""Version 1 of the interface."""

from fastapi import APIRouter

from microblog.api.v1.routes import media, sessions, tweets, users

router = APIRouter(prefix="/api/v1")
for each in (sessions, users, tweets, media):
    router.include_router(each.router)
