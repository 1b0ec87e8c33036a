"""Keras on TensorFlow: `fit`, as a user calls it."""

import keras
import numpy as np
import tensorflow as tf

from case import HEADS, LEARNING_RATE
from peer import Peer, arguments, now, serve


class Pool(keras.layers.Layer):
    def __init__(self):
        super().__init__()
        self.dense = keras.layers.Dense(1)

    def call(self, y):
        return tf.reduce_sum(y * tf.nn.softmax(self.dense(y), axis=1), axis=1)


class Stopwatch(keras.callbacks.Callback):
    def on_train_begin(self, logs=None):
        self.seconds = []

    def on_epoch_begin(self, epoch, logs=None):
        self.began = now()

    def on_epoch_end(self, epoch, logs=None):
        self.seconds.append(now() - self.began)


def classifier(attention, steps, features, hidden, dense, classes):
    x = keras.Input((steps, features))
    y = keras.layers.LSTM(hidden, return_sequences=True, name="lstm")(x)
    if attention == "pool":
        pooled = Pool()(y)
    else:
        attended = keras.layers.MultiHeadAttention(num_heads=HEADS, key_dim=hidden // HEADS, name="attention")(y, y)
        pooled = keras.layers.Lambda(lambda a: a[:, -1])(attended)
    active = keras.layers.Dense(dense, activation="relu", name="fc1")(pooled)
    return keras.Model(x, keras.layers.Dense(classes, activation="softmax", name="fc2")(active))


def keras_weights(attention, w):
    """The weights in Keras' order, names and layouts put aside: kernels are transposed, the LSTM has one bias."""
    lstm = [w["lstm.weight_ih_l0"].T, w["lstm.weight_hh_l0"].T, w["lstm.bias_ih_l0"] + w["lstm.bias_hh_l0"]]
    dense = [w["fc1.weight"].T, w["fc1.bias"], w["fc2.weight"].T, w["fc2.bias"]]
    if attention == "pool":
        return lstm + [w["attention.attention.weight"].T, w["attention.attention.bias"]] + dense
    hidden = w["attention.out_proj.weight"].shape[0]
    projections = []
    for kernel, bias in zip(np.split(w["attention.in_proj_weight"], 3), np.split(w["attention.in_proj_bias"], 3)):
        projections += [kernel.T.reshape(hidden, HEADS, -1), bias.reshape(HEADS, -1)]
    output = [w["attention.out_proj.weight"].T.reshape(HEADS, -1, hidden), w["attention.out_proj.bias"]]
    return lstm + projections + output + dense


class KerasPeer(Peer):
    def __init__(self, options):
        tf.config.threading.set_intra_op_parallelism_threads(options.threads)
        tf.config.threading.set_inter_op_parallelism_threads(options.threads)

    def version(self):
        return f"{keras.__version__}, TensorFlow {tf.__version__}"

    def start(self):
        w = self.weights
        (classes, dense), hidden = w["fc2.weight"].shape, w["lstm.weight_hh_l0"].shape[1]
        keras.backend.clear_session()
        self.model = classifier(self.attention, *self.x.shape[1:], hidden, dense, classes)
        self.model.set_weights(keras_weights(self.attention, w))
        self.model.compile(
            optimizer=keras.optimizers.Adam(learning_rate=LEARNING_RATE),
            loss="sparse_categorical_crossentropy",
            metrics=["accuracy"],
        )
        self.inputs, self.targets = tf.constant(self.x), tf.constant(self.labels, tf.int32)
        self.graph = tf.function(lambda x: self.model(x, training=False), reduce_retracing=True)

    def fit(self, epochs, batch_size):
        watch = Stopwatch()
        history = self.model.fit(
            self.inputs, self.targets, epochs=epochs, batch_size=batch_size, verbose=0, callbacks=[watch]
        )
        return history.history["loss"], watch.seconds

    def losses(self, epochs, _):
        self.start()
        return self.fit(int(epochs), len(self.x))[0]

    def epochs(self, count, batch=None):
        return self.fit(1 + int(count), int(batch or len(self.x)))[1][1:]

    def tensor(self, x):
        return tf.constant(x)

    def predict(self, x):
        return self.graph(x).numpy()


if __name__ == "__main__":
    serve(KerasPeer(arguments()))
