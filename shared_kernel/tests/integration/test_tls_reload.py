"""A certificate that is replaced while requests are served."""

import signal
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from test_support.certificates import make_certificate, replace, trust
from test_support.http.tls_service import TlsService, ask
from test_support.processes import wait_until

CHANGES = 5
ENOUGH = 20
"""Requests of each kind behind each change."""


class Load:
    """Clients that go on asking: on connections that stay, and each time on a new one."""

    def __init__(self, service: TlsService, context: ssl.SSLContext) -> None:
        self._service = service
        self._context = context
        self.counts = {"kept": 0, "new": 0}
        self.failures: list[str] = []
        self.has_ended = False

    def ask_on_one_connection(self) -> None:
        """Ask on a connection that stays."""
        with self._service.connect_by_tls(self._context) as client:
            while not self.has_ended:
                self._count("kept", client)

    def ask_on_new_connections(self) -> None:
        """Ask each time on a new connection."""
        while not self.has_ended:
            try:
                with self._service.connect_by_tls(self._context) as client:
                    self._count("new", client)
            except OSError as error:
                self.failures.append(repr(error))

    def _count(self, kind: str, client: ssl.SSLSocket) -> None:
        try:
            response = ask(client)
        except OSError as error:
            response = repr(error).encode()
        if not response.startswith(b"HTTP/1.1 200 "):
            self.failures.append(repr(response))
        self.counts[kind] += 1

    def go_on(self) -> None:
        """Return when there have been more requests of each kind."""
        before = dict(self.counts)
        wait_until(
            lambda: self.failures != [] or all(self.counts[kind] >= before[kind] + ENOUGH for kind in before), "more requests"
        )
        assert self.failures == []


@contextmanager
def under_load(service: TlsService, context: ssl.SSLContext) -> Iterator[Load]:
    load = Load(service, context)
    threads = [threading.Thread(target=one) for one in (load.ask_on_one_connection, load.ask_on_new_connections)]
    for thread in threads:
        thread.start()
    try:
        yield load
    finally:
        load.has_ended = True
        for thread in threads:
            thread.join()


@pytest.fixture
def service(tmp_path: Path) -> Iterator[TlsService]:
    with TlsService(tmp_path) as service:
        wait_until(service.is_live, "the service's start")
        yield service


def test_no_request_fails_while_certificates_are_replaced(service: TlsService, tmp_path: Path) -> None:
    pairs = []
    for number in range(CHANGES):
        pair = tmp_path / f"certificate_{number}.pem", tmp_path / f"key_{number}.pem"
        make_certificate(*pair)
        pairs.append(pair)
    context = trust(service.certificate, *(certificate for certificate, _ in pairs))
    with under_load(service, context) as load:
        for number, (certificate, key) in enumerate(pairs):
            load.go_on()
            replace(service.key, key.read_bytes())
            if number % 2:
                load.go_on()  # with a key that is not the certificate's
            replace(service.certificate, certificate.read_bytes())
            if number != 1:  # once, it is found without a signal
                service.signal(signal.SIGHUP)
            wait_until(lambda: service.show_certificate() == service.read_certificate(), "the new certificate")
        load.go_on()
    assert load.failures == []
    assert service.output.count("new connections get a new certificate") >= CHANGES


def test_broken_certificate_is_logged_once_and_the_old_one_stays(service: TlsService) -> None:
    old = service.show_certificate()
    service.break_key()
    wait_until(lambda: "the new certificate cannot be used" in service.output, "the log's line")
    assert service.show_certificate() == old
    service.certificate.unlink()
    wait_until(lambda: service.output.count("the new certificate cannot be used") == 2, "the log's next line")
    assert service.show_certificate() == old
    assert "the key is not the certificate's" in service.output
    assert "No such file" in service.output
    make_certificate(service.certificate, service.key)
    wait_until(lambda: service.show_certificate() == service.read_certificate(), "the new certificate")
    assert service.output.count("the new certificate cannot be used") <= 3  # it may have looked between the two files
    assert "PRIVATE" not in service.output
