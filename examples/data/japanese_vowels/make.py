"""Makes train.npz and test.npz from the files of the PyPI package sktime; see README.md.

    python -m pip download sktime==1.2.0 --no-deps
    python make.py sktime-1.2.0-py3-none-any.whl
"""

import sys
import zipfile
from pathlib import Path

import numpy as np

FOLDER = "sktime/datasets/data/JapaneseVowels/JapaneseVowels"


def read(text):
    """The frames, lengths and speakers of a .ts file: after `@data` a line an utterance, which has its
    channels between colons, and then the speaker, 1 to 9."""
    utterances, speakers = [], []
    for line in text.split("@data\n")[1].splitlines():
        *channels, speaker = line.split(":")
        utterances.append(np.array([channel.split(",") for channel in channels], dtype=np.float64).T)
        speakers.append(int(speaker) - 1)
    frames = np.concatenate(utterances).astype("<f4")
    lengths = np.array([len(utterance) for utterance in utterances], dtype="<i4")
    return {"frames": frames, "lengths": lengths, "speakers": np.array(speakers, dtype="<i4")}


with zipfile.ZipFile(sys.argv[1]) as package:
    for part, utterances, frames in [("train", 270, 4274), ("test", 370, 5687)]:
        arrays = read(package.read(f"{FOLDER}_{part.upper()}.ts").decode())
        shapes = [array.shape for array in arrays.values()]
        assert shapes == [(frames, 12), (utterances,), (utterances,)], shapes
        assert arrays["lengths"].sum() == frames
        np.savez(Path(__file__).parent / f"{part}.npz", **arrays)
