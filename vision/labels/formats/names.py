"""Reads picture names and splits as other tools write them."""

from urllib.parse import unquote

from vision.labels.data_set.picture import Split


def file_name(path: str) -> str:
    """The file name at the end of a path or URL.

    >>> file_name("/data/local-files/?d=images/new/a%20b.jpg")
    'a b.jpg'
    """
    is_url = "://" in path or path.startswith("/data/")
    return (unquote(path) if is_url else path).replace("\\", "/").rstrip("/").rpartition("/")[2]


def split_named(name: str) -> Split:
    """The split of that name; `new` if the name is unknown."""
    return Split(name.lower()) if name.lower() in set(Split) else Split.NEW
