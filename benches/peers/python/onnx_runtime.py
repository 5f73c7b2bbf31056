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
    if name == "silero":
        return stream(str(protocol.DATA / f"{name}.onnx"), x)
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


def stream(model, x):
    """The same frame again and again. What one run remembers is where the next one reads, and the other way round."""
    session = onnxruntime.InferenceSession(model, OPTIONS, providers=["CPUExecutionProvider"])
    numbers = onnxruntime.OrtValue.ortvalue_from_numpy
    x, y = numbers(x), numbers(np.zeros((1, 1), np.float32))
    states = [{name: numbers(np.zeros((1, 128), np.float32)) for name in "hc"} for _ in range(2)]
    bindings = []
    for before, after in [states, states[::-1]]:
        binding = session.io_binding()
        for name, value in {"x": x, **before}.items():
            binding.bind_ortvalue_input(name, value)
        for name, value in {"y": y, **{f"{name}_next": value for name, value in after.items()}}.items():
            binding.bind_ortvalue_output(name, value)
        bindings.append(binding)
    run = session.run_with_iobinding

    def work():
        run(bindings[0])
        bindings.reverse()

    def probability():
        work()
        return float(y.numpy()[0, 0])

    return [probability() for _ in range(10)], work


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
