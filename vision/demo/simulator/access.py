"""Password authentication of a simulated camera: Digest (RFC 2617) and Basic."""

import hashlib
import hmac
import re
import secrets
from base64 import b64decode
from binascii import Error as NotBase64
from dataclasses import dataclass, field

REALM = "ngatu"


@dataclass(frozen=True, slots=True)
class Access:
    """The user and password that a simulated camera requires."""

    user: str
    password: str = field(repr=False)
    nonce: str = field(default_factory=lambda: secrets.token_hex(16))

    @property
    def challenges(self) -> tuple[str, ...]:
        """The values of WWW-Authenticate."""
        return f'Digest realm="{REALM}", nonce="{self.nonce}"', f'Basic realm="{REALM}"'

    def admits(self, method: str, authorization: str) -> bool:
        """Whether this Authorization header is valid for a request of this method."""
        scheme, _, credentials = authorization.partition(" ")
        if scheme.lower() == "basic":
            return self._admits_basic(credentials)
        return scheme.lower() == "digest" and self._admits_digest(method, credentials)

    def _admits_basic(self, credentials: str) -> bool:
        try:
            given = b64decode(credentials)
        except NotBase64:
            return False
        return hmac.compare_digest(given, f"{self.user}:{self.password}".encode())

    def _admits_digest(self, method: str, credentials: str) -> bool:
        given = dict(re.findall(r'(\w+)="?([^",]*)"?', credentials))
        if given.get("username") != self.user or given.get("nonce") != self.nonce:
            return False
        secret = _md5(f"{self.user}:{REALM}:{self.password}")
        request = _md5(f"{method}:{given.get('uri', '')}")
        return hmac.compare_digest(given.get("response", ""), _md5(f"{secret}:{self.nonce}:{request}"))


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
