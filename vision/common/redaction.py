"""Keeps passwords out of what people and logs get to read."""

import re

HIDDEN = "***"

_USER_INFO = re.compile(r"(?P<scheme>\b[a-z][a-z0-9+.-]*://)\S*@", re.IGNORECASE)
_NAMED = re.compile(
    r"(?P<key>\b(?:access_|auth_|api_?)?(?:password|passwd|passphrase|pass|pwd|token|secret|key|user|username|login))="
    r"[^&\s'\"<>]+",
    re.IGNORECASE,
)
_AFTER_USER = re.compile(r"(?P<key>_(?:password|passwd|pwd))=[^&\s'\"<>]+", re.IGNORECASE)


def redact(text: str) -> str:
    """`text` without the credentials of the addresses in it; a lone address or a library's whole message.

    `rtsp://admin:12345@10.0.0.7/live?token=abc` becomes `rtsp://***@10.0.0.7/live?token=***`. Whatever stands before
    the last `@` of an address is hidden, because passwords hold `@`, `/` and quotes: rather too much than too little.
    """
    text = _USER_INFO.sub(rf"\g<scheme>{HIDDEN}@", text)
    text = _NAMED.sub(rf"\g<key>={HIDDEN}", text)
    return _AFTER_USER.sub(rf"\g<key>={HIDDEN}", text)
