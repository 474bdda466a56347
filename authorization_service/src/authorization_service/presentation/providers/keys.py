"""What signing keys are looked after with."""

from datetime import timedelta

from dishka import AnyOf, Provider, Scope, provide

from authorization_service.application.key.manage_keys import ListKeys, PruneKeys, RotateKeys
from authorization_service.application.key.private_keys import PrivateKeys
from authorization_service.application.key.signing_key_repository import SigningKeyRepository
from authorization_service.config import Settings
from authorization_service.domain.entities.signing_key import RotationPolicy
from authorization_service.infrastructure.db.repositories.tarantool_signing_key_repository import TarantoolSigningKeyRepository
from authorization_service.infrastructure.security.key_files import KeyFiles


class KeysProvider(Provider):
    """Adapters and use cases."""

    scope = Scope.APP

    keys = provide(TarantoolSigningKeyRepository, provides=SigningKeyRepository)
    rotate_keys = provide(RotateKeys)
    list_keys = provide(ListKeys)
    prune_keys = provide(PruneKeys)

    @provide
    def key_files(self, settings: Settings) -> AnyOf[KeyFiles, PrivateKeys]:
        """Keep private keys where the settings say."""
        return KeyFiles(settings.certificates_directory)

    @provide
    def rotation_policy(self, settings: Settings) -> RotationPolicy:
        """Rotate keys as the settings say."""
        return RotationPolicy(
            publication=timedelta(seconds=settings.key_publication_seconds),
            token_lifetime=timedelta(seconds=settings.access_token_seconds),
        )
