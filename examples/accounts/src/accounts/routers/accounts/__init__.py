"""The interface."""

from fastapi import APIRouter

from accounts.routers.accounts import contact_types, sessions, user_contacts, user_group_memberships, user_groups, users

router = APIRouter(prefix="/api/v1")
for each in (sessions, users, user_contacts, contact_types, user_groups, user_group_memberships):
    router.include_router(each.router)
