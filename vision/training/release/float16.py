"""Stores the weights of an ONNX model as float16, which halves its file; it still computes in float32."""

from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

MIN_VALUES = 64
"""Smaller tensors (scales, shapes, offsets) stay float32: they save nothing."""
MAX_VALUE = 60_000.0
"""Tensors with larger values stay float32: float16 ends at 65,504."""
KEPT_METADATA = ("names", "stride", "task", "license", "version", "author", "head")
"""Keys of the exporter's metadata that stay. Others are paths and dates of the training machine."""


def store_as_float16(file: Path, out: Path, description: str) -> Path:
    """Write the model with float16 weights, only `KEPT_METADATA`, and a description; returns `out`.

    Each large float32 initializer becomes a float16 one with a Cast to float32 after it. ONNX Runtime folds the Cast of
    a constant at load time, so the session is as fast as before and differs only by the rounding of the weights.
    """
    model = onnx.load(str(file))
    metadata = {entry.key: entry.value for entry in model.metadata_props if entry.key in KEPT_METADATA}
    helper.set_model_props(model, metadata | {"description": description})
    kept: list[onnx.TensorProto] = []
    casts: list[onnx.NodeProto] = []
    for tensor in model.graph.initializer:
        values = numpy_helper.to_array(tensor)
        if not _is_convertible(tensor.data_type, values):
            kept.append(tensor)
            continue
        small = f"{tensor.name}_float16"
        kept.append(numpy_helper.from_array(values.astype(np.float16), small))
        casts.append(helper.make_node("Cast", [small], [tensor.name], to=TensorProto.FLOAT, name=f"{small}_cast"))
    nodes = [*casts, *model.graph.node]
    del model.graph.initializer[:], model.graph.node[:]
    model.graph.initializer.extend(kept)
    model.graph.node.extend(nodes)
    onnx.checker.check_model(model)
    onnx.save(model, str(out))
    return out


def _is_convertible(kind: int, values: NDArray[np.generic]) -> bool:
    return kind == TensorProto.FLOAT and values.size >= MIN_VALUES and float(np.abs(values).max()) < MAX_VALUE
