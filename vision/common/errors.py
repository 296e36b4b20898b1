"""The base of all expected errors; the command line shows them without a traceback."""


class NgatuError(Exception):
    """An error whose message names the culprit and the remedy.

    All errors that a caller may expect are of this class.

    Examples:
        >>> try:
        ...     raise NgatuError("camera 'gate', zone 'north': a polygon needs 3 or more points, got 2")
        ... except NgatuError as error:
        ...     print(error)
        camera 'gate', zone 'north': a polygon needs 3 or more points, got 2
    """
