"""The use cases about people and rights."""

from dishka import Provider, Scope, provide_all

from authorization_service.application.auth.check_password import CheckPassword
from authorization_service.application.auth.confirm_password import ConfirmPassword
from authorization_service.application.auth.require_administrator import RequireAdministrator
from authorization_service.application.event.list_events import ListEvents
from authorization_service.application.grant.change_grants import GiveGrant, TakeGrant
from authorization_service.application.grant.show_grants import ShowGrantsOfGroup, ShowRights
from authorization_service.application.group.groups import CreateGroup, DeleteGroup, ListGroups, ShowGroup
from authorization_service.application.group.memberships import AddMember, RemoveMember
from authorization_service.application.user.administer_user import AdministerUser
from authorization_service.application.user.change_password import ChangePassword
from authorization_service.application.user.change_profile import ChangeProfile
from authorization_service.application.user.delete_me import DeleteMe
from authorization_service.application.user.delete_user import DeleteUser
from authorization_service.application.user.find_user import FindUser
from authorization_service.application.user.list_users import ListUsers
from authorization_service.application.user.make_demo_data import MakeDemoData
from authorization_service.application.user.reset_password import ResetPassword
from authorization_service.application.user.show_user import ShowUser
from authorization_service.application.user.unlock_user import UnlockUser


class PeopleProvider(Provider):
    """They keep nothing of a request, so there is one of each."""

    scope = Scope.APP

    of_oneself = provide_all(ShowUser, ChangeProfile, CheckPassword, ConfirmPassword, ChangePassword, DeleteMe)
    of_administrators = provide_all(RequireAdministrator, ListUsers, FindUser, AdministerUser, DeleteUser, UnlockUser)
    of_the_operator = provide_all(ResetPassword, MakeDemoData)
    of_groups = provide_all(ListGroups, ShowGroup, CreateGroup, DeleteGroup, AddMember, RemoveMember)
    of_grants = provide_all(ShowRights, ShowGrantsOfGroup, GiveGrant, TakeGrant)
    of_events = provide_all(ListEvents)
