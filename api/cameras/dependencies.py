"""Dependencies on the cameras' health, and on a camera that exists."""

from typing import Annotated

from fastapi import Depends, Path

from api.cameras.board import HealthBoard
from api.dependencies import provided

BoardDep = Annotated[HealthBoard, provided(HealthBoard)]


def _known_camera(
    board: BoardDep, camera_id: Annotated[str, Path(description="A camera's id.", examples=["nts-01"])]
) -> str:
    return board.require(camera_id)


KnownCamera = Annotated[str, Depends(_known_camera)]
"""The camera id in the path; a 404 if there is no such camera."""
