"""The service of stub_streams, run as a process that has a certificate."""

import socket
import ssl
from pathlib import Path

from test_support.certificates import make_certificate, replace, trust
from test_support.http.streaming_service import StreamingService

HEALTH = b"GET /health/live HTTP/1.1\r\nhost: service\r\n\r\n"


class TlsService(StreamingService):
    """Listens on 127.0.0.1 with TLS."""

    def __init__(self, folder: Path, *, before: str = "pass", workers: int = 1) -> None:
        self.certificate, self.key = folder / "certificate.pem", folder / "key.pem"
        make_certificate(self.certificate, self.key)
        arguments = (repr(str(self.certificate)), repr(str(self.key)), f"workers={workers}")
        super().__init__(folder, *arguments, before=before, scheme="https")

    def connect_by_tls(self, context: ssl.SSLContext | None = None, session: ssl.SSLSession | None = None) -> ssl.SSLSocket:
        """Return a connection with a handshake behind it. Without a context, it trusts the certificate in the file."""
        connection = self.connect()
        try:
            return (context or trust(self.certificate)).wrap_socket(connection, server_hostname="localhost", session=session)
        except OSError:
            connection.close()
            raise

    def show_certificate(self) -> bytes:
        """Return the certificate that a new connection is shown, in DER."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with self.connect_by_tls(context) as client:
            return client.getpeercert(binary_form=True) or b""

    def read_certificate(self) -> bytes:
        """Return the certificate in the file, in DER."""
        return ssl.PEM_cert_to_DER_cert(self.certificate.read_text())

    def break_key(self) -> None:
        """Let the key be another certificate's."""
        other = self.key.with_name("other.pem")
        make_certificate(other.with_name("other_certificate.pem"), other)
        replace(self.key, other.read_bytes())

    def is_live(self) -> bool:
        """Return whether it answers."""
        try:
            with self.connect_by_tls() as client:
                return ask(client).startswith(b"HTTP/1.1 200 ")
        except OSError:
            return False


def ask(client: socket.socket, request: bytes = HEALTH) -> bytes:
    """Send a request; return the response, or what has arrived of it at once."""
    client.sendall(request)
    return client.recv(65536)
