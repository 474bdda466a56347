"""What signing keys are used and published with."""

from collections.abc import AsyncIterator, Callable
from datetime import datetime

from dishka import AnyOf, Provider, Scope, provide

from authorization_service.application.key.ensure_key import EnsureSigningKey
from authorization_service.application.key.signing_key_repository import SigningKeyRepository
from authorization_service.config import Settings
from authorization_service.infrastructure.security.key_files import KeyFiles
from authorization_service.infrastructure.security.key_ring import KeyRing
from authorization_service.presentation.api.controllers.keys import Cacheable, PublishedKeys
from authorization_service.presentation.provisioning import KeyProvisioning, Provisioning

MAX_CACHED = 300  # seconds

Now = Callable[[], datetime]


class KeyRingProvider(Provider):
    """The first key, and all keys as this process knows them."""

    scope = Scope.APP

    ensure_key = provide(EnsureSigningKey)

    @provide
    async def key_provisioning(self, ensure: EnsureSigningKey) -> AsyncIterator[KeyProvisioning]:
        """See in the background to it that there is a first key."""
        provisioning = Provisioning("signing key", ensure)
        yield KeyProvisioning(provisioning)
        await provisioning.close()

    @provide
    async def key_ring(
        self, keys: SigningKeyRepository, files: KeyFiles, now: Now, _: KeyProvisioning
    ) -> AsyncIterator[AnyOf[KeyRing, PublishedKeys]]:
        """Know the keys as long as the process lives."""
        ring = KeyRing(keys, files, now)
        ring.start()
        yield ring
        await ring.close()

    @provide
    def cacheable(self, settings: Settings) -> Cacheable:
        """Let the key set be cached for half as long as a key is published before it signs, at most."""
        return Cacheable(min(MAX_CACHED, settings.key_publication_seconds // 2))
