"""Real ONNX files, small enough to be made in a test: their outputs are what the test wants, whatever the picture."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

Side = int | str


def constant_model(
    file: Path,
    outputs: dict[str, np.ndarray],
    *,
    sides: tuple[Side, Side] = ("height", "width"),
    batch: Side = "batch",
    metadata: dict[str, str] | None = None,
    sizes_input: bool = False,
) -> Path:
    """A model that answers every picture of a batch with the same outputs (each given without the batch axis)."""
    inputs = [helper.make_tensor_value_info("images", TensorProto.FLOAT, [batch, 3, *sides])]
    if sizes_input:
        inputs.append(helper.make_tensor_value_info("orig_target_sizes", TensorProto.INT64, [batch, 2]))
    nodes, initializers, results = _count_pictures(), [numpy_helper.from_array(np.array([1]), "one")], []
    initializers.append(numpy_helper.from_array(np.array([0]), "zero"))
    for name, values in outputs.items():
        initializers.append(numpy_helper.from_array(values[None], f"{name}_values"))
        ones = numpy_helper.from_array(np.ones(values.ndim, np.int64), f"{name}_ones")
        initializers.append(ones)
        nodes.append(helper.make_node("Concat", ["pictures", f"{name}_ones"], [f"{name}_times"], axis=0))
        nodes.append(helper.make_node("Tile", [f"{name}_values", f"{name}_times"], [name]))
        kind = TensorProto.INT64 if values.dtype == np.int64 else TensorProto.FLOAT
        results.append(helper.make_tensor_value_info(name, kind, ["n"] + [None] * values.ndim))
    return _write(file, nodes, inputs, results, initializers, metadata=metadata)


def mirror_model(file: Path, side: int = 32) -> Path:
    """A YOLO-like model of one class, 'car', with a first box of the width that the picture's brightness (0 to 1)
    gives.

    Its answer depends on the picture, so that mixed-up pictures show.
    """
    cells = (side // 8) ** 2 + (side // 16) ** 2 + (side // 32) ** 2
    rest = np.zeros((1, 5, cells - 1), np.float32)
    initializers = [
        numpy_helper.from_array(rest, "rest"),
        numpy_helper.from_array(np.array([1, 5, 1]), "shape"),
        numpy_helper.from_array(np.array([0, 0, side, 0, 0], np.float32).reshape(1, 5, 1), "scale"),
        numpy_helper.from_array(np.array([side / 2, side / 2, 0, 8, 0.9], np.float32).reshape(1, 5, 1), "offset"),
    ]
    nodes = [
        helper.make_node("ReduceMean", ["images"], ["mean"], keepdims=0),
        helper.make_node("Mul", ["mean", "scale"], ["scaled"]),
        helper.make_node("Add", ["scaled", "offset"], ["first"]),
        helper.make_node("Concat", ["first", "rest"], ["output0"], axis=2),
    ]
    picture = helper.make_tensor_value_info("images", TensorProto.FLOAT, [1, 3, side, side])
    result = helper.make_tensor_value_info("output0", TensorProto.FLOAT, [1, 5, cells])
    return _write(file, nodes, [picture], [result], initializers, metadata={"names": "{0: 'car'}"})


def cells_of(width: int, height: int) -> int:
    """How many cells strides 8, 16 and 32 have."""
    return sum((width // s) * (height // s) for s in (8, 16, 32))


def _count_pictures() -> list[onnx.NodeProto]:
    return [
        helper.make_node("Shape", ["images"], ["shape_of_images"]),
        helper.make_node("Slice", ["shape_of_images", "zero", "one"], ["pictures"]),
    ]


def _write(
    file: Path,
    nodes: Sequence[onnx.NodeProto],
    inputs: Sequence[onnx.ValueInfoProto],
    outputs: Sequence[onnx.ValueInfoProto],
    initializers: Sequence[TensorProto],
    *,
    metadata: dict[str, str] | None,
) -> Path:
    graph = helper.make_graph(list(nodes), "tiny", list(inputs), list(outputs), list(initializers))
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    helper.set_model_props(model, metadata or {})
    onnx.save(model, file)
    return file
