"""Which lost events the service knows of."""

from vision.bench.chaos.system import System


def reported_losses(system: System) -> set[str]:
    """The ids of the events that the service reports as missing.

    Raises:
        OSError: it does not answer.
    """
    reported: set[str] = set()
    cursor = ""
    while True:
        page = system.get(f"/api/v1/missing-events?limit=1000{cursor and f'&cursor={cursor}'}")
        for gap in page["items"]:
            reported |= {f"{gap['session_id']}-{number}" for number in range(gap["first"], gap["last"] + 1)}
        if page["next_cursor"] is None:
            return reported
        cursor = page["next_cursor"]
