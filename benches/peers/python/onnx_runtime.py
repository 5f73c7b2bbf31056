"""onnxruntime, as a peer: `onnx_runtime.py THREADS`."""

import sys

import numpy as np
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import load_file

import protocol

OPTIONS = onnxruntime.SessionOptions()
OPTIONS.intra_op_num_threads = int(sys.argv[1])
OPTIONS.inter_op_num_threads = 1


def load(name):
    if protocol.product(name):
        return product(name)
    sizes = protocol.convolution(name)
    if sizes:
        return convolution(*sizes[1:]) if sizes[0] == "forward" else None
    if name.startswith("train"):
        return None
    x = load_file(protocol.DATA / f"{name}.safetensors")["input"]
    return session(str(protocol.DATA / f"{name}.onnx"), {"x": x})


def session(model, inputs):
    """A sample of what the model makes of these inputs, and a function that runs it, with nothing copied."""
    session = onnxruntime.InferenceSession(model, OPTIONS, providers=["CPUExecutionProvider"])
    binding = session.io_binding()
    for name, value in inputs.items():
        binding.bind_ortvalue_input(name, onnxruntime.OrtValue.ortvalue_from_numpy(value))
    y = session.run(["y"], inputs)[0]
    binding.bind_ortvalue_output("y", onnxruntime.OrtValue.ortvalue_from_shape_and_type(list(y.shape), np.float32))
    run = session.run_with_iobinding
    return protocol.sample(y), lambda: run(binding)


def graph(node, inputs, dims, constants=()):
    """A model of one node."""
    info = helper.make_tensor_value_info
    values = [info(name, TensorProto.FLOAT, value.shape) for name, value in inputs.items()]
    constants = [numpy_helper.from_array(value, name) for name, value in constants]
    made = helper.make_graph([node], "graph", values, [info("y", TensorProto.FLOAT, dims)], constants)
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return session(model.SerializeToString(), inputs)


def product(name):
    a, b, c = protocol.operands(name)
    return graph(helper.make_node("MatMul", ["a", "b"], ["y"]), {"a": a, "b": b}, c.shape)


def convolution(dims, kernel, stride, padding, groups):
    x, weight, bias = protocol.random(1, *dims), protocol.random(2, *kernel), protocol.random(3, kernel[0])
    settings = dict(strides=[stride] * 2, pads=[padding] * 4, group=groups)
    node = helper.make_node("Conv", ["x", "weight", "bias"], ["y"], **settings)
    return graph(node, {"x": x}, [None] * 4, [("weight", weight), ("bias", bias)])


protocol.serve(load)
