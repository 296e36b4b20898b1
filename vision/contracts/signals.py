"""What a traffic light shows, reported by its controller for cameras that cannot read its lamps."""

from vision.common.traffic_light import Light
from vision.contracts.base import Contract, Id, UtcTime


class SignalUpdate(Contract):
    """What one signal of one camera shows, as its controller reports it.

    The service publishes it at once on `keys.signal_channel(camera_id)`, where the camera's worker listens. Nothing is
    stored: a controller repeats its state (each second is enough), because a state expires after the signal's
    `stale_after`, and a late state is worse than none.
    """

    camera_id: Id
    signal_id: Id
    """A signal in the camera's file whose state has the kind `controller`."""
    light: Light | None
    """null: the signal gives no indication (off, or blinking amber)."""
    at: UtcTime
    """When it showed this."""
