"""Fills environment variables into a stream's address when it is opened, so that no config holds a secret."""

import os
import re
from collections.abc import Mapping
from urllib.parse import quote

from vision.common.redaction import remember_secrets
from vision.config.errors import ConfigError
from vision.config.sources import RtspSource

VARIABLE = re.compile(r"\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::-(?P<default>[^${}]*))?\}")
_USER_INFO = re.compile(r"^[a-z]+://(?P<user_info>(?:[^/@?#$]|\$\{[^}]*\}|\$)*@)")


def resolve_url(source: RtspSource, environ: Mapping[str, str] | None = None) -> str:
    """The stream's address with `${NAME}` and `${NAME:-default}` filled in. It holds credentials: never show it.

    As in a shell, the default applies where the variable is absent or empty. Variables in the credentials are taken
    literally: `@`, `/` or `:` in a password are escaped here. Raises ConfigError naming an absent variable.
    """
    environ = os.environ if environ is None else environ
    found = _USER_INFO.match(source.url)
    end = found.end("user_info") if found else 0

    def fill(match: re.Match[str]) -> str:
        value = _value(match, environ)
        return quote(value, safe="") if match.start() < end else value

    return remember_secrets(VARIABLE.sub(fill, source.url))


def _value(match: re.Match[str], environ: Mapping[str, str]) -> str:
    name, default = match["name"], match["default"]
    value = environ.get(name, "").strip("\r\n")
    if value:
        return value
    if default is not None:
        return str(default)
    if name in environ:
        return ""
    raise ConfigError.single(
        f"the environment variable {name} is not set",
        f"export {name}, or write ${{{name}:-default}}",
        key="source.url",
    )
