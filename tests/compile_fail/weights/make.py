"""Writes the files of these cases: `python tests/compile_fail/weights/make.py`. Needs nothing but Python."""

import json
import struct
from pathlib import Path

HERE = Path(__file__).parent


def write(name, header, data=b"", length=None):
    """A file of a header, its length unless another is given, and data."""
    if not isinstance(header, bytes):
        header = json.dumps(header, separators=(",", ":")).encode()
    if length is None:
        length = len(header)
    (HERE / f"{name}.safetensors").write_bytes(struct.pack("<Q", length) + header + data)


def tensors(*entries):
    """Header and data of tensors, each of a name, an element, its size in bytes and dimensions."""
    header, place = {}, 0
    for name, element, size, dims in entries:
        begin = place
        for dim in dims:
            size *= dim
        place += size
        header[name] = {"dtype": element, "shape": dims, "data_offsets": [begin, place]}
    return header, bytes(i % 7 for i in range(place))


def entry(begin, end, dims, element="F32"):
    return {"dtype": element, "shape": dims, "data_offsets": [begin, end]}


NET = [
    ("fc1.bias", "F32", 4, [3]),
    ("fc1.weight", "F32", 4, [3, 4]),
    ("fc2.bias", "F32", 4, [2]),
    ("fc2.weight", "F32", 4, [2, 3]),
]

# What fits, with what PyTorch's batch norms leave behind.
header, data = tensors(*NET, ("bn.num_batches_tracked", "I64", 8, []))
write("good", {"__metadata__": {"format": "pt", "note": 'a "quoted" \u00e9 \U0001f600'}, **header}, data)

# Weights of linear layers as a prepared model has them: packed, in one dimension.
write("prepared", *tensors(NET[0], ("fc1.weight", "F32", 4, [12]), NET[2], ("fc2.weight", "F32", 4, [6])))

# More tensors than the compiler may look at one by one without a word, in no order.
many = [(f"{i}.{name}", "F32", 4, dims) for i in range(600) for name, dims in (("weight", [1, 1]), ("bias", [1]))]
header, data = tensors(*many)
write("many", dict(sorted(header.items(), key=lambda item: item[1]["data_offsets"][0] * 7919 % 4801)), data)

# Differences.
write("missing", *tensors(*NET[:3]))
write("extra", *tensors(*NET, ("fc3.bias", "F32", 4, [5])))
write("dims", *tensors(*NET[:3], ("fc2.weight", "F32", 4, [3, 2])))
write("element", *tensors(*NET[:3], ("fc2.weight", "BF16", 2, [2, 3])))
write("several", *tensors(("fc1.bias", "F64", 8, [3]), ("fc1.weight", "F32", 4, [4, 3]), ("fc3.scale", "F32", 4, []), NET[2]))
write("other_names", *tensors(*((f"classifier.{name}", *rest) for name, *rest in NET)))

# Damaged.
header, data = tensors(*NET)
whole = json.dumps(header, separators=(",", ":")).encode()
(HERE / "empty.safetensors").write_bytes(b"")
write("truncated_header", whole[:100], length=len(whole))
write("truncated_data", header, data[:-1])
write("trailing_data", header, data + b"\0")
write("no_json", b"PK\3\4 this is another format", data)
write("no_utf8", whole.replace(b"fc1", b"f\xff1"), data)
write("nested", b'{"fc1.bias":' + b"[" * 10_000, data)

# Hostile.
write("length_2_63", whole, data, length=2**63)
write("length_max", whole, data, length=2**64 - 1)
write("overlap", {"a": entry(0, 16, [4]), "b": entry(8, 24, [4])}, bytes(24))
write("gap", {"a": entry(0, 16, [4]), "b": entry(20, 36, [4])}, bytes(36))
write("outside", {"a": entry(0, 16, [4]), "b": entry(2**63, 2**63 + 16, [4])}, bytes(32))
write("backwards", {"a": entry(16, 0, [4])}, bytes(16))
write("dims_overflow", {"fc1.bias": entry(0, 16, [2**62, 4])}, bytes(16))
write("dims_bits_overflow", {"fc1.bias": entry(0, 16, [2**60])}, bytes(16))
write("dims_absurd", {"fc1.bias": entry(0, 16, [1] * 20 + [4])}, bytes(16))
write("number_too_large", b'{"fc1.bias":{"dtype":"F32","shape":[18446744073709551616],"data_offsets":[0,0]}}')
write("dims_do_not_fit_data", {"fc1.bias": entry(0, 16, [3])}, bytes(16))
write("twice", b'{"a":%s,"a":%s}' % ((b'{"dtype":"F32","shape":[0],"data_offsets":[0,0]}',) * 2))
write("unknown_element", {"a": entry(0, 16, [4], "F31")}, bytes(16))
write("part_of_byte", {"a": entry(0, 1, [1], "F4")}, bytes(1))
write("escaped_name", b'{"fc\\u0031.bias":{"dtype":"F32","shape":[3],"data_offsets":[0,12]}}', bytes(12))
write("unknown_part", b'{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0],"strides":[1]}}')
write("incomplete", b'{"a":{"dtype":"F32","shape":[0]}}')
