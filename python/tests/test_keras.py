"""Models of Keras that is there. Skipped where it is not."""

import os
import re
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "numpy")

import numpy as np
import pytest

import heed

keras = pytest.importorskip("keras", reason="Keras is not installed")
L = keras.layers

random = np.random.default_rng(3)
x = random.standard_normal((6, 7, 3)).astype(np.float32)


class AttentionLayer(L.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.dense = L.Dense(1)

    def call(self, inputs):
        weights = keras.ops.softmax(self.dense(inputs), axis=1)
        return keras.ops.sum(inputs * weights, axis=1)


class Score(AttentionLayer):
    pass


class DropoutScale(L.Layer):
    def call(self, inputs):
        return 2 * inputs


class Attention(AttentionLayer):
    pass


def own_lstm(h):
    return type("LSTM", (L.LSTM,), {})(4)(h)


def drawn(model):
    for weight in model.weights:
        weight.assign(random.uniform(-0.7, 0.7, weight.shape))
    return model


def functional(body, classes=3, end="softmax"):
    inputs = keras.Input((7, 3))
    h = L.Dense(4, activation="relu")(body(inputs))
    return drawn(keras.Model(inputs, L.Dense(classes, activation=end)(h)))


def heads(h):
    h = L.LSTM(4, return_sequences=True)(h)
    return L.GlobalAveragePooling1D()(L.MultiHeadAttention(2, 2)(h, h))


BODIES = {
    "attention": lambda h: AttentionLayer()(L.LSTM(4, return_sequences=True)(h)),
    "heads": heads,
    "last": lambda h: L.LSTM(4)(h),
    "stack": lambda h: L.Bidirectional(L.GRU(3))(L.Dropout(0.2)(L.Bidirectional(L.GRU(3, return_sequences=True))(h))),
    "rnn": lambda h: L.GlobalMaxPooling1D()(L.SimpleRNN(4, return_sequences=True, use_bias=False)(h)),
}


@pytest.mark.parametrize("name", BODIES)
def test_gives_what_keras_gives(name):
    model = functional(BODIES[name])
    ours = heed.from_keras(model)
    assert np.allclose(ours.predict_proba(x), np.asarray(model(x, training=False)), atol=1e-6)
    assert ours.predict(x).tolist() == np.asarray(model(x)).argmax(1).tolist()


def test_sequential_and_numbers(tmp_path):
    model = drawn(keras.Sequential([keras.Input((7, 3)), L.LSTM(4), L.Dense(1)]))
    ours = heed.from_keras(model)
    assert isinstance(ours, heed.SequenceRegressor)
    assert np.allclose(ours.predict(x).ravel(), np.asarray(model(x)).ravel(), atol=1e-6)
    ours.save(tmp_path / "m.safetensors")
    assert np.allclose(heed.load(tmp_path / "m.safetensors").predict(x), ours.predict(x))


def test_layers_of_ones_own():
    model = functional(lambda h: Score()(L.LSTM(4, return_sequences=True)(h)))
    with pytest.raises(heed.Error, match=r"a pooling or an attention over the steps, got layer 'score' \(Score\)"):
        heed.from_keras(model)
    ours = heed.from_keras(model, attention_layers=["Score"])
    assert np.allclose(ours.predict_proba(x), np.asarray(model(x)), atol=1e-6)


@pytest.mark.parametrize(
    "body, said",
    [
        (lambda h: L.LSTM(4, recurrent_activation="hard_sigmoid")(h), "recurrent_activation='sigmoid'"),
        (lambda h: L.LSTM(4, go_backwards=True)(h), "go_backwards=False"),
        (lambda h: L.GRU(4, reset_after=False)(h), "reset_after=True"),
        (lambda h: L.Bidirectional(L.LSTM(4), merge_mode="sum")(h), "merge_mode concat"),
        (lambda h: L.Flatten()(L.Conv1D(4, 2)(h)), "Conv1D"),
        (lambda h: L.LSTM(4)(L.Add()([h, L.Dense(3)(h)])), "stands in no chain"),
        (lambda h: DropoutScale()(L.LSTM(4)(h)), "DropoutScale"),
        (own_lstm, "got layer"),
        (lambda h: Attention()(L.LSTM(4, return_sequences=True)(h)), "(Attention)"),
        (lambda h: L.LSTM(4)(h, initial_state=[keras.ops.ones((1, 4))] * 2), "called with initial_state"),
        (lambda h: L.LSTM(4)(L.Dropout(0.5)(h, training=True)), "called with training"),
        (lambda h: L.GlobalAveragePooling1D()(L.MultiHeadAttention(1, 3)(h, h, use_causal_mask=True)), "use_causal_mask"),
        (
            lambda h: L.GlobalAveragePooling1D()(L.MultiHeadAttention(1, 3)(h, h, attention_mask=keras.ops.ones((1, 7, 7)))),
            "called with attention_mask",
        ),
        (lambda h: AttentionLayer()(L.LSTM(4, return_sequences=True)(L.Masking()(h))), "no Masking"),
        (lambda h: L.GlobalMaxPooling1D()(L.Masking()(h)), "no Masking"),
    ],
)
def test_other_layers_are_named(body, said):
    with pytest.raises(heed.Error, match=re.escape(said)):
        heed.from_keras(functional(body))
    with pytest.raises(heed.Error, match="expected a model of Keras, got int"):
        heed.from_keras(3)


def test_and_back(tmp_path):
    """The lines of the docs put a file of heed into the same Keras model."""
    numpy = pytest.importorskip("safetensors.numpy", reason="safetensors is not installed")
    y = (x[:, :, 0].mean(1) > 0).astype(int)
    ours = heed.SequenceClassifier(hidden_size=4, dense_size=4, epochs=2).fit(x, y)
    model = functional(BODIES["attention"], classes=2)
    lines = (Path(__file__).parents[2] / "docs/files.md").read_text().split("Back to Keras")[1]
    lines = re.search(r"```python\n(.*?)```", lines, re.S).group(1)
    assert len(lines.splitlines()) == 6
    ours.save(tmp_path / "model.safetensors")
    import safetensors

    exec(lines.replace('"model.safetensors"', "path"), {"safetensors": safetensors, "model": model, "path": tmp_path / "model.safetensors"})
    assert np.allclose(ours.predict_proba(x), np.asarray(model(x)), atol=1e-6)
