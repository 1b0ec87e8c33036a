"""Reference files of the transformer's parts and blocks."""

import torch
from torch import nn

from torch_case import Case
from torch_modules import valid_steps


def write_all():
    layer_norm()
    embedding()
    positions()


def valid(y, lengths):
    """Zeros past the ends of the sequences of (n, steps, features)."""
    return y if lengths is None else y * valid_steps(lengths, y.shape[1])[:, :, None]


def layer_norm():
    for name, lengths, bias, eps in [
        ("full", None, True, 1e-5),
        ("ragged", [3, 0, 4, 1, 2], True, 1e-5),
        ("no_bias", None, False, 1e-5),
        ("eps", None, True, 0.3),
    ]:
        case = Case("layer_norm", name, bias=bias, eps=eps)
        module = nn.LayerNorm(6, eps=eps)
        if not bias:
            module.bias = None
        module = case.module(module)
        lengths = lengths and case.constant("lengths", lengths)
        case.output("y", valid(module(case.input("x", 5, 4, 6)), lengths))
        case.write()


def embedding():
    for name, lengths, padding in [("full", None, None), ("padding", None, 2), ("ragged", [4, 1, 0, 3], 0)]:
        case = Case("embedding", name, padding=-1 if padding is None else padding)
        module = case.module(nn.Embedding(6, 5, padding_idx=padding))
        tokens = case.constant("tokens", torch.randint(6, (4, 4)))
        lengths = lengths and case.constant("lengths", lengths)
        case.output("y", valid(module(tokens), lengths))
        case.write()


def sinusoids(steps, features):
    """(steps, features) of Vaswani et al. 2017."""
    even = torch.arange(0, features, 2)
    angle = torch.arange(steps)[:, None] / 10000 ** (even / features)
    return torch.stack((torch.sin(angle), torch.cos(angle)), dim=-1).flatten(1)[:, :features]


def positions():
    for name, features in {"sinusoidal": 6, "sinusoidal_odd": 5}.items():
        case = Case("positions", name)
        x = case.input("x", 3, 4, features)
        case.output("y", x + sinusoids(4, features))
        case.write()
    for name, lengths in {"learned": None, "learned_ragged": [4, 0, 2]}.items():
        case = Case("positions", name)
        module = case.module(nn.Embedding(5, 6))
        x = case.input("x", 3, 4, 6)
        lengths = lengths and case.constant("lengths", lengths)
        case.output("y", valid(x + module(torch.arange(4)), lengths))
        case.write()
