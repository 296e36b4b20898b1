"""Downloads a file."""

import urllib.request
from pathlib import Path

from vision.common.progress import Report

TIMEOUT_S = 30
MAX_BYTES = 2_000_000_000
CHUNK_BYTES = 1 << 20


def download(url: str, target: Path, report: Report) -> None:
    """Download `url` into `target`, and report the progress.

    Raises:
        OSError: the download fails, or is longer than `MAX_BYTES`.
    """
    step = f"downloading {url.rpartition('/')[2]}"
    with urllib.request.urlopen(url, timeout=TIMEOUT_S) as answer, target.open("wb") as out:  # noqa: S310
        total = int(answer.headers.get("Content-Length") or 0) or None
        done = 0
        while chunk := answer.read(CHUNK_BYTES):
            done += len(chunk)
            if done > MAX_BYTES:
                raise OSError(f"longer than {MAX_BYTES} bytes")
            out.write(chunk)
            report(step, done, total)
