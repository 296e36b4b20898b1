"""The examples in docstrings run."""

import doctest
import logging
from importlib import import_module
from pathlib import Path

import pytest

from vision.common.logging import configure_logging

ROOT = Path(__file__).resolve().parents[1]
ELSEWHERE = ("vision.training.ultralytics.", "vision.training.augmentation.dataset")
"""Scripts of another environment, where torch and ultralytics are."""


def modules() -> list[str]:
    """Those whose docstrings have examples."""
    files = [file for package in ("vision", "api") for file in sorted((ROOT / package).rglob("*.py"))]
    names = {str(file.relative_to(ROOT)): file for file in files if "node_modules" not in file.parts}
    chosen = [name for name, file in names.items() if ">>> " in file.read_text(encoding="utf-8")]
    dotted = [name.removesuffix(".py").removesuffix("/__init__").replace("/", ".") for name in chosen]
    return [name for name in dotted if not name.startswith(ELSEWHERE)]


@pytest.mark.parametrize("name", modules())
def test_examples_run(name: str) -> None:
    configure_logging(level=logging.WARNING)
    result = doctest.testmod(import_module(name), optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    assert result.failed == 0
