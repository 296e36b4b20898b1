"""Who watches what: cameras dealt among workers, so that a change moves only what changed."""

from collections.abc import Mapping

from vision.config.camera import CameraConfig
from vision.contracts import CameraState
from vision.worker.assignment import Assignment, Resting, Watched

Task = Watched | Resting


class CameraAssigner:
    """What every worker has to do, after each look into the folder.

    A camera stays with its worker for as long as its file is there. A new one goes to the worker that has the least to
    look at, in frames a second; at the same start the same cameras go to the same workers.
    """

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._tasks: dict[str, Task] = {}
        self._worker_of: dict[str, int] = {}

    def update(self, cameras: Mapping[str, CameraConfig], problems: Mapping[str, str]) -> None:
        """Take in the folder: the sound files by camera id, and what is wrong with the others.

        A file that was sound before and is broken now leaves its camera running as it was.
        """
        tasks: dict[str, Task] = {camera_id: _task(camera) for camera_id, camera in cameras.items()}
        for camera_id, problem in problems.items():
            tasks[camera_id] = self._despite(tasks.get(camera_id), camera_id, problem)
        self._tasks = dict(sorted(tasks.items()))
        self._deal()

    def assignment(self, worker: int) -> Assignment:
        """What the worker of this number, from 0, has to do."""
        own = [task for camera_id, task in self._tasks.items() if self._worker_of[camera_id] == worker]
        return Assignment(
            watched=tuple(task for task in own if isinstance(task, Watched)),
            resting=tuple(task for task in own if isinstance(task, Resting)),
        )

    def _despite(self, now: Task | None, camera_id: str, problem: str) -> Task:
        """A camera of which a file is wrong; `now` is what another file of the same name says."""
        if isinstance(now, Watched):
            return Watched(camera=now.camera, remark=problem)
        before = self._tasks.get(camera_id)
        if isinstance(before, Watched):
            return Watched(camera=before.camera, remark=f"its changed file is not used, the one before is: {problem}")
        return Resting(camera_id=camera_id, state=CameraState.MISCONFIGURED, reason=problem)

    def _deal(self) -> None:
        self._worker_of = {i: worker for i, worker in self._worker_of.items() if i in self._tasks}
        load = dict.fromkeys(range(self._workers), 0.0)
        for camera_id, worker in self._worker_of.items():
            load[worker] += _load(self._tasks[camera_id])
        for camera_id, task in self._tasks.items():
            if camera_id not in self._worker_of:
                idlest = min(load, key=lambda worker: (load[worker], worker))
                self._worker_of[camera_id] = idlest
                load[idlest] += _load(task)


def _task(camera: CameraConfig) -> Task:
    if camera.enabled:
        return Watched(camera=camera)
    return Resting(camera_id=camera.id, state=CameraState.STOPPED, reason="switched off in its file")


def _load(task: Task) -> float:
    return task.camera.detection.fps if isinstance(task, Watched) else 0.01
