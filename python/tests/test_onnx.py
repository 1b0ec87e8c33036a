"""Models in onnxruntime give what they give here."""

import os
import pathlib
import subprocess
import sys

import heed
import numpy as np
import pytest

onnxruntime = pytest.importorskip("onnxruntime", reason="onnxruntime cannot be installed here")
SCRIPTS = pathlib.Path(__file__).parents[2] / "tests" / "convert"
CLASSIFIER = os.environ.get("HEED_CLASSIFIER")


@pytest.fixture(scope="module")
def sequences():
    return np.random.default_rng(1).normal(size=(130, 12, 3)).astype(np.float32)


def answers(path, **inputs):
    """Of batches of 64 and of one."""
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    count = len(next(iter(inputs.values())))
    parts = [slice(0, 64), slice(64, 65), slice(65, count)]
    outs = [session.run(None, {name: value[part] for name, value in inputs.items()}) for part in parts]
    return {o.name: np.concatenate(values) for o, values in zip(session.get_outputs(), zip(*outs))}, session


OPTIONS = [
    {},
    {"cell": "gru", "bidirectional": True, "num_layers": 2},
    {"cell": "rnn", "attention": "multihead"},
    {"attention": "additive", "standardize": True},
    {"kernels": [5, 3], "channels": [8], "cell": "none", "attention": "meanmax", "residual": True},
    {"ensemble": 2},
]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_classifiers(tmp_path, sequences, options):
    y = np.array(["walks", "sits", "runs"])[np.arange(len(sequences)) % 3]
    model = heed.SequenceClassifier(hidden_size=6, epochs=2, random_state=0, **options).fit(sequences, y)
    model.to_onnx(tmp_path / "m.onnx")
    got, session = answers(tmp_path / "m.onnx", sequences=sequences)
    np.testing.assert_allclose(got["probabilities"], model.predict_proba(sequences), atol=1e-6, rtol=0)
    metadata = session.get_modelmeta().custom_metadata_map
    labels = metadata["labels"].splitlines()
    assert list(np.array(labels)[got["logits"].argmax(1)]) == list(model.predict(sequences))
    assert metadata["heed_version"] == heed.__version__


def test_lengths(tmp_path, sequences):
    lengths = np.random.default_rng(2).integers(1, 13, len(sequences)).astype(np.int32)
    ragged = [x[:n] for x, n in zip(sequences, lengths)]
    model = heed.SequenceClassifier(hidden_size=6, epochs=2, bidirectional=True).fit(ragged, np.arange(130) % 2)
    model.to_onnx(tmp_path / "m.onnx", lengths=True)
    got, _ = answers(tmp_path / "m.onnx", sequences=sequences, lengths=lengths)
    np.testing.assert_allclose(got["probabilities"], model.predict_proba(ragged), atol=1e-6, rtol=0)


def test_numbers_and_features_that_floats_cannot_hold(tmp_path, sequences):
    x = sequences.astype(np.float64)
    x[:, :, 1] += 1.7e9  # seconds since 1970
    model = heed.SequenceRegressor(hidden_size=6, epochs=2).fit(x, sequences.mean((1, 2)))
    model.to_onnx(tmp_path / "m.onnx")
    got, session = answers(tmp_path / "m.onnx", sequences=x)
    assert session.get_inputs()[0].type == "tensor(double)"
    np.testing.assert_allclose(got["numbers"].ravel(), model.predict(x), atol=1e-6, rtol=0)


def test_words(tmp_path, sentences):
    x, y = sentences
    model = heed.TextClassifier(hidden_size=6, embedding_size=4, epochs=2, random_state=0).fit(x, y)
    model.to_onnx(tmp_path / "m.onnx", lengths=True)
    session = onnxruntime.InferenceSession(str(tmp_path / "m.onnx"), providers=["CPUExecutionProvider"])
    metadata = session.get_modelmeta().custom_metadata_map
    token = {word: 2 + i for i, word in enumerate(metadata["words"].splitlines())}  # 0 is padding, 1 unknown
    for sentence, expected in zip(x, model.predict_proba(x)):
        tokens = np.array([[[token[word]] for word in sentence.split()]], np.int32)
        lengths = np.array([tokens.shape[1]], np.int32)
        (got,) = session.run(["probabilities"], {"tokens": tokens, "lengths": lengths})
        np.testing.assert_allclose(got[0], expected, atol=1e-6, rtol=0)


@pytest.fixture
def kinds(sequences, sentences):
    """Fitted models whose files say more than the options."""
    y = np.array(["walks", "sits", "runs"])[np.arange(len(sequences)) % 3]
    far = sequences.astype(np.float64)
    far[:, :, 1] += 1.7e9
    small = {"hidden_size": 4, "epochs": 1, "random_state": 0}
    texts, moods = sentences
    split = [text.split() for text in texts]
    networks = heed.SequenceClassifier(**small, ensemble=2, standardize=True, missing="mean")
    return {
        "networks": networks.fit(sequences, y),
        "numbers": heed.SequenceRegressor(**small).fit(far, sequences.mean((1, 2))),
        "texts": heed.TextClassifier(**small, lower=True).fit(texts, moods),
        "tags": heed.Tagger(**small, min_count=1).fit(split, [[word[:1] for word in one] for one in split]),
    }


def test_metadata_are_those_of_the_file(tmp_path, kinds):
    for name, model in kinds.items():
        model.to_onnx(tmp_path / "m.onnx")
        session = onnxruntime.InferenceSession(str(tmp_path / "m.onnx"), providers=["CPUExecutionProvider"])
        got = session.get_modelmeta().custom_metadata_map
        of_safetensors = ("format", "format_version", "architecture")  # the last is of one member
        said = {key: value for key, value in model.model_.metadata.items() if key not in of_safetensors}
        assert {key: got.get(key) for key in said} == said, name
        assert not [key for key in got if key.startswith(("self_test", "format"))]


@pytest.mark.skipif(not CLASSIFIER, reason="needs the trainer")
def test_writes_what_the_trainer_writes(tmp_path, kinds):
    for name in ("networks", "numbers", "texts"):
        kinds[name].save(tmp_path / "m.safetensors")
        kinds[name].to_onnx(tmp_path / "python.onnx")
        export = [CLASSIFIER, "export", "--model", "m.safetensors", "--onnx", f"{name}.onnx"]
        done = subprocess.run(export, cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        assert (tmp_path / "python.onnx").read_bytes() == (tmp_path / f"{name}.onnx").read_bytes(), name


def test_refusals(tmp_path, sequences):
    with pytest.raises(heed.Error, match="expected the path of a file"):
        heed.SequenceClassifier(hidden_size=2, epochs=1).fit(sequences, np.arange(130) % 2).to_onnx(3)
    rocket = heed.SequenceClassifier(recipe="rocket", num_features=84).fit(sequences, np.arange(130) % 2)
    with pytest.raises(heed.Error, match="Rocket cannot be exported to ONNX"):
        rocket.to_onnx(tmp_path / "m.onnx")
    assert not (tmp_path / "m.onnx").exists()
    model = heed.SequenceClassifier(hidden_size=2, epochs=1).fit(sequences, np.arange(130) % 2)
    with pytest.raises(heed.Error, match="no/m.onnx"):
        model.to_onnx(tmp_path / "no" / "m.onnx")


@pytest.mark.skipif(not os.environ.get("HEED_ONNX_MODELS"), reason="build/release has no heed_onnx_models")
def test_every_model_of_the_library(tmp_path):
    pytest.importorskip("onnx")
    subprocess.run([os.environ["HEED_ONNX_MODELS"], tmp_path], check=True)
    done = subprocess.run([sys.executable, SCRIPTS / "onnx_runtime.py", tmp_path], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.skipif(not CLASSIFIER or "HEED_DATA_DIR" not in os.environ, reason="needs the trainer and HEED_DATA_DIR")
def test_pen_digits_without_heed(tmp_path):
    data = pathlib.Path(os.environ["HEED_DATA_DIR"]) / "pendigits"

    def run(*words):
        done = subprocess.run(list(map(str, words)), cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    train = ["--data", data / "pendigits.tra", "--features", 2, "--epochs", 3, "--bidirectional", "--quiet"]
    run(CLASSIFIER, "train", *train, "--model", "m.safetensors")
    run(CLASSIFIER, "predict", "--model", "m.safetensors", "--data", data / "pendigits.tes", "--output", "labels.csv")
    run(CLASSIFIER, "export", "--model", "m.safetensors", "--onnx", "m.onnx")
    said = run(sys.executable, SCRIPTS / "onnx_labels.py", "m.onnx", data / "pendigits.tes", "labels.csv")
    assert said == "3498 of 3498 labels are the same\n"
