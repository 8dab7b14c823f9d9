from collections.abc import Iterator

import pytest

from fake_server import FakeServer
from mailstrom import Client


@pytest.fixture
def server() -> Iterator[FakeServer]:
    fake = FakeServer()
    yield fake
    fake.stop()


@pytest.fixture
def client(server: FakeServer) -> Iterator[Client]:
    with Client(server.address, timeout=10) as client:
        yield client
