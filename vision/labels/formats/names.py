"""Names of pictures and of their splits, as other tools write them."""

from urllib.parse import unquote

from vision.labels.data_set.picture import Split


def file_name(told: str) -> str:
    """The file's name out of a path or an address: `/data/local-files/?d=images/new/a%20b.jpg` is `a b.jpg`."""
    address = "://" in told or told.startswith("/data/")
    return (unquote(told) if address else told).replace("\\", "/").rstrip("/").rpartition("/")[2]


def split_named(told: str) -> Split:
    """The split of that name, `new` where it is none of ours."""
    return Split(told.lower()) if told.lower() in set(Split) else Split.NEW
