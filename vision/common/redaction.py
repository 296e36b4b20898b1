"""Removes credentials from texts for people and logs."""

import re

REDACTED = "***"

_USER_INFO = re.compile(r"(?P<scheme>\b[a-z][a-z0-9+.-]*://)\S*@", re.IGNORECASE)
_NAMED = re.compile(
    r"(?P<key>\b(?:access_|auth_|api_?)?(?:password|passwd|passphrase|pass|pwd|token|secret|key|user|username|login))="
    r"[^&\s'\"<>]+",
    re.IGNORECASE,
)
_AFTER_USER = re.compile(r"(?P<key>_(?:password|passwd|pwd))=[^&\s'\"<>]+", re.IGNORECASE)


def redact(text: str) -> str:
    """`text` without the credentials of the addresses in it; an address or a library's whole message.

    Everything before the last `@` of an address is removed, because passwords may contain `@`, `/` and quotes.

    Examples:
        >>> redact("rtsp://admin:12345@10.0.0.7/live?token=abc")
        'rtsp://***@10.0.0.7/live?token=***'
    """
    text = _USER_INFO.sub(rf"\g<scheme>{REDACTED}@", text)
    text = _NAMED.sub(rf"\g<key>={REDACTED}", text)
    return _AFTER_USER.sub(rf"\g<key>={REDACTED}", text)
