"""`ngatu labels`: collects pictures of a city's cameras and labels them, by models and by people."""

import typer

from vision.commands.labels import automatic, data_set

labels = typer.Typer(
    help="A city's own pictures and labels: harvest, propose, correct, check, split.", no_args_is_help=True
)
for module in (automatic, data_set):
    module.register(labels)


def register(app: typer.Typer) -> None:
    """Add the group `labels` to the tool."""
    app.add_typer(labels, name="labels")
