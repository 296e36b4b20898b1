"""The base of all expected errors; the command line shows them without a traceback."""


class NgatuError(Exception):
    """An error whose message names the culprit and the remedy.

    For example: `camera 'nts-01', zone 'north': a polygon needs 3 or more points, got 2`.
    """
