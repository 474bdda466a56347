"""TLS without a proxy, with a certificate that may be replaced while the service runs."""

import asyncio
import contextlib
import signal
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import FrameType
from typing import Any

import structlog
import uvloop
from cryptography import x509

WATCH_SECONDS = 2.0
"""How often files are looked at."""
HANDSHAKE_SECONDS = 10.0
"""How long a client may take for the handshake, before it is cut."""
CLOSE_SECONDS = 30.0
"""How long a client may take to fetch what is left and to answer the end of the connection, before it is cut."""
PROTOCOLS = ("http/1.1",)
"""What is negotiated (ALPN, RFC 7301)."""

_log = structlog.get_logger()


class CertificateUnusableError(ValueError):
    """A certificate and its key cannot be served."""


@dataclass(frozen=True)
class TlsFiles:
    """The PEM files of a certificate, with those of the authorities in between behind it, and of its key (None: in the same)."""

    certificate: Path
    key: Path | None = None

    def load(self) -> ssl.SSLContext:
        """Return what connections are made with: TLS 1.2 or later, no renegotiation. Raises CertificateUnusableError."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.options |= ssl.OP_NO_RENEGOTIATION
        context.set_alpn_protocols(PROTOCOLS)
        try:
            context.load_cert_chain(self.certificate, self.key, _refuse_passphrase)
        except ssl.SSLError as error:
            raise CertificateUnusableError(_explain(error)) from error
        except (OSError, ValueError) as error:
            raise CertificateUnusableError(getattr(error, "strerror", None) or str(error)) from error
        return context

    def read_end(self) -> datetime:
        """Return when the certificate expires. Raises CertificateUnusableError."""
        try:
            return x509.load_pem_x509_certificate(self.certificate.read_bytes()).not_valid_after_utc
        except (OSError, ValueError) as error:
            raise CertificateUnusableError("not a certificate") from error

    def find_state(self) -> tuple[tuple[int, int, int] | None, ...]:
        """Return what is different once a file has been replaced or written to; None for one that is not there."""
        return tuple(_find_state(path) for path in (self.certificate, self.key) if path is not None)


class Certificate:
    """Implements uvicorn's `ssl_context_factory`: each process of a service has one, and replaces the certificate by itself.

    That happens when the files change, and at SIGHUP. Connections that are open keep the certificate that they began with. What
    cannot be used is logged once, and the certificate before it stays.
    """

    def __init__(self, files: TlsFiles) -> None:
        self._files = files

    def __call__(self, _config: Any, _make_default: Callable[[], ssl.SSLContext]) -> ssl.SSLContext:
        """Return the context of new connections, and begin to follow the files. Raises CertificateUnusableError.

        To be called in the main thread, where a loop runs.
        """
        loop = asyncio.get_running_loop()
        self._state = self._files.find_state()
        self._current = self._files.load()
        self._is_asked = asyncio.Event()

        def ask(_number: int, _frame: FrameType | None) -> None:
            loop.call_soon_threadsafe(self._is_asked.set)

        signal.signal(signal.SIGHUP, ask)
        self._watching = loop.create_task(self._watch())  # until the loop ends
        # One context stays for the listening sockets, so that clients resume sessions; whose certificate is shown is chosen here.
        context = self._files.load()
        context.sni_callback = self._choose  # called for clients that name no server, too
        return context

    def _choose(self, connection: ssl.SSLObject, _name: str | None, _context: ssl.SSLContext) -> None:
        connection.context = self._current

    async def _watch(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(WATCH_SECONDS):
                    await self._is_asked.wait()
            state = self._files.find_state()
            if self._is_asked.is_set() or state != self._state:
                self._is_asked.clear()
                self._state = state
                self._replace()

    def _replace(self) -> None:
        try:
            self._current, expires_at = self._files.load(), self._files.read_end()
        except CertificateUnusableError as error:
            _log.error("the new certificate cannot be used", file=str(self._files.certificate), reason=str(error))
        else:
            _log.info(
                "new connections get a new certificate", file=str(self._files.certificate), expires_at=expires_at.isoformat()
            )


class TlsLoop(uvloop.Loop):
    """An event loop whose servers wait for the ends of TLS as long as is said here."""

    async def create_server(self, *arguments: Any, **options: Any) -> Any:
        """Begin to listen."""
        if options.get("ssl") is not None:
            options |= {"ssl_handshake_timeout": HANDSHAKE_SECONDS, "ssl_shutdown_timeout": CLOSE_SECONDS}
        return await super().create_server(*arguments, **options)


def _refuse_passphrase() -> str:
    raise ValueError("the key is encrypted")


def _explain(error: ssl.SSLError) -> str:
    if error.reason == "KEY_VALUES_MISMATCH":
        return "the key is not the certificate's"
    return error.reason or "not a certificate and its key, in PEM"


def _find_state(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
