#!/usr/bin/env python3
"""Write the reference files that come from Keras, on TensorFlow in double. See README.md.

Weights keep Keras' names and layouts, the layer's name before them: weight.lstm.kernel, weight.query.kernel.
"""

import os

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"

import keras
import numpy as np
import tensorflow as tf
from keras import layers

import reference_file

GROUP = "keras"
CLASSES = 10

# The gradients' sizes of the ten Adam steps: they rise and fall.
SCALES = [1.0, 2.0, 0.5, 0.01, 0.02, 0.01, 1.0, 0.1, 3.0, 0.3]


def array(value):
    """A copy of the values."""
    return np.array(keras.ops.convert_to_numpy(value))


class Case:
    """A forward and a backward pass of loss = sum over outputs of sum(output * upstream)."""

    def __init__(self, name, **options):
        self.name = name
        self.options = {"keras": keras.__version__, "tensorflow": tf.__version__, **options}
        self.random = np.random.default_rng(reference_file.seed_of(GROUP, name))
        self.tensors = {}
        self.inputs, self.weights = {}, {}

    def input(self, name, *shape):
        """A normal input whose gradient is stored."""
        self.inputs[name] = tf.Variable(self.random.standard_normal(shape))
        return self.inputs[name]

    def constant(self, name, values):
        """An input without a gradient."""
        self.tensors[f"input.{name}"] = np.asarray(values, np.float64)
        return np.asarray(values)

    def take_weights(self, layer, prefix):
        """Draw every weight of a built layer anew and record it under prefix.<path inside the layer>."""
        root = layer.path + "/"
        for weight in layer.weights:
            weight.assign(self.random.uniform(-0.7, 0.7, weight.shape))
            name = weight.path.split(root)[-1].replace("lstm_cell/", "").replace("gru_cell/", "").replace("/", ".")
            self.weights[f"{prefix}{name}"] = weight

    def upstream(self, name, value, mask=None):
        """Draw an upstream gradient and return this output's part of the loss; mask: where it is not zero."""
        gradient = self.random.standard_normal(value.shape)
        if mask is not None:
            gradient = gradient * mask
        self.tensors[f"upstream.{name}"] = gradient
        self.observe(name, value)
        return tf.reduce_sum(value * gradient)

    def observe(self, name, value):
        self.tensors[f"output.{name}"] = array(value)

    def write(self, tape, loss):
        variables = {**self.inputs, **self.weights}
        gradients = tape.gradient(loss, [as_tensorflow(v) for v in variables.values()])
        for (name, variable), gradient in zip(variables.items(), gradients):
            kind = "input" if name in self.inputs else "weight"
            self.tensors[f"{kind}.{name}"] = array(variable)
            self.tensors[f"d{kind}.{name}"] = array(gradient)
        reference_file.write(GROUP, self.name, self.tensors, self.options)


def as_tensorflow(variable):
    """What a GradientTape watches of a variable of Keras or of TensorFlow."""
    return variable.value if isinstance(variable, keras.Variable) else variable


def valid_steps(lengths, steps):
    return np.arange(steps) < lengths[:, None]


def lstm():
    """A masked step carries the state and repeats the previous output; its upstream gradient is zero here."""
    n, steps, features, hidden = 4, 4, 3, 5
    for name, lengths in {"lstm": None, "lstm_ragged": [3, 0, 4, 1]}.items():
        case = Case(name, units=hidden)
        x = case.input("x", n, steps, features)
        mask = None if lengths is None else valid_steps(case.constant("lengths", lengths), steps)
        layer = layers.LSTM(hidden, return_sequences=True, return_state=True)
        layer.build(x.shape)
        case.take_weights(layer, "")
        with tf.GradientTape() as tape:
            y, h, c = layer(x, mask=mask)
            loss = case.upstream("y", y, None if mask is None else mask[:, :, None])
            loss += case.upstream("h_n", h) + case.upstream("c_n", c)
        case.write(tape, loss)


def gru():
    """Keras' two places of the reset gate; its gates stand in another order: [z; r; n]. Masked steps as for the LSTM."""
    n, steps, features, hidden = 4, 4, 3, 5
    for place in ["before", "after"]:
        for suffix, lengths in {"": None, "_ragged": [3, 0, 4, 1]}.items():
            case = Case(f"gru_{place}{suffix}", units=hidden, reset_after=place == "after")
            x = case.input("x", n, steps, features)
            mask = None if lengths is None else valid_steps(case.constant("lengths", lengths), steps)
            layer = layers.GRU(hidden, return_sequences=True, return_state=True, reset_after=place == "after")
            layer.build(x.shape)
            case.take_weights(layer, "")
            with tf.GradientTape() as tape:
                y, h = layer(x, mask=mask)
                loss = case.upstream("y", y, None if mask is None else mask[:, :, None]) + case.upstream("h_n", h)
            case.write(tape, loss)


def multihead():
    """Two heads of four features over eight: sizes that torch's module can have too.

    Keras rounds the scale 1/sqrt(key_dim) to float even in double; of four it is exact.
    """
    n, query_steps, memory_steps, size, heads, key_dim = 4, 3, 5, 8, 2, 4
    for name, lengths in {"multihead_self": None, "multihead_cross": None, "multihead_cross_ragged": [2, 5, 1, 4]}.items():
        case = Case(name, num_heads=heads, key_dim=key_dim)
        if name == "multihead_self":
            query = memory = case.input("x", n, memory_steps, size)
        else:
            query, memory = case.input("query", n, query_steps, size), case.input("memory", n, memory_steps, size)
        mask = None
        if lengths is not None:
            valid = valid_steps(case.constant("memory_lengths", lengths), memory_steps)
            mask = np.repeat(valid[:, None, :], query_steps, axis=1)
        layer = layers.MultiHeadAttention(num_heads=heads, key_dim=key_dim)
        layer.build(query.shape, memory.shape)
        case.take_weights(layer, "")
        with tf.GradientTape() as tape:
            y, weights = layer(query, memory, attention_mask=mask, return_attention_scores=True)
            loss = case.upstream("y", y)
        case.observe("attention", weights)
        case.write(tape, loss)


def average_pooling():
    """GlobalAveragePooling1D with a mask; Keras divides by zero for an empty sequence."""
    case = Case("average_pooling_ragged")
    x = case.input("x", 4, 5, 3)
    mask = valid_steps(case.constant("lengths", [2, 5, 1, 3]), 5)
    with tf.GradientTape() as tape:
        loss = case.upstream("y", layers.GlobalAveragePooling1D()(x, mask=tf.constant(mask)))
    case.write(tape, loss)


def convolutions():
    """Causal ones, and an even kernel whose other zero stands on the right."""
    for name, options in {
        "conv1d_causal": {"kernel_size": 3, "padding": "causal", "dilation_rate": 2},
        "conv1d_causal_stride": {"kernel_size": 3, "padding": "causal", "strides": 2},
        "conv1d_same": {"kernel_size": 4, "padding": "same"},
    }.items():
        case = Case(name, filters=4, **options)
        x = case.input("x", 3, 7, 2)
        layer = layers.Conv1D(4, **options)
        layer.build(x.shape)
        case.take_weights(layer, "")
        with tf.GradientTape() as tape:
            loss = case.upstream("y", layer(x))
        case.write(tape, loss)


class AttentionPool(layers.Layer):
    """score_t = w . h_t + b, softmax over the steps, weighted sum."""

    def __init__(self):
        super().__init__()
        self.score = layers.Dense(1, name="dense")

    def build(self, shape):
        self.score.build(shape)

    def call(self, x):
        weights = tf.nn.softmax(self.score(x), axis=1)
        return tf.reduce_sum(x * weights, axis=1), weights[:, :, 0]


def classifiers():
    """LSTM, attention, Dense + ReLU, Dense: logits, probabilities, mean cross-entropy and all gradients."""
    n, steps, features, hidden, dense, heads = 7, 10, 5, 8, 6, 2
    for attention in ["pool", "multihead", "none"]:
        case = Case(f"classifier_{attention}", attention=attention, hidden=hidden, dense=dense, heads=heads)
        x = case.input("x", n, steps, features)
        labels = case.constant("labels", case.random.integers(CLASSES, size=n))
        parts = {"lstm": layers.LSTM(hidden, return_sequences=attention != "none")}
        if attention == "pool":
            parts["attention"] = AttentionPool()
        if attention == "multihead":
            parts["attention"] = layers.MultiHeadAttention(num_heads=heads, key_dim=hidden // heads)
        parts["dense1"] = layers.Dense(dense, activation="relu")
        parts["dense2"] = layers.Dense(CLASSES)
        with tf.GradientTape() as tape:
            loss = run_classifier(case, parts, attention, x, labels)
        case.write(tape, loss)


def run_classifier(case, parts, attention, x, labels):
    def run(name, *inputs, **options):
        layer = parts[name]
        if not layer.built:
            layer.build(*[value.shape for value in inputs])
        case.take_weights(layer, f"{name}.")
        return layer(*inputs, **options)

    y = run("lstm", x)
    if attention == "pool":
        y, weights = run("attention", y)
        case.observe("attention", weights)
    if attention == "multihead":
        y, weights = run("attention", y, y, return_attention_scores=True)
        case.observe("attention", weights)
        y = layers.GlobalAveragePooling1D()(y)
    logits = run("dense2", run("dense1", y))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)(labels, logits)
    case.observe("logits", logits)
    case.observe("probabilities", tf.nn.softmax(logits))
    case.observe("loss", tf.reshape(loss, [1]))
    return loss


def training_steps(n=32, steps=10, features=5, hidden=8, dense=6, heads=2):
    """One step of fit on a batch of 32 of the models as they are compiled: softmax in the end, Adam. weight.*, dweight.*
    and after.* are the weights, their gradients and the weights after it. beta_1 and beta_2 are floats, as for adam()."""
    for attention in ["pool", "multihead", "none"]:
        case = Case(f"step_{attention}", attention=attention, hidden=hidden, dense=dense, heads=heads, batch=n)
        x = case.constant("x", case.random.standard_normal((n, steps, features)))
        labels = case.constant("labels", case.random.integers(CLASSES, size=n)).astype(np.int32)
        parts = {"lstm": layers.LSTM(hidden, return_sequences=attention != "none")}
        inputs = keras.Input(shape=(steps, features))
        y = parts["lstm"](inputs)
        if attention == "pool":
            parts["attention"] = AttentionPool()
            y = parts["attention"](y)[0]
        if attention == "multihead":
            parts["attention"] = layers.MultiHeadAttention(num_heads=heads, key_dim=hidden // heads)
            y = layers.GlobalAveragePooling1D()(parts["attention"](y, y))
        parts["dense1"] = layers.Dense(dense, activation="relu")
        parts["dense2"] = layers.Dense(CLASSES, activation="softmax")
        model = keras.Model(inputs, parts["dense2"](parts["dense1"](y)))
        for name, layer in parts.items():
            case.take_weights(layer, f"{name}.")
        optimizer = keras.optimizers.Adam(
            learning_rate=0.01, beta_1=float(np.float32(0.9)), beta_2=float(np.float32(0.999))
        )
        model.compile(optimizer=optimizer, loss="sparse_categorical_crossentropy", metrics=["accuracy"])
        with tf.GradientTape() as tape:
            probabilities = model(x)
            loss = tf.reduce_mean(keras.losses.sparse_categorical_crossentropy(labels, probabilities))
        gradients = tape.gradient(loss, [as_tensorflow(weight) for weight in case.weights.values()])
        for (name, weight), gradient in zip(case.weights.items(), gradients):
            case.tensors[f"weight.{name}"], case.tensors[f"dweight.{name}"] = array(weight), array(gradient)
        fit = model.fit(x, labels, batch_size=n, epochs=1, shuffle=False, verbose=0)
        case.observe("probabilities", probabilities)
        case.tensors["output.loss"] = np.array([fit.history["loss"][0]], np.float64)
        case.tensors["output.accuracy"] = np.array([fit.history["accuracy"][0]], np.float64)
        for name, weight in case.weights.items():
            case.tensors[f"after.{name}"] = array(weight)
        case.options |= {
            "lr": float(optimizer.learning_rate),
            "beta1": optimizer.beta_1,
            "beta2": optimizer.beta_2,
            "eps": optimizer.epsilon,
        }
        reference_file.write(GROUP, case.name, case.tensors, case.options)


def cross_entropy_of_probabilities():
    """Probabilities, some 0 or 1, which Keras clips to [1e-7, 1 - 1e-7] and then scales to sum 1."""
    case = Case("sparse_cross_entropy")
    rows = case.random.dirichlet(np.ones(4), size=5)
    rows[1], rows[2] = [1, 0, 0, 0], [0, 0, 1, 0]
    case.inputs["probabilities"] = probabilities = tf.Variable(rows)
    labels = case.constant("labels", [2, 0, 1, 3, 0])
    with tf.GradientTape() as tape:
        loss = keras.losses.SparseCategoricalCrossentropy()(labels, tf.identity(probabilities))
    case.observe("loss", tf.reshape(loss, [1]))
    case.write(tape, loss)


def adam():
    """Keras rounds the betas to float for the bias correction and nowhere else: these are floats to begin with."""
    for name, options in {
        "adam": {"beta_1": float(np.float32(0.9)), "beta_2": float(np.float32(0.999))},
        "adam_options": {"learning_rate": 0.02, "beta_1": 0.75, "beta_2": 0.9375, "epsilon": 1e-5},
    }.items():
        random = np.random.default_rng(reference_file.seed_of(GROUP, name))
        optimizer = keras.optimizers.Adam(**options)
        shapes = {"w1": (4, 3), "w2": (5,)}
        parameters = {key: keras.Variable(random.standard_normal(shape)) for key, shape in shapes.items()}
        tensors = {f"param.0.{key}": array(value) for key, value in parameters.items()}
        for step, scale in enumerate(SCALES, start=1):
            gradients = {key: scale * random.standard_normal(value.shape) for key, value in parameters.items()}
            optimizer.apply([tf.constant(value) for value in gradients.values()], list(parameters.values()))
            tensors |= {f"grad.{step}.{key}": value for key, value in gradients.items()}
            tensors |= {f"param.{step}.{key}": array(value) for key, value in parameters.items()}
        settings = {
            "keras": keras.__version__,
            "tensorflow": tf.__version__,
            "optimizer": "Adam",
            "lr": float(optimizer.learning_rate),
            "beta1": optimizer.beta_1,
            "beta2": optimizer.beta_2,
            "eps": optimizer.epsilon,
        }
        reference_file.write(GROUP, name, tensors, settings)


if __name__ == "__main__":
    keras.config.set_floatx("float64")
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    lstm()
    gru()
    multihead()
    average_pooling()
    convolutions()
    classifiers()
    training_steps()
    cross_entropy_of_probabilities()
    adam()
