"""`ngatu models`: lists, inspects, checks, gets, adds, trains, evaluates and promotes detectors."""

import typer

from vision.commands.models import catalogue, evaluation, training

models = typer.Typer(help="Detectors: list, inspect, check, get, add, train, evaluate, promote.", no_args_is_help=True)
for module in (catalogue, training, evaluation):
    module.register(models)


def register(app: typer.Typer) -> None:
    """Add the group `models` to the tool."""
    app.add_typer(models, name="models")
