"""What a signal's controller tells through the service, for cameras that cannot read its lamps."""

from vision.common.traffic_light import Light
from vision.contracts.base import Contract, Id, UtcTime


class SignalUpdate(Contract):
    """What one signal of one camera shows, as its controller says it.

    The service publishes it as it comes in, on `keys.signal_channel(camera_id)`; the camera's worker listens there.
    Nothing is kept: the controller repeats what it shows (each second is well), since a state is believed only for
    the signal's `stale_after`, and one told late is worse than none.
    """

    camera_id: Id
    signal_id: Id
    """Of a signal in the camera's file whose state is of the kind `controller`."""
    light: Light | None
    """`None`: the controller says that it shows nothing to go by (off, or blinking amber)."""
    at: UtcTime
    """When it showed this."""
