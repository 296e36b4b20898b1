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
        """Update from the folder: valid cameras by id, and the problems of the other files by the camera's id.

        A file that was valid before and is not now leaves its camera running as it was.
        """
        tasks: dict[str, Task] = {camera_id: _task(camera) for camera_id, camera in cameras.items()}
        for camera_id, problem in problems.items():
            tasks[camera_id] = self._with_problem(tasks.get(camera_id), camera_id, problem)
        self._tasks = dict(sorted(tasks.items()))
        self._assign()

    def assignment(self, worker: int) -> Assignment:
        """The assignment of one worker, numbered from 0."""
        own = [task for camera_id, task in self._tasks.items() if self._worker_of[camera_id] == worker]
        return Assignment(
            watched=tuple(task for task in own if isinstance(task, WatchedCamera)),
            idle=tuple(task for task in own if isinstance(task, IdleCamera)),
        )

    def _with_problem(self, now: Task | None, camera_id: str, problem: str) -> Task:
        """The task of a camera with an invalid file; `now` is that of a second, valid file of the same name."""
        if isinstance(now, WatchedCamera):
            return WatchedCamera(camera=now.camera, remark=problem)
        before = self._tasks.get(camera_id)
        if isinstance(before, WatchedCamera):
            return WatchedCamera(
                camera=before.camera, remark=f"its changed file is not used, the previous one is: {problem}"
            )
        return IdleCamera(camera_id=camera_id, state=CameraState.MISCONFIGURED, reason=problem)

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


def _task(camera: CameraConfig) -> Task:
    if camera.enabled:
        return WatchedCamera(camera=camera)
    return IdleCamera(camera_id=camera.id, state=CameraState.STOPPED, reason="disabled in its file")


def _load(task: Task) -> float:
    return task.camera.detection.fps if isinstance(task, WatchedCamera) else 0.01
