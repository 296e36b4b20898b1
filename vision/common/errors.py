"""The base of all errors that ngatu raises on purpose. The command line shows them without a traceback."""


class NgatuError(Exception):
    """What went wrong, said to the person who can mend it.

    For example: `camera 'nts-01', zone 'north': a polygon needs 3 or more points, got 2`.
    """
