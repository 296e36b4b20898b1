"""A model file of half the size: weights kept as float16, turned back when it is loaded.

Each large float32 initializer becomes a float16 one and a Cast to float32 before whoever uses it. ONNX Runtime folds a
Cast of a constant while it loads, so the session computes in float32 and is as fast as it was: nothing but the rounding
of the weights remains.
"""

from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

FEWEST_VALUES = 64
"""Smaller tensors (scales, shapes, offsets) stay as they are: they save nothing."""
LARGEST = 60_000.0
"""float16 ends at 65,504."""


TOLD = ("names", "stride", "task", "license", "version", "author", "head")
"""What of the exporter's metadata stays. The rest are paths and dates of the machine that trained."""


def halve(file: Path, out: Path, description: str) -> Path:
    """Write the model with its weights in float16 and only what a reader needs in its metadata; returns `out`."""
    model = onnx.load(str(file))
    kept_words = {entry.key: entry.value for entry in model.metadata_props if entry.key in TOLD}
    helper.set_model_props(model, kept_words | {"description": description})
    kept: list[onnx.TensorProto] = []
    casts: list[onnx.NodeProto] = []
    for tensor in model.graph.initializer:
        values = numpy_helper.to_array(tensor)
        if not _worth_it(tensor.data_type, values):
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


def _worth_it(kind: int, values: NDArray[np.generic]) -> bool:
    return kind == TensorProto.FLOAT and values.size >= FEWEST_VALUES and float(np.abs(values).max()) < LARGEST
