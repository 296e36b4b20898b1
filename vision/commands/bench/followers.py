"""`ngatu bench followers`: how late many clients of the event stream get their events from one service process."""

import json
from dataclasses import asdict
from typing import Annotated

import typer

LIMIT_S = 0.5


def register(bench: typer.Typer) -> None:
    """Add `followers` to the group `bench`."""
    bench.command("followers")(followers)


def followers(
    *,
    clients: Annotated[int, typer.Option(help="Clients that follow all crossings.", min=1, max=5_000)] = 300,
    slow: Annotated[int, typer.Option(help="Clients beside them that read nothing.", min=0, max=5_000)] = 0,
    rate: Annotated[int, typer.Option(help="Events per second.", min=1, max=10_000)] = 500,
    seconds: Annotated[float, typer.Option(help="Duration of the measurement.", min=1)] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Measure the time from an event's publication until clients have it, against the limit of 0.5 s.

    Everything runs on this machine: Redis, one service process, a publisher, and the clients in a process of their own.
    """
    from rich.console import Console

    from vision.bench.followers import FollowersBench

    console = Console(stderr=as_json)
    with console.status("starting") as status:
        report = FollowersBench(clients, slow, rate).run(seconds, status.update)
    if as_json:
        typer.echo(json.dumps(asdict(report), indent=2))
        return
    verdict = "within" if report.p95_s <= LIMIT_S else "above"
    console.print(
        f"{report.clients} clients and {report.slow_clients} that read nothing, {report.events_per_s:.0f} events/s for "
        f"{report.seconds:g} s: p50 {report.p50_s:.3f} s, p95 {report.p95_s:.3f} s, max {report.max_s:.3f} s; "
        f"{report.delivered_share:.1%} delivered; the service used {report.service_cpu:.0%} of a core; "
        f"p95 is {verdict} the limit of {LIMIT_S:g} s"
    )
