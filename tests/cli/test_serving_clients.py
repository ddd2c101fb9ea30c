"""The client over real sockets: it ends in time and in bounded memory, whatever listens."""

import contextlib
import itertools
import socket
import threading
import time

import pytest


@pytest.fixture(scope="module")
def clients(load_command):
    """The module."""
    return load_command("serving_clients")


@pytest.fixture
def error(clients):
    """The function that asks a port for metadata, and returns the message of the error."""

    def ask(port, timeout=5.0):
        client = clients.connect("rest", "127.0.0.1", port, "digits", timeout=timeout)
        with contextlib.closing(client), pytest.raises(clients.ServingError) as error:
            client.signatures()
        return str(error.value)

    return ask


@pytest.fixture
def talk():
    """The function that starts a program which sends pieces of an answer, one each hundredth of a second."""
    with contextlib.ExitStack() as stack:

        def start(pieces):
            listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))

            def serve():
                with contextlib.suppress(OSError), listener.accept()[0] as connected:
                    connected.recv(10_000)
                    for piece in pieces:
                        connected.sendall(piece)
                        time.sleep(0.01)

            thread = threading.Thread(target=serve)
            thread.start()
            stack.callback(thread.join)
            return listener.getsockname()[1]

        yield start


@pytest.mark.parametrize("head", [b"", b"HTTP/1.1 200 OK\r\n\r\n", b"HTTP/1.1 100 Continue\r\n\r\n"])
def test_an_answer_that_drips_ends_at_the_timeout(error, talk, head):
    port = talk(itertools.chain([head], itertools.repeat(b"H")))
    start = time.monotonic()
    message = error(port, timeout=0.2)
    assert 0.2 < time.monotonic() - start < 2
    assert f"The answer of 127.0.0.1:{port} took longer than 0.2 seconds: give it more with --timeout" in message


@pytest.mark.parametrize("head", ["", "Content-Length: 99999999999\r\n", "Transfer-Encoding: chunked\r\n"])
def test_an_answer_without_an_end_is_not_read_to_the_end(clients, error, talk, monkeypatch, head):
    monkeypatch.setattr(clients.serving_answers, "MAX_BYTES", 2**20)
    piece = b"10000\r\n" + b"x" * 2**16 + b"\r\n"
    port = talk(itertools.chain([f"HTTP/1.1 200 OK\r\n{head}\r\n".encode()], itertools.repeat(piece)))
    assert "The answer has more than 1 MiB, and was not read: ask for fewer" in error(port)


@pytest.mark.parametrize("size", ["-5", "zz", "1" * 100])
def test_pieces_of_impossible_sizes(error, talk, size):
    port = talk([f"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{size}\r\n{{}}\r\n".encode()])
    assert f"No answer over rest from 127.0.0.1:{port}" in error(port)


def test_an_answer_that_is_cut(error, talk):
    port = talk([b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{}"])
    assert "IncompleteRead(2 bytes read, 8 more expected)" in error(port)


@pytest.mark.parametrize("protocol", ["rest", "grpc"])
@pytest.mark.parametrize("host", ["http://localhost", "localhost/v1", " ", ""])
def test_a_host_that_is_an_address_of_the_web_or_nothing(clients, protocol, host):
    with pytest.raises(clients.ServingError, match=f"without http:// and without a path.*--host={host}".strip()):
        clients.connect(protocol, host, None, "digits")


def test_an_address_of_ipv6_is_shown_as_one(clients):
    address = clients._address
    assert (address("::1", 8500), address("[::1]", 8500), address("ada", 1)) == ("[::1]:8500", "[::1]:8500", "ada:1")
