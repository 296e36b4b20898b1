"""From a TensorFlow.js graph model to ONNX, for the plain convolutional detectors that the registries hold.

TensorFlow computes on pictures as rows, columns, channels, ONNX as channels, rows, columns. The graphs read here were
once ONNX themselves and turn there and back around each convolution; a value therefore carries its permutation along,
and turns cancel out instead of being computed. Sizes are made relative, so that the result takes any picture with sides
that are multiples of 32, and several at once.
"""

import base64
import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from vision.core import ModelError

OPSET = 17
Array = NDArray[Any]
Node = dict[str, Any]
_NUMPY = {"float32": np.float32, "float16": np.float16, "int32": np.int32}


@dataclass(frozen=True, slots=True)
class Value:
    """A tensor of the ONNX graph as TensorFlow sees it: transposed by `perm`, of `shape` before that."""

    name: str
    shape: tuple[int, ...]
    perm: tuple[int, ...]


def convert(graph_file: Path) -> onnx.ModelProto:
    """The ONNX model of a TensorFlow.js graph (`.json`, its weights beside it).

    Raises ModelError where the file is not such a graph, or uses an operation that is not known here.
    """
    try:
        graph = json.loads(graph_file.read_text(encoding="utf-8"))
        constants = read_weights(graph_file, graph["weightsManifest"])
        nodes = graph["modelTopology"]["node"]
        inputs = [str(v["name"]) for v in graph["signature"]["inputs"].values()]
        outputs = [str(v["name"]) for v in graph["signature"]["outputs"].values()]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(f"graph {graph_file}: not a TensorFlow.js graph model ({error!r})") from error
    return _Converter(graph_file, nodes, constants).model(inputs, sorted(outputs))


def read_weights(graph_file: Path, manifest: list[dict[str, Any]]) -> dict[str, Array]:
    """Every weight by its name, widened to what the graph computes in."""
    weights: dict[str, Array] = {}
    for group in manifest:
        raw = b"".join((graph_file.parent / Path(p).name).read_bytes() for p in group["paths"])
        at = 0
        for spec in group["weights"]:
            stored = np.dtype(_NUMPY[spec.get("quantization", spec)["dtype"]]).newbyteorder("<")
            count = math.prod(spec["shape"])
            values = np.frombuffer(raw, stored, count, at).reshape(spec["shape"])
            weights[spec["name"]] = values.astype(_NUMPY[spec["dtype"]])
            at += count * stored.itemsize
        if at != len(raw):
            raise ModelError(f"graph {graph_file}: its weights are {len(raw)} bytes long, {at} were expected")
    return weights


class _Converter:
    def __init__(self, file: Path, nodes: list[Node], constants: dict[str, Array]) -> None:
        self._file = file
        self._nodes = {str(n["name"]): n for n in nodes}
        self._constants = constants
        self._values: dict[str, Value] = {}
        self._made: list[onnx.NodeProto] = []
        self._initializers: list[TensorProto] = []

    def model(self, inputs: Sequence[str], outputs: Sequence[str]) -> onnx.ModelProto:
        (picture,) = (i.partition(":")[0] for i in inputs)
        results = [self._output(name.partition(":")[0]) for name in outputs]
        graph = helper.make_graph(
            self._made,
            self._file.stem,
            [helper.make_tensor_value_info(picture, TensorProto.FLOAT, ["batch", 3, "height", "width"])],
            [
                helper.make_tensor_value_info(v.name, TensorProto.FLOAT, ["batch", f"cells{i}", v.shape[v.perm[2]]])
                for i, v in enumerate(results)
            ],
            self._initializers,
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], producer_name="ngatu")
        model.ir_version = 8
        onnx.checker.check_model(model, full_check=True)
        return model

    def _output(self, name: str) -> Value:
        value = self._settled(self._value(name))
        self._made.append(helper.make_node("Identity", [value.name], [name]))
        return replace(value, name=name)

    def _value(self, reference: str) -> Value:
        """The value that a node's input names, made first where it is not there yet."""
        name, _, port = reference.partition(":")
        key = f"{name}:{port or 0}"
        if key not in self._values:
            made = self._make(self._nodes[name])
            self._values |= {f"{name}:{i}": value for i, value in enumerate(made)}
        return self._values[key]

    def _make(self, node: Node) -> list[Value]:
        maker: Callable[[Node], list[Value]] | None = getattr(self, f"_make_{node['op'].lower()}", None)
        if maker is None:
            raise ModelError(f"graph {self._file}: the operation {node['op']} ({node['name']}) has no translation")
        return maker(node)

    def _emit(self, op: str, inputs: Sequence[str], shape: Sequence[int], seen: Sequence[int], **attrs: Any) -> Value:
        value = Value(f"{op.lower()}_{len(self._made)}", tuple(shape), tuple(seen))
        self._made.append(helper.make_node(op, list(inputs), [value.name], **attrs))
        return value

    def _initializer(self, values: Array) -> str:
        name = f"constant_{len(self._initializers)}"
        self._initializers.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def _settled(self, value: Value, perm: Sequence[int] | None = None) -> Value:
        """The value with its turn computed, so that what is left to turn is `perm` (nothing, when not given)."""
        wanted = tuple(perm) if perm is not None else tuple(range(len(value.shape)))
        if value.perm == wanted:
            return value
        turn = [value.perm[i] for i in np.argsort(wanted)]
        shape = [value.shape[i] for i in turn]
        return self._emit("Transpose", [value.name], shape, wanted, perm=turn)

    def _constant(self, reference: str) -> Array:
        """A constant, or what comes of the few operations that TensorFlow left to be computed on constants."""
        if reference in self._constants:
            return self._constants[reference]
        node = self._nodes[reference]
        if node["op"] in {"Add", "AddV2"}:
            return self._constant(node["input"][0]) + self._constant(node["input"][1])
        if node["op"] == "SparseToDense":
            where, size, values, default = (self._constant(i) for i in node["input"])
            dense = np.full(size, default, values.dtype)
            dense[tuple(np.atleast_2d(where).T)] = values
            return dense
        raise ModelError(f"graph {self._file}: {node['op']} ({reference}) was expected to be constant")

    def _make_placeholder(self, node: Node) -> list[Value]:
        shape = [int(d["size"]) for d in node["attr"]["shape"]["shape"]["dim"]]
        return [Value(node["name"], tuple(shape), tuple(range(len(shape))))]

    def _make_identity(self, node: Node) -> list[Value]:
        return [self._value(node["input"][0])]

    def _make_transpose(self, node: Node) -> list[Value]:
        value = self._value(node["input"][0])
        return [replace(value, perm=tuple(value.perm[i] for i in self._constant(node["input"][1])))]

    def _make_pad(self, node: Node) -> list[Value]:
        value = self._value(node["input"][0])
        fill = self._constant(node["input"][2]) if node["op"] == "PadV2" else np.float32(0)
        pads = np.empty((len(value.shape), 2), np.int64)
        pads[list(value.perm)] = self._constant(node["input"][1])
        names = [value.name, self._initializer(pads.T.reshape(-1)), self._initializer(np.asarray(fill, np.float32))]
        shape = np.add(value.shape, pads.sum(axis=1)).tolist()
        return [self._emit("Pad", names, shape, value.perm)]

    _make_padv2 = _make_pad

    def _make_conv2d(self, node: Node) -> list[Value]:
        value = self._settled(self._value(node["input"][0]), NHWC)
        kernel = self._constant(node["input"][1]).transpose(3, 2, 0, 1)
        strides, dilations = _pair(node, "strides"), _pair(node, "dilations")
        self._must_be_valid(node)
        sides = [
            (side - d * (k - 1) - 1) // s + 1
            for side, k, s, d in zip(value.shape[2:], kernel.shape[2:], strides, dilations, strict=True)
        ]
        names = [value.name, self._initializer(kernel)]
        shape = [value.shape[0], kernel.shape[0], *sides]
        return [self._emit("Conv", names, shape, NHWC, strides=strides, dilations=dilations)]

    def _make_maxpool(self, node: Node) -> list[Value]:
        value = self._settled(self._value(node["input"][0]), NHWC)
        strides, kernel = _pair(node, "strides"), _pair(node, "ksize")
        self._must_be_valid(node)
        sides = [(side - k) // s + 1 for side, k, s in zip(value.shape[2:], kernel, strides, strict=True)]
        return [
            self._emit("MaxPool", [value.name], [*value.shape[:2], *sides], NHWC, kernel_shape=kernel, strides=strides)
        ]

    def _must_be_valid(self, node: Node) -> None:
        padding = base64.b64decode(node["attr"]["padding"]["s"]).decode()
        if padding != "VALID":
            raise ModelError(f"graph {self._file}: {node['name']} pads '{padding}'; only VALID has a translation")

    def _make_add(self, node: Node) -> list[Value]:
        """Of two values, or of a value and a bias along its last axis."""
        left, right = node["input"]
        value = self._value(left)
        if right in self._constants:
            bias = self._constants[right]
            broadcast = np.ones(len(value.shape), np.int64)
            axis = value.perm[-1] if bias.ndim == 1 else value.perm[bias.shape.index(bias.size)]
            broadcast[axis] = bias.size
            names = [value.name, self._initializer(bias.reshape(broadcast))]
        else:
            names = [value.name, self._settled(self._value(right), value.perm).name]
        return [self._emit("Add", names, value.shape, value.perm)]

    _make_addv2 = _make_add

    def _make_leakyrelu(self, node: Node) -> list[Value]:
        value = self._value(node["input"][0])
        return [self._emit("LeakyRelu", [value.name], value.shape, value.perm, alpha=node["attr"]["alpha"]["f"])]

    def _make_sigmoid(self, node: Node) -> list[Value]:
        value = self._value(node["input"][0])
        return [self._emit("Sigmoid", [value.name], value.shape, value.perm)]

    def _make_concatv2(self, node: Node) -> list[Value]:
        *parts, axis_name = node["input"]
        first = self._value(parts[0])
        values = [first, *(self._settled(self._value(p), first.perm) for p in parts[1:])]
        axis = first.perm[int(self._constant(axis_name))]
        shape = list(first.shape)
        shape[axis] = sum(v.shape[axis] for v in values)
        return [self._emit("Concat", [v.name for v in values], shape, first.perm, axis=axis)]

    def _make_splitv(self, node: Node) -> list[Value]:
        value = self._value(node["input"][0])
        sizes = self._constant(node["input"][1]).astype(np.int64)
        axis = value.perm[int(self._constant(node["input"][2]))]
        stem = f"split_{len(self._made)}"
        shapes = [(*value.shape[:axis], int(size), *value.shape[axis + 1 :]) for size in sizes]
        parts = [Value(f"{stem}_{i}", shape, value.perm) for i, shape in enumerate(shapes)]
        names = [value.name, self._initializer(sizes)]
        self._made.append(helper.make_node("Split", names, [p.name for p in parts], axis=axis))
        return parts

    def _make_resizebilinear(self, node: Node) -> list[Value]:
        """By a factor, not to a size, so that it holds for every picture."""
        value = self._settled(self._value(node["input"][0]), NHWC)
        if not node["attr"]["half_pixel_centers"]["b"] or node["attr"]["align_corners"]["b"]:
            raise ModelError(f"graph {self._file}: {node['name']} resizes other than by pixel centres")
        size = self._constant(node["input"][1]).tolist()
        scales = np.array([1, 1, *np.divide(size, value.shape[2:])], np.float32)
        names = [value.name, "", self._initializer(scales)]
        shape = [*value.shape[:2], *size]
        return [self._emit("Resize", names, shape, NHWC, mode="linear", coordinate_transformation_mode="half_pixel")]

    def _make_reshape(self, node: Node) -> list[Value]:
        """Of rows and columns to cells: the only one that detectors need, and the one that every size allows."""
        value = self._settled(self._value(node["input"][0]))
        target = self._constant(node["input"][1]).tolist()
        flat = [*value.shape[:2], math.prod(value.shape[2:])]
        if target not in (flat, [*flat[:2], -1]):
            raise ModelError(f"graph {self._file}: {node['name']} reshapes {value.shape} to {target}")
        names = [value.name, self._initializer(np.array([0, 0, -1], np.int64))]
        return [self._emit("Reshape", names, flat, range(3))]


NHWC = (0, 2, 3, 1)
"""How TensorFlow turns what ONNX keeps as channels, rows, columns."""


def _pair(node: Node, attribute: str) -> list[int]:
    """Rows and columns of an attribute given for all four axes."""
    return [int(i) for i in node["attr"][attribute]["list"]["i"][1:3]]
