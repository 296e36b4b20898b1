"""Removes credentials from texts for people and logs: those of addresses, and values that are known to be secret."""

import json
import re
from collections import OrderedDict
from threading import Lock
from urllib.parse import quote

from vision.common.addresses import HIDDEN, marked_address, secrets_of

MAX_KNOWN = 4096
"""Values remembered at most; the oldest are forgotten."""
MIN_SECRET = 4
"""A shorter value is part of too many words."""
MIN_LONG_SECRET = 8
"""A shorter value is hidden as a word of its own only."""
MAX_WORD = 12
"""Fewer letters than this, and nothing else, may be a word: hidden in quotes, and behind `=` and `:`, only."""

_ADDRESS = re.compile(r"\b[a-z][a-z0-9+.-]{0,30}://\S*", re.IGNORECASE)
_CLOSING = "'\"`,;:.)>}]"
_OPENING = {")": "(", ">": "<", "}": "{", "]": "["}
_NAMED = re.compile(
    r"(?P<key>\b(?:access_|auth_|api_?)?(?:password|passwd|passphrase|pass|pwd|token|secret|key|user|username|login))="
    r"[^&\s'\"<>]+",
    re.IGNORECASE,
)
_AFTER_USER = re.compile(r"(?P<key>_(?:password|passwd|pwd))=[^&\s'\"<>]+", re.IGNORECASE)
_WITHOUT_SCHEME = re.compile(r"(?<![^\s:@/'\"`])[^\s:@/'\"`]++:[^\s@]\S{0,300}@(?=[\w.\[])")
_known: dict[bool, OrderedDict[str, re.Pattern[str]]] = {True: OrderedDict(), False: OrderedDict()}
"""The patterns of known secrets, with and without a space in them, by the secret; the newest last."""
_lock = Lock()


def redact(text: str) -> str:
    """`text` without credentials: an address, or a library's message with addresses in it.

    Values remembered by `remember_secrets` are hidden wherever they are; of addresses remains what `marked_address`
    shows.

    Examples:
        >>> redact("rtsp://admin:12345@10.0.0.7/live?token=abc")
        'rtsp://***@10.0.0.7/live?token=***'
    """
    text = _redact_known(text, with_space=True)
    shown, end = "", 0
    for found in _ADDRESS.finditer(text):
        address = _without_closing(found[0])
        shown += _redact_words(text[end : found.start()]) + marked_address(address) + found[0][len(address) :]
        end = found.end()
    return _redact_known(shown + _redact_words(text[end:]), with_space=False)


def _redact_known(text: str, *, with_space: bool) -> str:
    """`text` without known secrets: before addresses are looked for, those with a space, which would end an address.

    The others come after: without its secrets an address may have another reading.
    """
    for pattern in list(_known[with_space].values()):
        text = pattern.sub(HIDDEN, text)
    return text


def remember_secrets(url: str) -> str:
    """Hide the secrets of an address in all later texts, even where a library shows them without it. Returns `url`."""
    users, secrets = secrets_of(url)
    for secret in secrets:
        # As an address, JSON and Python's `repr` spell it.
        for spelling in {secret, quote(secret, safe=""), json.dumps(secret)[1:-1], repr(secret)[1:-1]}:
            if len(spelling) >= MIN_SECRET:
                _remember(spelling, _pattern(spelling))
    for user in users:
        _remember(f"user {user}", _quoted(user))
    return url


def _pattern(secret: str) -> str:
    if secret.isalpha() and len(secret) < MAX_WORD:
        return rf"(?<=[=:]){re.escape(secret)}\b|{_quoted(secret)}"
    if len(secret) < MIN_LONG_SECRET:
        return rf"(?<![A-Za-z0-9]){re.escape(secret)}(?![A-Za-z0-9])"
    return re.escape(secret)


def _quoted(word: str) -> str:
    return rf"(?<=['\"`]){re.escape(word)}(?=['\"`])"


def _remember(name: str, pattern: str) -> None:
    known = _known[" " in name.removeprefix("user ")]
    with _lock:
        if name not in known:
            known[name] = re.compile(pattern)
        known.move_to_end(name)
        if len(known) > MAX_KNOWN:
            known.popitem(last=False)


def _without_closing(address: str) -> str:
    """An address without the punctuation of the sentence around it."""
    while address[-1] in _CLOSING and _OPENING.get(address[-1], "\0") not in address:
        address = address[:-1]
    return address


def _redact_words(text: str) -> str:
    text = _NAMED.sub(rf"\g<key>={HIDDEN}", text)
    text = _AFTER_USER.sub(rf"\g<key>={HIDDEN}", text)
    return _WITHOUT_SCHEME.sub(f"{HIDDEN}@", text)
