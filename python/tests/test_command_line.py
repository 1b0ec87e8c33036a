"""The same options give the same file as `classifier train`, whose path HEED_CLASSIFIER says."""

import json
import os
import subprocess
from pathlib import Path

import heed
import numpy as np
import pytest
from heed import _core

# The trainer is built for this machine: other builds differ by rounding.
pytestmark = pytest.mark.skipif(
    _core._levels[_core.isa] < _core.level(), reason="this build is not the best for this processor"
)


@pytest.fixture
def classifier():
    path = os.environ.get("HEED_CLASSIFIER", "")
    if not os.access(path, os.X_OK):
        pytest.skip("HEED_CLASSIFIER is not the path of the trainer")
    return path


def tensors_of(file):
    size = int.from_bytes(file[:8], "little")
    header = json.loads(file[8 : 8 + size])
    data = memoryview(file)[8 + size :]
    numbers = {"F32": np.float32, "F64": np.float64}
    return {
        name: np.frombuffer(data[slice(*t["data_offsets"])], numbers[t["dtype"]])
        for name, t in header.items()
        if name != "__metadata__"
    }


def require_same(made, file):
    """The same bytes; on processors other than Intel's the same up to rounding.

    GCC fuses products and sums as the processor's tuning says: -march=native of AMD rounds otherwise than x86-64-v3.
    """
    if made == file:
        return
    cpu = Path("/proc/cpuinfo")
    assert cpu.exists() and "GenuineIntel" not in cpu.read_text()
    own, other = tensors_of(made), tensors_of(file)
    assert own.keys() == other.keys()
    for name in own:
        assert np.allclose(own[name], other[name], rtol=1e-3, atol=2e-3), name


def trained(classifier, tmp_path, *options):
    model = tmp_path / "command_line.safetensors"
    subprocess.run([classifier, "train", "--quiet", "--model", model, *map(str, options)], check=True)
    return model


@pytest.mark.parametrize(
    "options, flags",
    [
        ({"epochs": 2}, ["--epochs", 2]),
        (
            {"epochs": 2, "batch_size": 32, "standardize": True, "attention": "multihead", "random_state": 7},
            ["--epochs", 2, "--batch", 32, "--standardize", "--attention", "multihead", "--seed", 7],
        ),
        (
            {"epochs": 2, "flavor": "keras", "bidirectional": True, "dropout": 0.2, "schedule": "cosine", "clip_norm": 1},
            "--epochs 2 --flavor keras --bidirectional --dropout 0.2 --schedule cosine --clip 1".split(),
        ),
        ({"epochs": 1, "ensemble": 2, "kernels": (5, 3)}, "--epochs 1 --ensemble 2 --kernels 5,3".split()),
        ({"epochs": 1, "recipe": "strong"}, "--epochs 1 --recipe strong".split()),
        ({"recipe": "rocket", "num_features": 84}, "--recipe rocket --num-features 84".split()),
        ({"recipe": "rocket"}, ["--recipe", "rocket"]),
        ({"recipe": "rocket+fcn", "num_features": 84, "epochs": 1}, "--recipe rocket+fcn --num-features 84 --epochs 1".split()),
    ],
)
def test_japanese_vowels(classifier, japanese_vowels, tmp_path, options, flags):
    x, y = heed.load_sequences(japanese_vowels)
    assert len(x) == 270 and x[0].shape[1] == 12
    model = heed.SequenceClassifier(**options).fit(x, y)
    file = trained(classifier, tmp_path, "--data", japanese_vowels, *flags)
    require_same(model.to_bytes(), file.read_bytes())
    assert np.array_equal(heed.load(file).predict(x), model.predict(x))


@pytest.fixture
def numbers(bumps, tmp_path):
    x, _ = bumps
    y = 100 + x[:, :, 0].sum(axis=1).astype(np.float64)
    np.save(tmp_path / "x.npy", x)
    np.save(tmp_path / "y.npy", y)
    return x, y, ["--task", "regression", "--data", tmp_path / "x.npy", "--labels", tmp_path / "y.npy"]


def test_rocket_of_numbers(classifier, numbers, tmp_path):
    x, y, data = numbers
    file = trained(classifier, tmp_path, *data, "--recipe", "rocket", "--num-features", 84)
    model = heed.SequenceRegressor(recipe="rocket", num_features=84).fit(x, y)
    require_same(model.to_bytes(), file.read_bytes())


def test_goes_on_from_a_model(classifier, japanese_vowels, tmp_path):
    x, y = heed.load_sequences(japanese_vowels)
    first = tmp_path / "first.safetensors"
    heed.SequenceClassifier(epochs=2, standardize=True, missing="mean").fit(x, y).save(first)
    for options, flags in (({}, []), ({"new_head": True, "frozen": "lstm"}, ["--new-head", "--freeze", "lstm"])):
        file = trained(classifier, tmp_path, "--data", japanese_vowels, "--init", first, "--epochs", 1, *flags)
        model = heed.SequenceClassifier(init=first, epochs=1, **options).fit(x, y)
        require_same(model.to_bytes(), file.read_bytes())


def test_goes_on_from_a_model_of_numbers(classifier, numbers, tmp_path):
    x, y, data = numbers
    first = tmp_path / "first.safetensors"
    heed.SequenceRegressor(epochs=2).fit(x, y).save(first)
    file = trained(classifier, tmp_path, *data, "--init", first, "--epochs", 2)
    assert heed.SequenceRegressor(init=first, epochs=2).fit(x, y).to_bytes() == file.read_bytes()


@pytest.mark.parametrize("absolute", [False, True])
@pytest.mark.parametrize("missing", ["error", "linear", "mask"])
def test_forecast(classifier, tmp_path, missing, absolute):
    t = np.arange(120)
    series = np.stack([np.sin(t / 3), t / 50.0 + 1e6], axis=1)
    options, flags = {}, []
    if missing != "error":
        series[40:44] = np.nan
        series[70, 0] = np.nan
        options, flags = {"missing": missing}, ["--missing", missing]
    if absolute:
        options, flags = {**options, "absolute": True}, [*flags, "--absolute"]
    lines = [",".join("" if v != v else repr(float(v)) for v in row) for row in series]
    (tmp_path / "s.csv").write_text("wave,trend\n" + "\n".join(lines) + "\n")
    table = "--task forecast --window 8 --horizon 2 --target-column trend --validation 0.25 --epochs 2".split()
    file = trained(classifier, tmp_path, "--data", tmp_path / "s.csv", *table, *flags)
    model = heed.Forecaster(window=8, horizon=2, targets=1, validation=0.25, epochs=2, **options).fit(series)
    ours, theirs = model.model_.metadata, heed.load(file).model_.metadata
    assert {k: v for k, v in theirs.items() if k != "feature_columns"} == ours
    assert np.array_equal(heed.load(file).predict(series), model.predict(series))


def test_regression(classifier, bumps, tmp_path):
    x, _ = bumps
    y = 100 + x[:, :, 0].sum(axis=1).astype(np.float64)
    np.save(tmp_path / "x.npy", x)
    np.save(tmp_path / "y.npy", y)
    file = trained(
        classifier, tmp_path, "--task", "regression", "--data", tmp_path / "x.npy", "--labels", tmp_path / "y.npy", "--epochs", 3
    )
    assert heed.SequenceRegressor(epochs=3).fit(x, y).to_bytes() == file.read_bytes()


def test_missing_values_and_lost_digits(classifier, bumps, tmp_path):
    x, y = bumps
    x = x.astype(np.float64) + 1.7e9
    x[::3, 2:4] = np.nan
    np.save(tmp_path / "x.npy", x)
    np.save(tmp_path / "y.npy", y)
    file = trained(
        classifier, tmp_path, "--data", tmp_path / "x.npy", "--labels", tmp_path / "y.npy", "--epochs", 3, "--standardize",
        "--missing", "mean",
    )  # fmt: skip
    model = heed.SequenceClassifier(epochs=3, standardize=True, missing="mean").fit(x, y)
    require_same(model.to_bytes(), file.read_bytes())


def test_sentences(classifier, sentences, tmp_path):
    x, y = sentences
    (tmp_path / "s.txt").write_text("".join(f"{label} {text}\n" for text, label in zip(x, y)))
    file = trained(classifier, tmp_path, "--text", tmp_path / "s.txt", "--epochs", 3, "--batch", 4, "--embedding", 8)
    model = heed.TextClassifier(epochs=3, batch_size=4, embedding_size=8).fit(x, y)
    require_same(model.to_bytes(), file.read_bytes())
    model.save(tmp_path / "first.safetensors")
    assert heed.load(file).predict(x).tolist() == model.predict(x).tolist()
    more = trained(classifier, tmp_path, "--text", tmp_path / "s.txt", "--epochs", 2, "--init", tmp_path / "first.safetensors")
    assert heed.TextClassifier(epochs=2, init=tmp_path / "first.safetensors").fit(x, y).to_bytes() == more.read_bytes()
