"""The work: a case is a folder of x.npy (n, steps, features), labels.npy (n) and the weights that every peer starts from,
pool.safetensors and multihead.safetensors, in PyTorch's names and shapes."""

import json
from pathlib import Path

import numpy as np

FEATURES, CLASSES, DENSE, HEADS = 5, 10, 16, 2
LEARNING_RATE = 0.01
ATTENTIONS = ("pool", "multihead")


def write_case(folder, n=10_000, steps=10, hidden=32, seed=0):
    """Each class is a random pattern under as much noise, so that ten epochs lower the loss."""
    random = np.random.default_rng(seed)
    labels = random.integers(CLASSES, size=n)
    patterns = random.normal(size=(CLASSES, steps, FEATURES))
    x = (patterns[labels] + random.normal(size=(n, steps, FEATURES))).astype(np.float32)
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    np.save(folder / "x.npy", x)
    np.save(folder / "labels.npy", labels)
    for attention in ATTENTIONS:
        write_safetensors(folder / f"{attention}.safetensors", initial_weights(random, attention, hidden))
    return folder


def read_case(folder, attention):
    """x, labels and the weights by name"""
    folder = Path(folder)
    return np.load(folder / "x.npy"), np.load(folder / "labels.npy"), read_safetensors(folder / f"{attention}.safetensors")


def initial_weights(random, attention, hidden):
    """Bounds as PyTorch's, biases of multi-head attention too."""
    shapes = {
        "lstm.weight_ih_l0": (4 * hidden, FEATURES),
        "lstm.weight_hh_l0": (4 * hidden, hidden),
        "lstm.bias_ih_l0": (4 * hidden,),
        "lstm.bias_hh_l0": (4 * hidden,),
    }
    if attention == "pool":
        shapes |= {"attention.attention.weight": (1, hidden), "attention.attention.bias": (1,)}
    else:
        shapes |= {
            "attention.in_proj_weight": (3 * hidden, hidden),
            "attention.in_proj_bias": (3 * hidden,),
            "attention.out_proj.weight": (hidden, hidden),
            "attention.out_proj.bias": (hidden,),
        }
    shapes |= {
        "fc1.weight": (DENSE, hidden),
        "fc1.bias": (DENSE,),
        "fc2.weight": (CLASSES, DENSE),
        "fc2.bias": (CLASSES,),
    }
    bounds = {name: (DENSE if name.startswith("fc2") else hidden) ** -0.5 for name in shapes}
    return {name: random.uniform(-bounds[name], bounds[name], shape).astype(np.float32) for name, shape in shapes.items()}


def write_safetensors(path, tensors):
    header, offset = {}, 0
    for name, values in tensors.items():
        header[name] = {"dtype": "F32", "shape": values.shape, "data_offsets": [offset, offset + values.nbytes]}
        offset += values.nbytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    Path(path).write_bytes(len(text).to_bytes(8, "little") + text + b"".join(v.tobytes() for v in tensors.values()))


def read_safetensors(path):
    data = Path(path).read_bytes()
    start = 8 + int.from_bytes(data[:8], "little")
    tensors = {}
    for name, entry in json.loads(data[8:start]).items():
        begin, end = entry["data_offsets"]
        tensors[name] = np.frombuffer(data[start + begin : start + end], np.float32).reshape(entry["shape"]).copy()
    return tensors
