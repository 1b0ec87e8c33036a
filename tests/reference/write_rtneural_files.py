#!/usr/bin/env python3
"""Write small models in RTNeural's JSON, as its script writes those of Keras, with inputs and outputs. See README.md.

    write_rtneural_files.py ../convert/data/rtneural

The layers are computed here step by step, from Keras' formulas, in double precision and with the standard library alone.
"""

import argparse
import json
import math
import pathlib
import struct

STEPS = 30


def float32(value):
    return struct.unpack("f", struct.pack("f", value))[0]


class Numbers:
    """The same in every version of Python; each is a float."""

    def __init__(self):
        self.count = 0

    def __call__(self, *extents, scale=0.6, shift=0.0):
        if not extents:
            self.count += 1
            return float32(shift + scale * math.sin(1.7 * self.count * self.count))
        return [self(*extents[1:], scale=scale, shift=shift) for _ in range(extents[0])]


number = Numbers()


def product(x, matrix):
    return [sum(x[i] * matrix[i][j] for i in range(len(x))) for j in range(len(matrix[0]))]


def add(*vectors):
    return [sum(values) for values in zip(*vectors)]


def sigmoid(x):
    return 1 / (1 + math.exp(-x))


def softmax(x):
    powers = [math.exp(v) for v in x]
    return [p / sum(powers) for p in powers]


ACTIVATIONS = {
    "": lambda x: x,
    "tanh": lambda x: [math.tanh(v) for v in x],
    "relu": lambda x: [max(v, 0) for v in x],
    "sigmoid": lambda x: [sigmoid(v) for v in x],
    "elu": lambda x: [v if v > 0 else math.expm1(v) for v in x],
    "softmax": softmax,
}


def lstm(layer, sequence, units):
    kernel, recurrent, bias = layer["weights"]
    h, c = [0.0] * units, [0.0] * units
    for x in sequence:
        z = add(product(x, kernel), product(h, recurrent), bias)
        i, f, g, o = (z[k * units:(k + 1) * units] for k in range(4))
        c = [sigmoid(f[k]) * c[k] + sigmoid(i[k]) * math.tanh(g[k]) for k in range(units)]
        h = [sigmoid(o[k]) * math.tanh(c[k]) for k in range(units)]
        yield h


def gru(layer, sequence, units):
    kernel, recurrent, (input_bias, recurrent_bias) = layer["weights"]
    h = [0.0] * units
    for x in sequence:
        a, b = add(product(x, kernel), input_bias), add(product(h, recurrent), recurrent_bias)
        z = [sigmoid(a[k] + b[k]) for k in range(units)]
        r = [sigmoid(a[units + k] + b[units + k]) for k in range(units)]
        n = [math.tanh(a[2 * units + k] + r[k] * b[2 * units + k]) for k in range(units)]
        h = [z[k] * h[k] + (1 - z[k]) * n[k] for k in range(units)]
        yield h


def conv1d(layer, sequence, filters):
    kernel, bias = layer["weights"]
    size, dilation, groups = layer["kernel_size"][0], layer["dilation"][0], layer["groups"]
    for t in range(len(sequence)):
        y = list(bias)
        for j in range(size):
            step = t - (size - 1 - j) * dilation
            if step < 0:
                continue
            for o in range(filters):
                group = o * groups // filters
                inputs = len(kernel[0])
                y[o] += sum(kernel[j][c][o] * sequence[step][group * inputs + c] for c in range(inputs))
        yield ACTIVATIONS[layer["activation"]](y)


def run(layer, sequence):
    kind, units, weights = layer["type"], layer["shape"][-1], layer["weights"]
    if kind in ("lstm", "gru", "conv1d"):
        return list({"lstm": lstm, "gru": gru, "conv1d": conv1d}[kind](layer, sequence, units))
    if kind in ("dense", "time-distributed-dense"):
        linear = [add(product(x, weights[0]), *weights[1:]) for x in sequence]
        return [ACTIVATIONS[layer["activation"]](x) for x in linear]
    if kind == "activation":
        return [ACTIVATIONS[layer["activation"]](x) for x in sequence]
    if kind == "prelu":
        slopes = weights[0][0] * (units if len(weights[0][0]) == 1 else 1)
        return [[v if v > 0 else a * v for v, a in zip(x, slopes)] for x in sequence]
    gamma, beta, mean, variance = weights if len(weights) == 4 else ([1] * units, [0] * units, *weights)
    return [[g * (v - m) / math.sqrt(s + layer["epsilon"]) + b for v, g, b, m, s in zip(x, gamma, beta, mean, variance)]
            for x in sequence]


def layer(kind, units, weights, activation="", **more):
    return {"type": kind, "activation": activation, "shape": [None, None, units], **more, "weights": weights}


def dense(inputs, units, activation="", bias=True, kind="dense"):
    return layer(kind, units, [number(inputs, units)] + ([number(units)] if bias else []), activation)


def conv(inputs, filters, size, dilation=1, groups=1, activation=""):
    weights = [number(size, inputs // groups, filters), number(filters)]
    return layer("conv1d", filters, weights, activation, kernel_size=[size], dilation=[dilation], groups=groups)


def recurrent(kind, inputs, units):
    rows = (4 if kind == "lstm" else 3) * units
    bias = number(rows) if kind == "lstm" else number(2, rows)
    return layer(kind, units, [number(inputs, rows), number(units, rows), bias], "tanh")


def models():
    return {
        "lstm": [recurrent("lstm", 2, 5), dense(5, 1)],
        "gru": [dense(2, 3, "relu"), recurrent("gru", 3, 4), dense(4, 2, "sigmoid")],
        "conv": [
            dense(2, 4, "tanh", kind="time-distributed-dense"),
            conv(4, 6, 3, dilation=2, groups=2, activation="elu"),
            layer("batchnorm", 6, [number(6), number(6), number(6), number(6, scale=0.4, shift=1)], epsilon=0.01),
            layer("prelu", 6, [number(1, 6)]),
            conv(6, 3, 2),
            layer("batchnorm", 3, [number(3), number(3, scale=0.4, shift=1)], epsilon=0.001),
            layer("prelu", 3, [number(1, 1)]),
            layer("activation", 3, [], "softmax"),
            dense(3, 2, bias=False),
        ],
    }


def module():
    """The tensors of a module of PyTorch: an LSTM of two layers and a Linear."""
    tensors = {}
    for k, inputs in enumerate((2, 3)):
        tensors[f"rnn.weight_ih_l{k}"] = number(12, inputs)
        tensors[f"rnn.weight_hh_l{k}"] = number(12, 3)
        tensors[f"rnn.bias_ih_l{k}"] = number(12)
        tensors[f"rnn.bias_hh_l{k}"] = number(12)
    tensors["head.weight"] = number(1, 3)
    tensors["head.bias"] = number(1)
    return tensors


def transposed(matrix):
    return [list(column) for column in zip(*matrix)]


def layers_of(tensors):
    layers = []
    for k in (0, 1):
        bias = add(tensors[f"rnn.bias_ih_l{k}"], tensors[f"rnn.bias_hh_l{k}"])
        weights = [transposed(tensors[f"rnn.weight_{part}_l{k}"]) for part in ("ih", "hh")]
        layers.append(layer("lstm", 3, weights + [bias], "tanh"))
    return layers + [layer("dense", 1, [transposed(tensors["head.weight"]), tensors["head.bias"]])]


def write_outputs(path, layers):
    inputs = number(STEPS, 2, scale=1)
    outputs = inputs
    for entry in layers:
        outputs = run(entry, outputs)
    rows = [" ".join(repr(v) for v in x + y) for x, y in zip(inputs, outputs)]
    path.write_text("\n".join(rows) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    folder = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    for name, layers in models().items():
        with open(folder / f"{name}.json", "w") as file:
            json.dump({"in_shape": [None, None, 2], "layers": layers}, file, indent=4)
        write_outputs(folder / f"{name}.txt", layers)
    tensors = module()
    (folder / "module.json").write_text(json.dumps(tensors))
    write_outputs(folder / "module.txt", layers_of(tensors))


if __name__ == "__main__":
    main()
