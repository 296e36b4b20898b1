"""Rules about a stream's address: passwords that stand in the file, and variables that are not set."""

from collections.abc import Iterator, Mapping

from vision.common.addresses import secrets_of
from vision.config.camera import CameraConfig
from vision.config.environment import VARIABLE
from vision.config.lint.finding import Finding
from vision.config.sources import RtspSource

KEY = ("source", "url")


def literal_secrets(camera: CameraConfig) -> Iterator[Finding]:
    """A password, token or the like that everyone who reads the file knows."""
    if not isinstance(camera.source, RtspSource):
        return
    # A variable's default is as literal as what stands outside it; a name alone is no secret.
    url = VARIABLE.sub(lambda variable: variable["default"] or "", camera.source.url)
    if secrets_of(url)[1]:
        yield Finding(
            KEY,
            "a password or another secret stands in the file, where everyone who reads it sees it",
            "write ${NAME} in its place, and set NAME in the environment of `ngatu work`",
        )


def unset_variables(camera: CameraConfig, environ: Mapping[str, str]) -> Iterator[Finding]:
    """A variable of the address without a value and without a default: the stream cannot be opened."""
    if not isinstance(camera.source, RtspSource) or not camera.enabled:
        return
    for name in dict.fromkeys(v["name"] for v in VARIABLE.finditer(camera.source.url) if v["default"] is None):
        if name not in environ:
            yield Finding(
                KEY,
                f"the environment variable {name} is not set here",
                f"`export {name}=…` before `ngatu work` and `ngatu check --connect`, or set it where a service manager "
                f"starts them",
            )
