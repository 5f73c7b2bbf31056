"""Checks the programs of examples/microcontroller, and prints what they take.

check.py FOLDER [LOG]: FOLDER has the programs, LOG what `microcontroller` printed.
"""

import json
import re
import sys
from pathlib import Path

from elf import Elf

FIXTURE = Path(__file__).parents[1] / "fixtures/microcontroller.json"


def check_output(log, reference):
    """The classes of the first twenty digits, the number that are right, and the losses, which are PyTorch's. On bytes, no
    more than one digit is lost."""
    largest = [max(range(10), key=scores.__getitem__) for scores in reference["logits"]]
    read = [int(digit) for digit in re.search(r"device reads:((?: \d){20})", log)[1].split()]
    assert read == largest, f"{read} are not PyTorch's {largest}"

    count = int(re.search(r"(\d+) of (\d+) digits right\ninference", log)[2])
    right, on_bytes, before, after = (int(number) for number in re.findall(r"(\d+) of \d+ digits right", log))
    assert on_bytes >= right - 1, f"{on_bytes} of {count} digits right on bytes, {right} on floats"
    losses = {int(step): float(loss) for step, loss in re.findall(r"step +(\d+): loss ([\d.]+)", log)}
    assert len(losses) >= 2
    if count == 300:
        assert (right, before) == (reference["right"], reference["upside_down"]), "not what PyTorch gets right"
        assert abs(after - reference["learned"]) <= 2
        for step, loss in losses.items():
            want = reference["losses"][step]
            assert abs(loss - want) < 0.002 + 0.005 * want, f"loss of step {step} is {loss}, PyTorch's {want}"
    assert abs(losses[0] - reference["losses"][0]) < 0.002, "the first loss is not PyTorch's"
    first, last = losses[min(losses)], losses[max(losses)]
    assert last < first, "the loss does not fall"


def check_panics(elf, name):
    """There is no code that panics in the program."""
    found = [symbol for symbol, _ in elf.symbols() if "panicking" in symbol or "begin_unwind" in symbol]
    assert not found, f"{name} can panic: {found}"


def main():
    folder, *logs = map(Path, sys.argv[1:])
    log = logs[0].read_text() if logs else ""
    if logs:
        check_output(log, json.loads(FIXTURE.read_text()))

    digits = Path(__file__).parents[2] / "examples/microcontroller/digits/images"
    # What to call them, bytes of digits in them, the line that says what they take (if one does), and how much code they may have.
    programs = {
        "inference": ("inference", 784, "inference:", 40_000),
        "inference_bf16": ("inference, weights in bf16", 784, None, 60_000),
        "inference_int8": ("inference, int8", 784, "inference on bytes:", 24_000),
        "training": ("training, 8 digits a step", digits.stat().st_size, "step ", 185_000),
        "microcontroller": ("all of it, and printing", digits.stat().st_size, "step ", 220_000),
    }
    print("\n| LeNet-5 | code and constants | weights | digits | RAM | stack | instructions |\n|---|---|---|---|---|---|---|")
    for name, (words, digits, line, limit) in programs.items():
        elf = Elf(folder / name)
        weights = sum(size for symbol, size in elf.symbols() if symbol.endswith(("5MODEL", "10MODEL_BF16", "10MODEL_INT8")))
        code = elf.flash() - weights - digits
        assert code < limit, f"{name} has {code} bytes of code and constants, which should be less than {limit}"
        taken = re.findall(line + r".* (\d+) instructions, (\d+) bytes of stack", log) if line else []
        count, stack = (max(map(int, numbers)) for numbers in zip(*taken)) if taken else (0, 0)
        used = f"{stack:,} B | {count:,}" if taken else "not run | not run"
        print(f"| {words} | {code:,} B | {weights:,} B | {digits:,} B | {elf.ram():,} B | {used} |")
    for name in ("inference", "inference_bf16", "inference_int8", "training"):
        check_panics(Elf(folder / name), name)


main()
