"""What the service and its commands alike are made of: the database, the repositories, and who hashes passwords."""

from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime
from functools import partial

from dishka import AnyOf, Provider, Scope, from_context, provide
from uuid_utils.compat import uuid7

from authorization_service.application.auth.attempt_repository import AttemptRepository
from authorization_service.application.auth.check_password import PasswordVerifier
from authorization_service.application.event.event_repository import EventRepository
from authorization_service.application.grant.grant_repository import GrantRepository
from authorization_service.application.group.group_repository import GroupRepository
from authorization_service.application.user.register_user import PasswordHasher, RegisterUser
from authorization_service.application.user.user_repository import UserRepository
from authorization_service.config import Settings
from authorization_service.domain.attempts import AttemptPolicy
from authorization_service.domain.password_rules import PasswordRules
from authorization_service.infrastructure.db.repositories.tarantool_attempt_repository import TarantoolAttemptRepository
from authorization_service.infrastructure.db.repositories.tarantool_event_repository import TarantoolEventRepository
from authorization_service.infrastructure.db.repositories.tarantool_grant_repository import TarantoolGrantRepository
from authorization_service.infrastructure.db.repositories.tarantool_group_repository import TarantoolGroupRepository
from authorization_service.infrastructure.db.repositories.tarantool_user_repository import TarantoolUserRepository
from authorization_service.infrastructure.security.argon2_password_hasher import Argon2PasswordHasher
from authorization_service.infrastructure.security.common_passwords import load_common_passwords
from shared_kernel.domain.grants import Grant
from shared_kernel.infrastructure.background import in_background
from shared_kernel.infrastructure.tarantool import TarantoolConnection

TARANTOOL_USER = "authorization_service"

_now = partial(datetime.now, UTC)


class StoreProvider(Provider):
    """One of each, as long as the process lives."""

    scope = Scope.APP

    settings = from_context(Settings)
    users = provide(TarantoolUserRepository, provides=UserRepository)
    groups = provide(TarantoolGroupRepository, provides=GroupRepository)
    grants = provide(TarantoolGrantRepository, provides=GrantRepository)
    events = provide(TarantoolEventRepository, provides=EventRepository)

    @provide
    def now(self) -> Callable[[], datetime]:
        """Tell the time."""
        return _now

    @provide
    async def tarantool(self, settings: Settings) -> AsyncIterator[TarantoolConnection]:
        """Connect as long as the process lives."""
        connection = TarantoolConnection(settings.tarantool_address(TARANTOOL_USER))
        async with in_background(connection.run()):
            yield connection

    @provide
    def hasher(self, settings: Settings) -> Iterator[AnyOf[Argon2PasswordHasher, PasswordHasher, PasswordVerifier]]:
        """Hash in threads of its own."""
        hasher = Argon2PasswordHasher(threads=settings.password_hashing_threads, queue=settings.password_hashing_queue)
        yield hasher
        hasher.close()

    @provide
    def attempts(self, settings: Settings, tarantool: TarantoolConnection) -> AttemptRepository:
        """Count attempts at passwords as the settings say."""
        policy = AttemptPolicy(
            free=settings.free_attempts,
            per_account=settings.attempts_per_account,
            per_address=settings.attempts_per_address,
        )
        return TarantoolAttemptRepository(tarantool, policy)

    @provide
    def password_rules(self) -> PasswordRules:
        """Refuse the commonest passwords."""
        return PasswordRules(load_common_passwords())

    @provide
    def register_user(
        self, settings: Settings, users: UserRepository, rules: PasswordRules, hasher: PasswordHasher
    ) -> RegisterUser:
        """Register users under time-ordered ids."""
        grants = tuple(map(Grant.parse, settings.new_user_grants.split()))
        return RegisterUser(users, rules, hasher, new_id=uuid7, now=_now, grants=grants)
