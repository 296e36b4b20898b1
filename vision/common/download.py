"""Fetching a file from an address."""

import urllib.request
from pathlib import Path

from vision.common.progress import Report

TIMEOUT_S = 30
LARGEST_BYTES = 2_000_000_000
CHUNK_BYTES = 1 << 20


def download(url: str, target: Path, report: Report) -> None:
    """Fetch what is at `url` into `target`, telling how far it is.

    Raises:
        OSError: it cannot be had, or is longer than `LARGEST_BYTES`.
    """
    step = f"downloading {url.rpartition('/')[2]}"
    with urllib.request.urlopen(url, timeout=TIMEOUT_S) as answer, target.open("wb") as out:  # noqa: S310
        total = int(answer.headers.get("Content-Length") or 0) or None
        done = 0
        while chunk := answer.read(CHUNK_BYTES):
            done += len(chunk)
            if done > LARGEST_BYTES:
                raise OSError(f"longer than {LARGEST_BYTES} bytes")
            out.write(chunk)
            report(step, done, total)
