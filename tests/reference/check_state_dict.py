#!/usr/bin/env python3
"""Load safetensors files written by heed into the PyTorch classifier, strictly, and compare logits.

The metadata says which module to build: attention, pooling, features, classes, hidden, dense, heads. With --data and
--logits the module's logits of the sequences, in double, are compared with those that heed computed from the file.
Exit code 0 if every file loads and agrees, 1 otherwise.
"""

import argparse
import sys

import numpy as np
import torch
from safetensors import SafetensorError, safe_open

from torch_modules import Classifier

SIZES = ["features", "classes", "hidden", "dense"]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", metavar="FILE")
    parser.add_argument("--data", help=".npy (n, steps, features): what the LSTM sees, standardized if the model does so")
    parser.add_argument("--lengths", help=".npy (n): valid steps of each sequence; all, if not given")
    parser.add_argument("--logits", help=".npy (n, classes)")
    parser.add_argument("--tolerance", type=float, default=1e-5, help="largest absolute difference that passes")
    options = parser.parse_args()
    if (options.data is None) != (options.logits is None):
        parser.error("--data and --logits go together")
    return options


def load(path):
    """The module that the metadata describe, in double, with the file's weights."""
    with safe_open(path, framework="pt") as file:
        metadata = file.metadata() or {}
        weights = {name: file.get_tensor(name) for name in file.keys()}
    attention = metadata["attention"]
    options = {name: int(metadata[name]) for name in SIZES}
    if attention == "multihead":
        options |= {"heads": int(metadata["heads"]), "pooling": metadata["pooling"]}
    model = Classifier(attention, **options).double()
    model.load_state_dict(weights, strict=True)
    return model


def largest_difference(model, options):
    x = torch.from_numpy(np.load(options.data).astype(np.float64))
    lengths = options.lengths and torch.from_numpy(np.load(options.lengths).astype(np.int64))
    expected = torch.from_numpy(np.load(options.logits).astype(np.float64))
    with torch.no_grad():
        logits = model(x, lengths)
    if logits.shape != expected.shape:
        raise ValueError(f"{options.logits}: shape {tuple(expected.shape)}, the model gives {tuple(logits.shape)}")
    if not torch.isfinite(expected).all():
        raise ValueError(f"{options.logits}: not finite")
    return (logits - expected).abs().max().item()


def check(path, options):
    """Whether the file loads and agrees; says so on stdout."""
    try:
        model = load(path)
        difference = largest_difference(model, options) if options.data else None
    except KeyError as error:
        print(f"{path}: FAILED: no {error} in the metadata")
        return False
    except (OSError, RuntimeError, ValueError, SafetensorError) as error:
        print(f"{path}: FAILED: {error}")
        return False
    loaded = f"{path}: loads, {sum(weight.numel() for weight in model.parameters())} parameters"
    if difference is None:
        print(loaded)
        return True
    agrees = difference <= options.tolerance
    print(f"{loaded}; largest difference of the logits {difference:.3g}{'' if agrees else ': FAILED'}")
    return agrees


if __name__ == "__main__":
    options = arguments()
    sys.exit(0 if all([check(path, options) for path in options.files]) else 1)
