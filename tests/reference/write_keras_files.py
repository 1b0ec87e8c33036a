#!/usr/bin/env python3
"""Write models as Keras saves them, with inputs and outputs, for the tests of heed/convert/keras.hpp. See README.md.

    write_keras_files.py FOLDER             # by Keras 3, on NumPy
    write_keras_files.py FOLDER --keras2    # by Keras 2 (tf_keras): whole models as .h5

NAME.keras, NAME.h5 or NAME.weights.h5 is the model; NAME.safetensors has x, y and, where steps are masked, lengths.
"""

import os
import sys
from pathlib import Path

os.environ["KERAS_BACKEND"] = "numpy"
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"

import numpy as np

import reference_file

KERAS2 = "--keras2" in sys.argv
if KERAS2:
    import tf_keras as keras
else:
    import keras

L = keras.layers
STEPS, FEATURES, COUNT, TOKENS = 7, 3, 5, 11


class AttentionLayer(L.Layer):
    """A weighted sum over the steps, by a learnt score: what tutorials write."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.dense = L.Dense(1)

    def call(self, inputs):
        weights = keras.ops.softmax(self.dense(inputs), axis=1)
        return keras.ops.sum(inputs * weights, axis=1)


def head(x, units=4, classes=3):
    x = L.Dense(units, activation="relu")(x)
    return L.Dense(classes, activation="softmax")(x)


def functional(body):
    inputs = keras.Input((STEPS, FEATURES))
    return keras.Model(inputs, body(inputs))


def seed_attention():
    return functional(lambda x: head(AttentionLayer()(L.LSTM(4, return_sequences=True)(x))))


def seed_multihead():
    def body(x):
        x = L.LSTM(4, return_sequences=True)(x)
        x = L.MultiHeadAttention(num_heads=2, key_dim=2)(x, x)
        return head(L.GlobalAveragePooling1D()(x))

    return functional(body)


def seed_plain():
    return functional(lambda x: head(L.LSTM(4)(x)))


def both_directions():
    return keras.Sequential(
        [
            keras.Input((STEPS, FEATURES)),
            L.Bidirectional(L.GRU(3, return_sequences=True)),
            L.Dropout(0.3),
            L.Bidirectional(L.GRU(3)),
            L.Dense(3),
        ]
    )


def convolutions():
    return keras.Sequential(
        [
            keras.Input((STEPS, FEATURES)),
            L.BatchNormalization(),
            L.Conv1D(4, 3, padding="causal", dilation_rate=2, activation="relu"),
            L.BatchNormalization(),
            L.Conv1D(4, 3, padding="same", groups=2, use_bias=False),
            L.BatchNormalization(scale=False),
            L.MaxPooling1D(2),
            L.Conv1D(5, 2, strides=2, padding="same", activation="elu"),
            L.Flatten(),
            L.Dense(1, activation="sigmoid"),
        ]
    )


def attentions():
    def body(x):
        x = L.LSTM(4, return_sequences=True)(x)
        x = L.Attention(use_scale=True)([x, x])
        x = L.LayerNormalization()(x)
        x = L.AdditiveAttention()([x, x, x])
        x = L.GlobalMaxPooling1D()(x)
        return L.Dense(2)(x)

    return functional(body)


def wide_heads():
    def body(x):
        x = L.Dense(5, activation="tanh")(x)
        x = L.MultiHeadAttention(num_heads=3, key_dim=2, value_dim=3)(x, x, use_causal_mask=True)
        x = L.Attention()([x, x], use_causal_mask=True)
        x = L.GlobalAveragePooling1D()(x)
        x = L.BatchNormalization()(x)
        return L.Dense(3, activation="leaky_relu")(x)

    return functional(body)


def masking():
    def body(x):
        x = L.Masking()(x)
        x = L.LSTM(4, return_sequences=True)(x)
        x = L.Bidirectional(L.SimpleRNN(3, return_sequences=True), merge_mode="sum")(x)
        x = L.MultiHeadAttention(num_heads=1, key_dim=3)(x, x)
        x = L.GlobalAveragePooling1D()(x)
        return L.Dense(3, activation="softmax")(x)

    return functional(body)


def text():
    inputs = keras.Input((STEPS,))
    x = L.Embedding(TOKENS, 3, mask_zero=True)(inputs)
    x = L.Bidirectional(L.LSTM(3))(x)
    return keras.Model(inputs, head(x))


def many_kinds():
    inner = [L.TimeDistributed(L.Dense(4, activation="gelu")), L.SpatialDropout1D(0.2)]
    inner += [] if KERAS2 else [L.PReLU(shared_axes=[1])]
    return keras.Sequential(
        [
            keras.Input((STEPS, FEATURES)),
            L.SimpleRNN(4, activation="relu", return_sequences=True),
            keras.Sequential(inner),
            L.AveragePooling1D(2, padding="same"),
            L.GRU(3, reset_after=False, use_bias=True),
            L.LeakyReLU(),
            L.Dense(4),
            L.Activation("softmax"),
        ]
    )


MODELS = [seed_attention, seed_multihead, seed_plain, both_directions, convolutions, attentions, wide_heads, masking]
MODELS += [text, many_kinds]


def draw(model, random):
    """Draw every weight anew; variances stay positive."""
    for weight in model.weights:
        if "seed_generator" in getattr(weight, "path", weight.name):
            continue
        values = random.uniform(-0.7, 0.7, weight.shape)
        name = getattr(weight, "path", weight.name)
        weight.assign(np.abs(values) + 0.2 if "variance" in name else values)


def example(build, random):
    """Inputs, and the lengths of padded ones."""
    x = random.standard_normal((COUNT, STEPS, FEATURES)).astype(np.float32)
    if build is text:
        x = random.integers(1, TOKENS, (COUNT, STEPS)).astype(np.float32)
    if build not in (masking, text):
        return x, None
    lengths = np.array([STEPS, 4, 1, 6, 3])
    for sequence, length in zip(x, lengths):
        sequence[length:] = 0
    return x, lengths


def main(folder):
    # layers of the past: names in the configuration then differ from those in the file of weights
    L.Dense(1), L.LSTM(1), L.Conv1D(1, 1), L.MultiHeadAttention(1, 1)
    models = [both_directions, convolutions, attentions, wide_heads, many_kinds, text] if KERAS2 else MODELS
    for build in models:
        name = build.__name__ + ("_2" if KERAS2 else "")
        random = np.random.default_rng(reference_file.seed_of("keras_files", build.__name__))
        model = build()
        draw(model, random)
        x, lengths = example(build, random)
        tensors = {"x": x, "y": np.asarray(model(x, training=False))}
        if lengths is not None:
            tensors["lengths"] = lengths.astype(np.float32)
        reference_file.DATA = folder.parent
        reference_file.write(folder.name, name, tensors, {"keras": keras.__version__})
        if KERAS2:
            model.save(folder / f"{name}.h5", include_optimizer=False)
            continue
        model.save(folder / f"{name}.keras")
        if build in (seed_attention, seed_multihead, text, many_kinds):
            model.save_weights(folder / f"{name}.weights.h5")
        if build in (both_directions, many_kinds):
            model.save(folder / f"{name}.h5")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
