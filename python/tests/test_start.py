"""Training that goes on from a model, and files of other programs."""

import json
import struct

import heed
import numpy as np
import pytest


@pytest.fixture
def first(bumps, tmp_path):
    x, y = bumps
    path = tmp_path / "first.safetensors"
    heed.SequenceClassifier(hidden_size=8, epochs=20, learning_rate=0.03, standardize=True).fit(x, y).save(path)
    return path


def test_starts_where_the_model_stands(bumps, first):
    x, y = bumps
    before = heed.load(first)
    same = heed.SequenceClassifier(init=first, epochs=1, learning_rate=1e-12).fit(x, y)
    assert np.allclose(same.predict_proba(x), before.predict_proba(x), atol=1e-5)
    assert same.classes_.tolist() == [0, 1, 2]
    further = heed.SequenceClassifier(init=first, epochs=20, learning_rate=0.01).fit(x, y)
    assert further.history_["loss"][-1] < same.history_["loss"][0]


def test_some_classes_suffice(bumps, first):
    x, y = bumps
    model = heed.SequenceClassifier(init=first, epochs=1).fit(x[y < 2], y[y < 2])
    assert model.predict_proba(x).shape == (60, 3)


def test_new_head(bumps, first):
    x, y = bumps
    names = np.array(["a", "b", "c", "d"])[np.arange(60) % 4]
    model = heed.SequenceClassifier(init=str(first), new_head=True, epochs=1, frozen="lstm").fit(x, names)
    assert model.classes_.tolist() == ["a", "b", "c", "d"] and model.predict_proba(x).shape == (60, 4)
    numbers = heed.SequenceRegressor(init=first, new_head=True, epochs=3).fit(x, 50.0 + y)
    assert abs(numbers.predict(x).mean() - 51) < 5


@pytest.mark.parametrize(
    "options, y, said",
    [
        ({}, np.arange(60) % 4, "init has no class 3; new_head=True"),
        ({"hidden_size": 9}, None, "hidden: an option contradicts init .expected 8, got 9"),
        ({"ensemble": 2}, None, "ensemble"),
        ({"recipe": "strong"}, None, "exclude each other"),
        ({"recipe": "auto"}, None, "exclude each other"),
        ({"recipe": "rocket"}, None, "exclude each other"),
        ({"init": "nowhere.safetensors"}, None, "nowhere.safetensors: cannot be read"),
        ({"init": 3}, None, "init: expected the path"),
        ({"init": None, "new_head": True}, None, "new_head needs init"),
    ],
)
def test_refuses_what_does_not_go_with_the_start(bumps, first, options, y, said):
    x, labels = bumps
    with pytest.raises(heed.Error, match=said):
        heed.SequenceClassifier(**{"init": first, "epochs": 1, **options}).fit(x, labels if y is None else y)


def test_refuses_other_kinds(bumps, sentences, first):
    x, y = bumps
    with pytest.raises(heed.Error, match="init is another kind of model"):
        heed.TextClassifier(init=first, new_head=True, epochs=1).fit(*sentences)
    with pytest.raises(heed.Error, match="init is a model of classes; new_head=True"):
        heed.SequenceRegressor(init=first, epochs=1).fit(x, np.stack([y, y, y], axis=1))
    with pytest.raises(heed.Error, match="wrong number of features"):
        heed.SequenceClassifier(init=first, epochs=1).fit(x[:, :, :1], y)


def test_sentences_keep_their_words(sentences, tmp_path):
    x, y = sentences
    path = tmp_path / "t.safetensors"
    heed.TextClassifier(hidden_size=4, epochs=2, lower=True).fit(x, y).save(path)
    model = heed.TextClassifier(init=path, epochs=2).fit([one.upper() for one in x] + ["wholly new"], y + ["bad"])
    assert np.array_equal(model.predict_proba(["A GOOD FILM"]), model.predict_proba(["a good film"]))
    stream = model.stream()
    assert np.array_equal(stream.step("GOOD"), model.stream().step("good"))
    with pytest.raises(heed.Error, match="min_count"):
        heed.TextClassifier(init=path, min_count=2).fit(x, y)


def write_safetensors(path, tensors):
    header, data = {}, b""
    for name, value in tensors.items():
        value = np.ascontiguousarray(value, dtype=np.float32)
        header[name] = {"dtype": "F32", "shape": value.shape, "data_offsets": [len(data), len(data) + value.nbytes]}
        data += value.tobytes()
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def read_safetensors(path):
    data = path.read_bytes()
    size = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8 : 8 + size])
    return {
        name: np.frombuffer(data[8 + size :][slice(*one["data_offsets"])], dtype=np.float32).reshape(one["shape"])
        for name, one in header.items()
        if name != "__metadata__"
    }


def test_files_of_other_programs(bumps, tmp_path):
    x, y = bumps
    own = tmp_path / "own.safetensors"
    model = heed.SequenceClassifier(hidden_size=4, epochs=2).fit(x, y)
    model.save(own)
    tensors = read_safetensors(own)
    foreign = tmp_path / "foreign.safetensors"
    write_safetensors(foreign, {name.replace("lstm.", "rnn."): value for name, value in tensors.items()})
    with pytest.raises(heed.Error, match="try rename={'rnn': 'lstm'}"):
        heed.load(foreign)
    loaded = heed.load(foreign, rename={"rnn": "lstm"})
    assert np.array_equal(loaded.predict_proba(x), model.predict_proba(x)) and loaded.classes_.tolist() == [0, 1, 2]

    write_safetensors(foreign, {**tensors, "decoder.weight": np.zeros((2, 2))})
    with pytest.raises(heed.Error, match="try partial=True"):
        heed.load(foreign)
    with pytest.warns(UserWarning, match="left out: decoder.weight"):
        loaded = heed.load(foreign, partial=True)
    assert np.array_equal(loaded.predict_proba(x), model.predict_proba(x))
    with pytest.raises(heed.Error, match="no option 'hidden'"):
        heed.load(foreign, hidden=3)


class Tensor:
    """What heed needs of a tensor of PyTorch."""

    def __init__(self, array, dtype="torch.float32"):
        self.array, self.dtype = array, dtype

    def detach(self):
        return self

    def cpu(self):
        return self

    def float(self):
        return Tensor(self.array.astype(np.float32))

    def __array__(self, dtype=None, copy=None):
        if self.dtype == "torch.bfloat16":
            raise TypeError("Got unsupported ScalarType BFloat16")
        return self.array


def module_weights(hidden=4, features=2, classes=3, **names):
    rng = np.random.default_rng(1)
    lstm, fc = names.get("lstm", "lstm"), names.get("fc", "fc")
    shapes = {
        f"{lstm}.weight_ih_l0": (4 * hidden, features),
        f"{lstm}.weight_hh_l0": (4 * hidden, hidden),
        f"{lstm}.bias_ih_l0": (4 * hidden,),
        f"{lstm}.bias_hh_l0": (4 * hidden,),
        f"{fc}.weight": (classes, hidden),
        f"{fc}.bias": (classes,),
    }
    return {key: rng.normal(size=shape).astype(np.float32) for key, shape in shapes.items()}


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def by_hand(w, x):
    """softmax(fc(h_n)) of an LSTM."""
    hidden = w["fc.bias"].shape[0] and w["fc.weight"].shape[1]
    h, c = np.zeros((len(x), hidden)), np.zeros((len(x), hidden))
    for step in x.swapaxes(0, 1):
        gates = step @ w["lstm.weight_ih_l0"].T + h @ w["lstm.weight_hh_l0"].T + w["lstm.bias_ih_l0"] + w["lstm.bias_hh_l0"]
        i, f, g, o = np.split(gates, 4, axis=1)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
    z = np.exp(h @ w["fc.weight"].T + w["fc.bias"])
    return z / z.sum(axis=1, keepdims=True)


def test_from_torch_needs_no_file():
    w = module_weights()
    x = np.random.default_rng(2).normal(size=(5, 7, 2))
    expected = by_hand(w, x)
    assert np.allclose(heed.from_torch(w).predict_proba(x), expected, atol=1e-5)
    tensors = {key: Tensor(value) for key, value in w.items()}
    assert np.allclose(heed.from_torch(tensors).predict_proba(x), expected, atol=1e-5)

    class Module:
        def state_dict(self):
            return tensors

    assert np.allclose(heed.from_torch(Module()).predict_proba(x), expected, atol=1e-5)
    double = {key: np.asfortranarray(value.astype(">f8")) for key, value in w.items()}
    assert np.allclose(heed.from_torch(double).predict_proba(x), expected, atol=1e-5)
    narrow = {key: Tensor(value, "torch.bfloat16") for key, value in w.items()}
    assert np.allclose(heed.from_torch(narrow).predict_proba(x), expected, atol=1e-5)


def test_from_torch_takes_other_names():
    w = module_weights()
    named = module_weights(lstm="model.rnn", fc="model.head")
    x = np.random.default_rng(2).normal(size=(5, 7, 2))
    model = heed.from_torch({**named, "epochs": np.int64(3)}, prefix="model", rename={"rnn": "lstm", "head": "fc"})
    assert np.allclose(model.predict_proba(x), by_hand(w, x), atol=1e-5)


@pytest.mark.parametrize(
    "weights, said",
    [
        (3, "state_dict: expected a dict of tensors, got int"),
        ({}, "state_dict"),
        ({"lstm.weight_ih_l0": "text"}, "state_dict: 'lstm.weight_ih_l0': expected numbers"),
        ({"lstm.weight_ih_l0": None}, "state_dict: 'lstm.weight_ih_l0': expected a tensor, got NoneType"),
        ({"lstm.weight_ih_l0": np.ones((4, 2), complex)}, "expected numbers of 16, 32 or 64 bits, got complex128"),
        (module_weights(lstm="rnn"), "try rename={'rnn': 'lstm'}"),
    ],
)
def test_from_torch_refuses(weights, said):
    with pytest.raises(heed.Error, match=said):
        heed.from_torch(weights)


def test_a_damaged_file_is_found(first, tmp_path):
    data = bytearray(first.read_bytes())
    data[-1] ^= 0x08  # one bit of the last weight
    damaged = tmp_path / "damaged.safetensors"
    damaged.write_bytes(data)
    with pytest.raises(heed.Error, match="damaged.safetensors.*self-test"):
        heed.load(damaged)
    heed.load(damaged, self_test=False)
    heed.load(damaged, self_test=False).save(damaged)
    heed.load(damaged)
