"""All rules in one list, for `ngatu check` and editors of camera files."""

import os
from collections.abc import Callable, Iterator, Mapping

from vision.config.camera import CameraConfig
from vision.config.lint.address import literal_secrets, unset_variables
from vision.config.lint.finding import Finding
from vision.config.lint.inert import inert_limits, inert_movements, inert_zone_keys
from vision.config.lint.places import edge_lines, sliver_zones, twin_lines

Rule = Callable[[CameraConfig], Iterator[Finding]]

RULES: tuple[Rule, ...] = (
    literal_secrets,
    twin_lines,
    edge_lines,
    sliver_zones,
    inert_limits,
    inert_zone_keys,
    inert_movements,
)


def lint(camera: CameraConfig, environ: Mapping[str, str] | None = None) -> list[Finding]:
    """The likely mistakes in a camera's file, in the order of the rules.

    Args:
        camera: a valid camera.
        environ: the environment in which its stream is opened; None: this process's.

    Examples:
        >>> from vision.config.sources import RtspSource
        >>> camera = CameraConfig(id="nts-01", source=RtspSource(url="rtsp://admin:${NTS_PASSWORD}@192.0.2.10/s"))
        >>> [finding.message for finding in lint(camera, environ={})]
        ['the environment variable NTS_PASSWORD is not set here']
    """
    variables = unset_variables(camera, os.environ if environ is None else environ)
    return [*variables, *(finding for rule in RULES for finding in rule(camera))]
