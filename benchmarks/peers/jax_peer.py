"""JAX: the whole training step under one jit, the LSTM a lax.scan."""

from functools import partial

import jax
import jax.numpy as jnp

from case import HEADS, LEARNING_RATE
from peer import Peer, arguments, serve


def linear(w, name, x):
    return x @ w[f"{name}.weight"].T + w[f"{name}.bias"]


def lstm(w, x):
    """(n, steps, features) to (steps, n, hidden); the products with the input are made for all steps at once."""
    inputs = jnp.swapaxes(x, 0, 1) @ w["lstm.weight_ih_l0"].T + w["lstm.bias_ih_l0"] + w["lstm.bias_hh_l0"]
    recurrent = w["lstm.weight_hh_l0"].T

    def step(state, input):
        h, c = state
        i, f, g, o = jnp.split(input + h @ recurrent, 4, axis=-1)
        c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
        h = jax.nn.sigmoid(o) * jnp.tanh(c)
        return (h, c), h

    unroll = len(inputs) if len(inputs) <= 20 else 2  # what was found fastest
    zero = jnp.zeros((x.shape[0], recurrent.shape[0]), x.dtype)
    return jax.lax.scan(step, (zero, zero), inputs, unroll=unroll)[1]


def pool(w, y):
    weights = jax.nn.softmax(linear(w, "attention.attention", y), axis=0)
    return (y * weights).sum(axis=0)


def multihead(w, y):
    """The last step of what torch.nn.MultiheadAttention gives: only its query is asked."""
    size = y.shape[-1] // HEADS
    projected = y @ w["attention.in_proj_weight"].T + w["attention.in_proj_bias"]
    q, k, v = (part.reshape(*part.shape[:2], HEADS, size) for part in jnp.split(projected, 3, axis=-1))
    weights = jax.nn.softmax(jnp.einsum("qnhd,knhd->nhqk", q, k) / size**0.5, axis=-1)
    attended = jnp.einsum("nhqk,knhd->qnhd", weights, v).reshape(y.shape)
    return linear(w, "attention.out_proj", attended)[-1]


def logits(attention, w, x):
    pooled = {"pool": pool, "multihead": multihead}[attention](w, lstm(w, x))
    return linear(w, "fc2", jax.nn.relu(linear(w, "fc1", pooled)))


@partial(jax.jit, static_argnums=0)
def predict(attention, w, x):
    return jax.nn.softmax(logits(attention, w, x))


def loss(w, attention, x, labels):
    log_probabilities = jax.nn.log_softmax(logits(attention, w, x))
    return -jnp.take_along_axis(log_probabilities, labels[:, None], axis=1).mean()


@partial(jax.jit, static_argnums=0, donate_argnums=(1, 2))
def train(attention, w, moments, x, labels):
    """A step of Adam"""
    first, second, t = moments
    value, gradient = jax.value_and_grad(loss)(w, attention, x, labels)
    t = t + 1
    first = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, first, gradient)
    second = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, second, gradient)
    rate, root = LEARNING_RATE / (1 - 0.9**t), jnp.sqrt(1 - 0.999**t)
    w = jax.tree.map(lambda p, m, v: p - rate * m / (jnp.sqrt(v) / root + 1e-8), w, first, second)
    return w, (first, second, t), value


class JaxPeer(Peer):
    def version(self):
        return jax.__version__

    def start(self):
        self.w = jax.tree.map(jnp.asarray, self.weights)
        zeros = jax.tree.map(jnp.zeros_like, self.w)
        self.moments = (zeros, jax.tree.map(jnp.copy, zeros), jnp.float32(0))
        self.inputs, self.targets = jnp.asarray(self.x), jnp.asarray(self.labels)

    def epoch(self):
        self.w, self.moments, value = train(self.attention, self.w, self.moments, self.inputs, self.targets)
        return jax.block_until_ready((value, self.w))[0]

    def tensor(self, x):
        return jnp.asarray(x)

    def predict(self, x):
        return predict(self.attention, self.w, x).block_until_ready()


if __name__ == "__main__":
    arguments()
    serve(JaxPeer())
