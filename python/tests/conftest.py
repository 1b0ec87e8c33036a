import os
import pathlib

import numpy as np
import pytest


@pytest.fixture
def bumps():
    """Sequences (n, 12, 2) whose class is where the bump stands."""
    random = np.random.default_rng(3)
    y = np.arange(60) % 3
    x = random.normal(0, 0.2, (60, 12, 2)).astype(np.float32)
    for row, label in zip(x, y):
        row[4 * label : 4 * label + 3, 0] += 2
    return x, y


@pytest.fixture
def sentences():
    good = ["a good film", "what a good play", "a fine good film", "good and fine"]
    bad = ["a bad film", "what a bad play", "a dull bad film", "bad and dull"]
    return good + bad, ["good"] * 4 + ["bad"] * 4


def data_dir():
    path = os.environ.get("HEED_DATA_DIR")
    return pathlib.Path(path) if path else None


@pytest.fixture
def japanese_vowels():
    root = data_dir()
    found = sorted(root.rglob("JapaneseVowels_TRAIN.ts")) if root else []
    if not found:
        pytest.skip("HEED_DATA_DIR has no JapaneseVowels_TRAIN.ts")
    return found[0]
