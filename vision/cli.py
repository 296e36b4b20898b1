"""The `ngatu` command; each package adds its commands as entry points of the group `ngatu.commands`."""

import sys
import traceback
from importlib.metadata import entry_points, version

import typer

from vision.common.errors import NgatuError
from vision.common.redaction import redact


def build_app() -> typer.Typer:
    """The command line with the commands of every installed package."""
    app = typer.Typer(
        name="ngatu",
        help="Real-time traffic vision for a city's operations centre.",
        no_args_is_help=True,
        pretty_exceptions_show_locals=False,
    )
    app.callback(invoke_without_command=True)(_root)
    for entry in sorted(entry_points(group="ngatu.commands"), key=lambda e: e.name):
        entry.load()(app)
    return app


def _root(
    show_version: bool = typer.Option(False, "--version", help="Print the version and stop.", is_eager=True),
) -> None:
    if show_version:
        typer.echo(version("ngatu"))
        raise typer.Exit


def main() -> None:
    """Run the console script; an expected error is one sentence on stderr and exit code 1."""
    try:
        build_app()()
    except NgatuError as error:
        typer.secho(redact(str(error)), fg="red", err=True)
        sys.exit(1)
    except ModuleNotFoundError as error:
        if (error.name or "ngatu").partition(".")[0] in {"vision", "api", "ngatu"}:
            raise
        typer.secho(f"this command needs the package {error.name!r}: pip install 'ngatu[all]'", fg="red", err=True)
        sys.exit(1)
    except Exception:  # noqa: BLE001 - the process's boundary: a traceback may hold an address
        typer.echo(redact(traceback.format_exc()), err=True)
        sys.exit(1)
