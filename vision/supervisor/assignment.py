"""Assigns cameras to workers; a change of the camera files moves no other camera."""

from collections.abc import Mapping

from vision.config.camera import CameraConfig
from vision.contracts import CameraState
from vision.worker.assignment import Assignment, IdleCamera, WatchedCamera

Task = WatchedCamera | IdleCamera


class CameraAssigner:
    """Knows which worker watches which camera.

    A camera stays with its worker while its file exists. A new one goes to the worker with the lowest load, in analysed
    frames per second. The same files give the same assignment at each start.
    """

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._tasks: dict[str, Task] = {}
        self._worker_of: dict[str, int] = {}

    def update(self, cameras: Mapping[str, CameraConfig], problems: Mapping[str, str]) -> None:
        """Update from the folder: the cameras in force, and what is wrong with files, by the camera's id."""
        tasks: dict[str, Task] = {i: _task(camera, problems.get(i, "")) for i, camera in cameras.items()}
        for camera_id in problems.keys() - cameras.keys():
            tasks[camera_id] = IdleCamera(
                camera_id=camera_id, state=CameraState.MISCONFIGURED, reason=problems[camera_id]
            )
        self._tasks = dict(sorted(tasks.items()))
        self._assign()

    def assignment(self, worker: int) -> Assignment:
        """The assignment of one worker, numbered from 0."""
        own = [task for camera_id, task in self._tasks.items() if self._worker_of[camera_id] == worker]
        return Assignment(
            watched=tuple(task for task in own if isinstance(task, WatchedCamera)),
            idle=tuple(task for task in own if isinstance(task, IdleCamera)),
        )

    def _assign(self) -> None:
        self._worker_of = {i: worker for i, worker in self._worker_of.items() if i in self._tasks}
        load = dict.fromkeys(range(self._workers), 0.0)
        for camera_id, worker in self._worker_of.items():
            load[worker] += _load(self._tasks[camera_id])
        for camera_id, task in self._tasks.items():
            if camera_id not in self._worker_of:
                least_loaded = min(load, key=lambda worker: (load[worker], worker))
                self._worker_of[camera_id] = least_loaded
                load[least_loaded] += _load(task)


def _task(camera: CameraConfig, problem: str) -> Task:
    if camera.enabled:
        return WatchedCamera(camera=camera, config_error=problem)
    return IdleCamera(
        camera_id=camera.id, state=CameraState.STOPPED, reason="disabled in its file", config_error=problem
    )


def _load(task: Task) -> float:
    return task.camera.detection.fps if isinstance(task, WatchedCamera) else 0.01
