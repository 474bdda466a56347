"""The parts that commands and the service have in common. Imports neither HTTP nor metrics, so that commands start fast."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial

from dishka import AnyOf, AsyncContainer, Provider, Scope, from_context, make_async_container, provide, provide_all
from uuid_utils.compat import uuid7

from authorization_service.application.auth.access_token_issuer import AccessTokenLifetime
from authorization_service.application.auth.attempt_repository import AttemptRepository
from authorization_service.application.auth.check_password import CheckPassword, PasswordVerifier
from authorization_service.application.auth.policy_repository import PolicyRepository
from authorization_service.application.auth.require_administrator import RequireAdministrator
from authorization_service.application.auth.second_factor_policy import ChangeSecondFactorPolicy, ShowSecondFactorPolicy
from authorization_service.application.client.client_repository import ClientRepository
from authorization_service.application.client.manage_clients import ChangeClientSecret, CreateClient, DeleteClient, ListClients
from authorization_service.application.clock import Now
from authorization_service.application.event.event_repository import EventRepository
from authorization_service.application.event.list_events import ListEvents
from authorization_service.application.factor.factor_repository import FactorRepository
from authorization_service.application.factor.manage_factors import RemoveFactorsOfUser
from authorization_service.application.grant.change_grants import GiveGrant, TakeGrant
from authorization_service.application.grant.grant_repository import GrantRepository
from authorization_service.application.grant.show_grants import ShowGrantsOfGroup, ShowRights
from authorization_service.application.group.group_repository import GroupRepository
from authorization_service.application.group.groups import CreateGroup, DeleteGroup, ListGroups, ShowGroup
from authorization_service.application.group.memberships import AddMember, RemoveMember
from authorization_service.application.key.manage_keys import ListKeys, PruneKeys, RotateKeys
from authorization_service.application.key.private_keys import PrivateKeys
from authorization_service.application.key.signing_key_repository import SigningKeyRepository
from authorization_service.application.user.administer_user import AdministerUser
from authorization_service.application.user.delete_user import DeleteUser
from authorization_service.application.user.find_user import FindUser
from authorization_service.application.user.list_users import ListUsers
from authorization_service.application.user.make_demo_data import MakeDemoData
from authorization_service.application.user.register_user import PasswordHasher, RegisterUser
from authorization_service.application.user.reset_password import ResetPassword
from authorization_service.application.user.unlock_user import UnlockUser
from authorization_service.application.user.user_repository import UserRepository
from authorization_service.config import Settings
from authorization_service.domain.attempts import AttemptPolicy
from authorization_service.domain.entities.signing_key import RotationPolicy
from authorization_service.domain.password_rules import PasswordRules
from authorization_service.infrastructure.db.repositories.readers import READERS
from authorization_service.infrastructure.db.repositories.tarantool_attempt_repository import TarantoolAttemptRepository
from authorization_service.infrastructure.db.repositories.tarantool_client_repository import TarantoolClientRepository
from authorization_service.infrastructure.db.repositories.tarantool_event_repository import TarantoolEventRepository
from authorization_service.infrastructure.db.repositories.tarantool_factor_repository import TarantoolFactorRepository
from authorization_service.infrastructure.db.repositories.tarantool_grant_repository import TarantoolGrantRepository
from authorization_service.infrastructure.db.repositories.tarantool_group_repository import TarantoolGroupRepository
from authorization_service.infrastructure.db.repositories.tarantool_policy_repository import TarantoolPolicyRepository
from authorization_service.infrastructure.db.repositories.tarantool_signing_key_repository import TarantoolSigningKeyRepository
from authorization_service.infrastructure.db.repositories.tarantool_user_repository import TarantoolUserRepository
from authorization_service.infrastructure.security.argon2_password_hasher import Argon2PasswordHasher
from authorization_service.infrastructure.security.common_passwords import load_common_passwords
from authorization_service.infrastructure.security.key_files import KeyFiles
from shared_kernel.domain.grants import Grant
from shared_kernel.infrastructure.tarantool import TarantoolConnection
from shared_kernel.tarantool_provider import TarantoolProvider

TARANTOOL_USER = "authorization_service"


def make_core_container(
    settings: Settings, *more: Provider, connection: Callable[..., TarantoolConnection] = TarantoolConnection
) -> AsyncContainer:
    """Return a container with what commands need, and what the other providers provide; `connection` makes that to Tarantool."""
    login = settings.tarantool_login(TARANTOOL_USER)
    tarantool = TarantoolProvider(login, READERS, connection)
    return make_async_container(tarantool, CoreProvider(), *more, context={Settings: settings})


class CoreProvider(Provider):
    """Repositories, use cases that keep no sessions, and what these need. One of each per process."""

    scope = Scope.APP

    settings = from_context(Settings)

    users = provide(TarantoolUserRepository, provides=UserRepository)
    groups = provide(TarantoolGroupRepository, provides=GroupRepository)
    grants = provide(TarantoolGrantRepository, provides=GrantRepository)
    events = provide(TarantoolEventRepository, provides=EventRepository)
    clients = provide(TarantoolClientRepository, provides=ClientRepository)
    factors = provide(TarantoolFactorRepository, provides=FactorRepository)
    policies = provide(TarantoolPolicyRepository, provides=PolicyRepository)
    keys = provide(TarantoolSigningKeyRepository, provides=SigningKeyRepository)

    use_cases = provide_all(
        CheckPassword, RequireAdministrator, ShowSecondFactorPolicy, ChangeSecondFactorPolicy, RemoveFactorsOfUser,
        ListUsers, FindUser, AdministerUser, DeleteUser, UnlockUser, ResetPassword, MakeDemoData,
        ListGroups, ShowGroup, CreateGroup, DeleteGroup, AddMember, RemoveMember,
        ShowRights, ShowGrantsOfGroup, GiveGrant, TakeGrant,
        ListClients, CreateClient, ChangeClientSecret, DeleteClient,
        ListKeys, RotateKeys, PruneKeys,
        ListEvents,
    )  # fmt: skip

    @provide
    def register_user(
        self, settings: Settings, users: UserRepository, rules: PasswordRules, hasher: PasswordHasher, now: Now
    ) -> RegisterUser:
        """Provide the use case with time-ordered user ids and the grants of the settings."""
        grants = tuple(map(Grant.parse, settings.new_user_grants.split()))
        return RegisterUser(users, rules, hasher, new_id=uuid7, now=now, grants=grants)

    @provide
    def now(self) -> Now:
        """Provide the system's clock."""
        return partial(datetime.now, UTC)

    @provide
    def hasher(self, settings: Settings) -> Iterator[AnyOf[Argon2PasswordHasher, PasswordHasher, PasswordVerifier]]:
        """Provide a hasher with threads of its own."""
        hasher = Argon2PasswordHasher(threads=settings.password_hashing_threads, queue=settings.password_hashing_queue)
        yield hasher
        hasher.close()

    @provide
    def attempts(self, settings: Settings, tarantool: TarantoolConnection) -> AttemptRepository:
        """Provide the repository with the limits of the settings."""
        policy = AttemptPolicy(
            free=settings.free_attempts,
            per_account=settings.attempts_per_account,
            per_address=settings.attempts_per_address,
        )
        return TarantoolAttemptRepository(tarantool, policy, queue=settings.password_hashing_queue)

    @provide
    def password_rules(self) -> PasswordRules:
        """Provide rules that know the most common passwords."""
        return PasswordRules(load_common_passwords())

    @provide
    def private_keys(self, settings: Settings) -> AnyOf[KeyFiles, PrivateKeys]:
        """Provide the private keys of the folder that the settings name."""
        return KeyFiles(settings.certificates_directory)

    @provide
    def token_lifetime(self, settings: Settings) -> AccessTokenLifetime:
        """Provide the lifetime of the settings."""
        return AccessTokenLifetime(timedelta(seconds=settings.access_token_seconds))

    @provide
    def rotation_policy(self, settings: Settings, token_lifetime: AccessTokenLifetime) -> RotationPolicy:
        """Provide the policy of the settings."""
        return RotationPolicy(timedelta(seconds=settings.key_publication_seconds), token_lifetime)
