"""Addresses (`scheme://user:password@host:port/path?query`) as they may be shown: by an allow-list, without secrets."""

import re
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import unquote

HIDDEN = "***"
ENCODE = (
    "write the password as ${NAME}, or percent-encode it: `#` as %23, `/` as %2F, `?` as %3F, `@` as %40, `[` as %5B"
)
"""The remedy for an address that several readings are possible of."""
IN_DOUBT = f"an `@` follows a `/`, `?` or `#`, so its password or its host is in doubt: {ENCODE}"

MAX_LENGTH = 4096
"""Of a longer address only the scheme is shown: it is no address that anybody wrote."""

_SCHEME = re.compile(r"([a-z][a-z0-9+.-]{0,30})://", re.IGNORECASE)
_VARIABLE = r"\$\{[A-Za-z_][A-Za-z0-9_]*\}"
_DEFAULT = re.compile(r"(\$\{[A-Za-z_][A-Za-z0-9_]*):-[^${}]*\}")
_HOST = re.compile(
    rf"(?P<host>\[[0-9a-f:.]+(?:%\w+)?\]|(?:[\w.-]|{_VARIABLE})+)(?::(?P<port>[0-9]{{1,5}}|{_VARIABLE})?)?",
    re.IGNORECASE,
)
_LOCAL = {"sqlite", "unix", "file"}
"""Kinds of addresses that name a file."""
_WEB = {"http", "https"}
_PLAIN_PATH = re.compile(rf"(?:[\w.~+,=/-]|%20|{_VARIABLE})*")
_SECRET_KEY = re.compile(
    r"(?:\w*(?:pass|passwd|passphrase|password|pwd|psw|token|secret|auth|credential)\w*?"
    r"|(?<![a-z])(?:\w*_)?(?:api_?)?key|(?:(?<![a-z])|(?<=_))(?:user|username|usr|login|account))(?:=|%3D)",
    re.IGNORECASE,
)
_USER_KEY = re.compile("user|username|usr|login|account", re.IGNORECASE)
_PAIR = re.compile(r"(?:^|[_&/;?])(?P<key>[A-Za-z]+)=(?P<value>.*?)(?=_[A-Za-z]+=|[&/;?#]|$)")
_TOKEN = re.compile(r"(?=[A-Za-z]*[0-9])(?=[0-9]*[A-Za-z])[A-Za-z0-9+=-]{16,}")
"""A long mixture of letters and digits, such as a camera's share link has in its path."""
_PUBLIC_KEYS = frozenset(
    {
        "user",
        "username",
        "password",
        "passwd",
        "pwd",
        "token",
        "key",
        "auth",
        "channel",
        "subtype",
        "stream",
        "streamtype",
        "unicast",
        "transportmode",
        "profile",
        "proto",
        "transport",
        "camera",
        "resolution",
        "fps",
        "codec",
        "videocodec",
        "compression",
        "line",
        "id",
        "db",
        "ssl",
        "sslmode",
        "ssl_ca_certs",
        "timeout",
        "sentinel_username",
        "sentinel_password",
    }
)
"""Keys of a query that are shown; their values never are."""


class AddressError(ValueError):
    """An address that cannot be read; the message has the remedy and no part of the address."""


@dataclass(frozen=True, slots=True)
class Address:
    """The parts of an address.

    Examples:
        >>> address = split_address("rtsp://admin:12345@10.0.0.7:8554/live?channel=1")
        >>> address.host, address.port, address.path, address.query
        ('10.0.0.7', 8554, '/live', 'channel=1')
    """

    scheme: str
    user_info: str
    """As it is written, percent-encoded."""
    hosts: tuple[tuple[str, int | None], ...]
    """Host and port of each of the comma-separated servers; there is at least one."""
    path: str
    query: str

    @property
    def host(self) -> str:
        return self.hosts[0][0]

    @property
    def port(self) -> int | None:
        return self.hosts[0][1]


def split_address(url: str) -> Address:
    """Read an address in the only way that it can be read.

    A password with `#`, `/` or `?` ends the host's part early, and a part of it, or the user's name, would be taken
    for the host. Such an address is refused.

    Raises:
        AddressError: the address has no scheme or host, an invalid port, or can be read in several ways.
    """
    if is_in_doubt(url):
        raise AddressError(IN_DOUBT)
    scheme, rest = _scheme(url)
    authority, tail = _authority(rest)
    user_info, _, hosts = authority.rpartition("@")
    path, _, query = tail.partition("#")[0].partition("?")
    return Address(scheme.lower(), user_info, tuple(_server(text) for text in hosts.split(",")), path, query)


def is_in_doubt(url: str) -> bool:
    """Whether the host may be a part of a user name or password that has a `#`, `/` or `?`.

    Examples:
        >>> is_in_doubt("rtsp://admin:12#3@camera/live"), is_in_doubt("rtsp://admin:12%233@camera/live")
        (True, False)
    """
    match = _SCHEME.match(url)
    rest = url[match.end() :] if match else url
    authority, tail = _authority(rest)
    has_password = ":" in rest.rpartition("@")[0]
    return "@" in tail and has_password and not _is_ip(authority.rpartition("@")[2])


def public_address(url: str) -> str:
    """What may be shown of an address: scheme, host, port and path, without credentials and without the query.

    Of an address that can be read in several ways, only what is certain is shown.

    Examples:
        >>> public_address("rtsp://admin:12345@10.0.0.7:554/live?token=abc")
        'rtsp://10.0.0.7:554/live'
        >>> public_address("rtsp://10.0.0.7/user=admin_password=tlJwpbo6_channel=1.sdp")
        'rtsp://10.0.0.7/user=***'
        >>> public_address("rtsp://admin:Secret#1@camera/live")
        'rtsp://***'
    """
    scheme, _, server, path, _ = _public_parts(url)
    return f"{scheme}{server}{path}"


def marked_address(url: str) -> str:
    """`public_address`, with marks where credentials and the query's values are.

    Examples:
        >>> marked_address("rtsp://admin:12345@10.0.0.7/live?channel=1&token=abc")
        'rtsp://***@10.0.0.7/live?channel=***&token=***'
    """
    scheme, user_info, server, path, query = _public_parts(url)
    return f"{scheme}{user_info}{server}{path}{query}"


def secrets_of(url: str) -> tuple[list[str], list[str]]:
    """The user names, and the passwords, tokens and other secrets that an address holds: decoded and as written."""
    match = _SCHEME.match(url)
    rest = url[match.end() : MAX_LENGTH] if match else url[:MAX_LENGTH]
    user, _, password = rest.rpartition("@")[0].partition(":")
    pairs = [(pair["key"], pair["value"]) for pair in _PAIR.finditer(rest) if _SECRET_KEY.fullmatch(f"{pair['key']}=")]
    users = [value for key, value in pairs if _USER_KEY.fullmatch(key)]
    secrets = [value for key, value in pairs if not _USER_KEY.fullmatch(key)]
    return _both_forms([user, *users]), _both_forms([password, *secrets])


def _both_forms(values: list[str]) -> list[str]:
    whole = [value for value in values if value and "${" not in value]
    return sorted({*whole, *map(unquote, whole)})


def _scheme(url: str) -> tuple[str, str]:
    match = _SCHEME.match(url)
    if match is None:
        raise AddressError("it does not begin with a scheme: write scheme://host:port/path")
    return match[1], url[match.end() :]


def _authority(rest: str) -> tuple[str, str]:
    end = min((place for mark in "/?#\\" if (place := rest.find(mark)) >= 0), default=len(rest))
    return rest[:end], rest[end:]


def _server(text: str) -> tuple[str, int | None]:
    match = _HOST.fullmatch(text)
    if match is None:
        what = "it has no host" if not text or text.startswith(":") else "its host or its port cannot be read"
        raise AddressError(f"{what}: {ENCODE}")
    host, port = match["host"].strip("[]"), match["port"]
    number = int(port) if port and port.isdecimal() else None
    if number is not None and number > 65535:
        raise AddressError("its port is out of range: write one from 1 to 65535")
    if not _is_host(match["host"]):
        raise AddressError("its host cannot be a name or an IP address: check it")
    return host, number


def _is_host(text: str) -> bool:
    if text.startswith("["):
        return _is_ip(text)
    try:
        text.encode("idna")
    except UnicodeError:
        return False
    return True


def _is_ip(authority: str) -> bool:
    """Whether a server, with or without its port, is an IP address and so is no user name."""
    match = _HOST.fullmatch(authority)
    if match is None:
        return False
    try:
        ip_address(match["host"].strip("[]"))
    except ValueError:
        return False
    return True


def _public_parts(url: str) -> tuple[str, str, str, str, str]:
    """Scheme, mark of the user, server, path and query; each empty or as it may be shown."""
    match = _SCHEME.match(url)
    if match is None or len(url) > MAX_LENGTH:
        return match[0] if match else "", "", HIDDEN, "", ""
    scheme, rest = match[0], _DEFAULT.sub(r"\1}", url[match.end() :])
    kind = match[1].lower().partition("+")[0]
    if kind in _LOCAL and rest.startswith("/"):
        path, _, local_query = rest.partition("?")
        return scheme, "", "", _without_keys(path), _query(local_query)
    authority, tail = _authority(rest)
    _, at, servers = authority.rpartition("@")
    if "@" in tail:
        (servers, tail), at = _authority(rest.rpartition("@")[2]), "@"
        is_certain = _is_ip(servers)
    else:
        is_certain = all(_HOST.fullmatch(server) for server in servers.split(","))
    if not is_certain:
        return scheme, "", HIDDEN, "", ""
    path, query, fragment = _tail(tail)
    return scheme, f"{HIDDEN}@" if at else "", servers, _path(path, kind), _query(query) + ("#" + HIDDEN) * fragment


def _tail(tail: str) -> tuple[str, str | None, bool]:
    before, mark, _ = tail.partition("#")
    path, asks, query = before.partition("?")
    return path, query if asks else None, bool(mark)


def _path(path: str, kind: str) -> str:
    """A path up to the first part that may be a credential."""
    plain = _PLAIN_PATH.match(path)
    end = plain.end() if plain else 0
    shown = _without_keys(path[:end])
    if shown == path:
        return path if kind in _WEB else _without_tokens(path)
    return shown if shown.endswith(HIDDEN) else f"{path[:end].rpartition('/')[0]}/{HIDDEN}"


def _without_keys(path: str) -> str:
    key = _SECRET_KEY.search(path)
    return path[: key.end()] + HIDDEN if key else path


def _without_tokens(path: str) -> str:
    return "/".join(_TOKEN.sub(HIDDEN, part) for part in path.split("/"))


def _query(query: str | None) -> str:
    if not query:
        return ""
    keys = (item.partition("=") for item in query.split("&"))
    return "?" + "&".join(f"{key}={HIDDEN}" if key.lower() in _PUBLIC_KEYS else HIDDEN for key, _, _ in keys)
