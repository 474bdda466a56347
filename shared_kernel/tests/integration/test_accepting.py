"""Connections to a busy service."""

from contextlib import ExitStack

from test_support.http.streaming_service import StreamingService

CLIENTS = 100
TURNS = 30  # 7 to accept them, and some to read and respond; not one for each of them


def test_new_connections_are_accepted_while_the_service_is_busy(service: StreamingService) -> None:
    with ExitStack() as stack:
        first = stack.enter_context(service.connect())
        first.sendall(b"GET /await/%d HTTP/1.1\r\nhost: service\r\n\r\n" % CLIENTS)
        clients = [stack.enter_context(service.connect()) for _ in range(CLIENTS)]
        for client in clients:
            client.sendall(b"GET /join HTTP/1.1\r\nhost: service\r\n\r\n")
        head, _, turns = first.recv(65536).partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 ")
        assert int(turns) < TURNS
        for client in clients:
            assert client.recv(65536).startswith(b"HTTP/1.1 200 ")
