"""ONNX Runtime sessions, shared by the cameras of a worker, and the choice of execution provider."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
import structlog
from numpy.typing import NDArray
from onnxruntime.capi import onnxruntime_pybind11_state as ort_errors

from vision.common.paths import cache_dir
from vision.core import ModelError

log = structlog.get_logger(__name__)

PREFERRED = {
    "tensorrt": "TensorrtExecutionProvider",
    "cuda": "CUDAExecutionProvider",
    "openvino": "OpenVINOExecutionProvider",
    "cpu": "CPUExecutionProvider",
}
"""Short name to ONNX Runtime's, fastest first."""

ORT_ERRORS: tuple[type[Exception], ...] = tuple(
    e for e in vars(ort_errors).values() if isinstance(e, type) and issubclass(e, Exception)
)
ERRORS_ONLY = 3
"""ONNX Runtime's log level."""

Array = NDArray[np.generic]


class Session:
    """A loaded model file. `run` may be called by several threads at once."""

    def __init__(self, file: Path, *, providers: Sequence[str] | None = None, threads: int | None = None) -> None:
        self.file = file
        chosen = choose_providers(providers)
        self._session = _open(file, chosen, threads or usable_cpus())
        self.providers: tuple[str, ...] = tuple(self._session.get_providers())
        self.inputs = tuple(self._session.get_inputs())
        self.output_names: tuple[str, ...] = tuple(o.name for o in self._session.get_outputs())
        log.info("model loaded", file=file.name, providers=self.providers, chosen_by="caller" if providers else "ngatu")
        if self.providers[0] != chosen[0]:
            log.warning("provider would not start", wanted=chosen[0], running_on=self.providers[0], file=file.name)

    @property
    def metadata(self) -> dict[str, str]:
        return dict(self._session.get_modelmeta().custom_metadata_map)

    def run(self, feed: Mapping[str, Array]) -> list[Array]:
        try:
            return list(self._session.run(None, dict(feed)))
        except ORT_ERRORS as error:
            shapes = {name: value.shape for name, value in feed.items()}
            raise ModelError(f"model {self.file}: it would not run on {shapes}: {_first_line(error)}") from error


def choose_providers(wanted: Sequence[str] | None = None) -> list[str]:
    """ONNX Runtime's names of the providers to try, the CPU always last.

    `wanted` overrides the choice, by short names (tensorrt, cuda, openvino, cpu) or ONNX Runtime's own.
    """
    there = ort.get_available_providers()
    if not wanted:
        return [p for p in PREFERRED.values() if p in there]
    names = [PREFERRED.get(w.lower(), w) for w in wanted]
    if missing := [n for n in names if n not in there]:
        raise ModelError(
            f"provider {', '.join(missing)} is not in this ONNX Runtime, which has {', '.join(there)}; "
            "install the matching onnxruntime build (onnxruntime-gpu, onnxruntime-openvino) or choose another"
        )
    return [*names, *(["CPUExecutionProvider"] if "CPUExecutionProvider" not in names else [])]


def usable_cpus() -> int:
    """The CPUs that this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _open(file: Path, providers: Sequence[str], threads: int) -> ort.InferenceSession:
    if not file.is_file():
        raise ModelError(f"model {file}: there is no such file")
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = ERRORS_ONLY
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return ort.InferenceSession(str(file), options, providers=[_with_options(p) for p in providers])
    except ORT_ERRORS as error:
        size = file.stat().st_size
        raise ModelError(
            f"model {file} ({size} bytes): not a complete ONNX model ({_first_line(error)}); "
            "expected an .onnx file of a detector, see `ngatu models list`"
        ) from error


def _with_options(provider: str) -> str | tuple[str, dict[str, Any]]:
    if provider != PREFERRED["tensorrt"]:
        return provider
    engines = cache_dir("models") / "tensorrt"
    engines.mkdir(parents=True, exist_ok=True)
    return provider, {"trt_engine_cache_enable": True, "trt_engine_cache_path": str(engines), "trt_fp16_enable": True}


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]
