"""Reference files of attention as tutorials write it out with Linears: what such a module gives, heed's layers give."""

import math

import torch
from torch import nn

from torch_case import Case

GROUP = "written_out"


class SingleHead(nn.Module):
    """Three projections; scores without a scale; no projection of the output."""

    def __init__(self, input_size, output_size):
        super().__init__()
        for name in ["query", "key", "value"]:
            setattr(self, name, nn.Linear(input_size, output_size))

    def forward(self, query, key, value):
        q, k, v = self.query(query), self.key(key), self.value(value)
        weights = torch.softmax(q @ k.transpose(1, 2), dim=-1)
        return weights @ v, weights


class ManyHeads(nn.Module):
    """Four projections of one size; the features in heads, the scores by the root of a head's size."""

    def __init__(self, size, heads):
        super().__init__()
        self.heads = heads
        for name in ["query", "key", "value", "output"]:
            setattr(self, name, nn.Linear(size, size))

    def split(self, x):
        """(n, steps, size) to (n, heads, steps, size / heads)."""
        n, steps, size = x.shape
        return x.reshape(n, steps, self.heads, size // self.heads).transpose(1, 2)

    def forward(self, query, key, value):
        q, k, v = self.split(self.query(query)), self.split(self.key(key)), self.split(self.value(value))
        weights = torch.softmax(q @ k.transpose(2, 3) / math.sqrt(q.shape[-1]), dim=-1)
        return self.output((weights @ v).transpose(1, 2).flatten(2)), weights


def write_all():
    cases("single_head", ["self", "cross"], lambda: SingleHead(5, 4), 5, {})
    cases("single_head", ["three"], lambda: SingleHead(4, 4), 4, {"heads": 1})
    cases("many_heads", ["self", "cross", "three"], lambda: ManyHeads(6, 3), 6, {"heads": 3})


def cases(name, kinds, make, size, options):
    """Self attention; a query and its memory; and query, key and value each of their own, side by side in the features
    of input.x."""
    n, query_steps, memory_steps = 4, 3, 5
    for kind in kinds:
        case = Case(GROUP, f"{name}_{kind}", **options)
        module = case.module(make())
        if kind == "self":
            query = key = value = case.input("x", n, memory_steps, size)
        elif kind == "cross":
            query, key = case.input("query", n, query_steps, size), case.input("memory", n, memory_steps, size)
            value = key
        else:
            query, key, value = case.input("x", n, memory_steps, 3 * size).split(size, dim=2)
        y, weights = module(query, key, value)
        case.output("y", y)
        case.observe("attention", weights)
        case.write()
