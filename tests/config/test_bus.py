"""Redis addresses, as people write them."""

import pytest
import redis
import redis.asyncio
import redis.sentinel
from pydantic import SecretStr

from vision.config.bus import BusError, connect, connect_async, explain


def options(url: str) -> dict:
    return connect(url).connection_pool.connection_kwargs


def test_a_plain_address_with_a_user_and_a_database() -> None:
    found = options("redis://bob:p%40ss@example.org:6380/3")
    assert (found["host"], found["port"], found["db"]) == ("example.org", 6380, 3)
    assert (found["username"], found["password"]) == ("bob", "p@ss")


def test_tls_with_an_own_certificate_authority() -> None:
    client = connect("rediss://example.org/0?ssl_ca_certs=/etc/ca.pem")
    assert client.connection_pool.connection_class is redis.SSLConnection
    assert client.connection_pool.connection_kwargs["ssl_ca_certs"] == "/etc/ca.pem"


def test_a_socket() -> None:
    assert options("unix:///run/redis.sock?db=2")["path"] == "/run/redis.sock"


@pytest.mark.parametrize("make", [connect, connect_async])
@pytest.mark.parametrize("scheme", ["redis+sentinel", "rediss+sentinel"])
def test_sentinels_with_their_own_password(make, scheme: str) -> None:
    url = f"{scheme}://bob:one@s1,[::1]:26380,s3:1/main/4?sentinel_password=two"
    pool = make(SecretStr(url)).connection_pool
    assert pool.service_name == "main"
    assert (pool.connection_kwargs["username"], pool.connection_kwargs["password"]) == ("bob", "one")
    assert pool.connection_kwargs["db"] == 4
    asked = [sentinel.connection_pool for sentinel in pool.sentinel_manager.sentinels]
    assert [(p.connection_kwargs["host"], p.connection_kwargs["port"]) for p in asked] == [
        ("s1", 26379),
        ("::1", 26380),
        ("s3", 1),
    ]
    assert {p.connection_kwargs["password"] for p in asked} == {"two"}
    for found in (pool, *asked):
        assert ("SSL" in found.connection_class.__name__) == scheme.startswith("rediss")


@pytest.mark.parametrize(
    ("url", "culprit"),
    [
        ("http://bob:hush@example.org", "unknown kind"),
        ("example.org:6379", "unknown kind"),
        ("", "unknown kind"),
        ("redis://bob:hush@example.org/main", "'main' is no number"),
        ("redis://bob:hush@example.org:99999", "out of range"),
        ("redis://bob:hush@example.org/0?colour=red", "unknown option 'colour'"),
        ("redis://bob:hush@example.org/0?socket_timeout=soon", "socket_timeout"),
        ("unix://", "no path"),
        ("redis+sentinel://bob:hush@s1,s2", "no name of the sentinels' service"),
        ("redis+sentinel://bob:hush@s1,,s2/main", "a sentinel without a host"),
    ],
)
@pytest.mark.parametrize("make", [connect, connect_async])
def test_a_wrong_address_is_named_without_its_password_and_with_the_forms(make, url: str, culprit: str) -> None:
    with pytest.raises(BusError, match=culprit) as raised:
        make(url)
    assert "hush" not in str(raised.value)
    assert "redis+sentinel://" in str(raised.value)
    assert raised.value.__cause__ is None


def test_a_failure_is_explained_without_the_password_and_with_the_remedy() -> None:
    url = "redis://bob:hush@127.0.0.1:1"
    with connect(url, retries=0) as client, pytest.raises(redis.ConnectionError) as raised:
        client.ping()
    message = explain(raised.value, url)
    assert "hush" not in message
    assert "127.0.0.1:1" in message
    assert "check that it runs" in message


async def test_async_clients_work(redis_url: str) -> None:
    async with connect_async(redis_url) as client:
        await client.set("a", "b")
        assert await client.get("a") == b"b"


def test_a_callback_runs_on_each_connection_and_may_refuse(redis_url: str) -> None:
    connections = []
    with connect(redis_url, on_connect=lambda: connections.append(1)) as client:
        client.ping()
        client.connection_pool.disconnect()
        client.ping()
    assert len(connections) == 2
