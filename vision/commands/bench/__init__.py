"""`ngatu bench`: measures how accurate and how fast ngatu is, one subcommand per benchmark."""

import typer

from vision.commands.bench import chaos, cost, counting, followers, incidents, latency, noise, tracking, traffic

bench = typer.Typer(help="Measure how accurate and how fast ngatu is.", no_args_is_help=True)
for module in (counting, tracking, noise, traffic, incidents, cost, latency, followers, chaos):
    module.register(bench)


def register(app: typer.Typer) -> None:
    """Add the group `bench` to the tool."""
    app.add_typer(bench, name="bench")
