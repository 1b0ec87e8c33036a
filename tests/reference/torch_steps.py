"""Reference files of layers over the steps of sequences: pooling with strides, group normalisation."""

import torch
from torch import nn

from torch_case import Case


def write_all():
    max_pools()
    mean_pools()
    group_norms()


def one_by_one(module, x, lengths, output_length):
    """A module of (n, features, steps) on each of (n, steps, features) by itself, cut to its length; zeros past it."""
    if lengths is None:
        return module(x.transpose(1, 2)).transpose(1, 2)
    rows = []
    for sequence, length in zip(x, lengths):
        steps = output_length(int(length))
        y = module(sequence[None, : int(length)].transpose(1, 2)).transpose(1, 2)[0] if steps else sequence[:0]
        assert len(y) == steps
        rows.append(nn.functional.pad(y, (0, 0, 0, output_length(x.shape[1]) - steps)))
    return torch.stack(rows)


def write_pools(group, kind, cases):
    for name, options in cases.items():
        module = kind(**options)

        def output_length(length):
            padded = length + 2 * options.get("padding", 0)
            reach = options.get("dilation", 1) * (options["kernel_size"] - 1) + 1
            if length == 0 or (padded < reach and not options.get("ceil_mode")):
                return 0
            return module(torch.zeros(1, 1, length)).shape[-1]

        for suffix, lengths in {"": None, "_ragged": [9, 5, 0, 7, 3, 1]}.items():
            case = Case(group, name + suffix, **options)
            x = case.input("x", 6, 9, 3)
            case.output("y", one_by_one(module, x, lengths and case.constant("lengths", lengths), output_length))
            case.write()


def max_pools():
    write_pools("max_pool1d", nn.MaxPool1d, {
        "two": {"kernel_size": 2},
        "overlapping": {"kernel_size": 3, "stride": 1, "padding": 1},
        "ceil": {"kernel_size": 4, "stride": 3, "padding": 2, "ceil_mode": True},
        "dilated": {"kernel_size": 3, "stride": 2, "padding": 1, "dilation": 2},
    })


def mean_pools():
    write_pools("mean_pool1d", nn.AvgPool1d, {
        "two": {"kernel_size": 2},
        "overlapping": {"kernel_size": 3, "stride": 1, "padding": 1},
        "valid_alone": {"kernel_size": 3, "stride": 2, "padding": 1, "count_include_pad": False},
        "ceil": {"kernel_size": 4, "stride": 3, "padding": 2, "ceil_mode": True},
        "ceil_valid_alone": {"kernel_size": 4, "stride": 3, "padding": 2, "ceil_mode": True, "count_include_pad": False},
    })


def group_norms():
    for name, groups, affine in [("two", 2, True), ("one", 1, True), ("instance", 6, True), ("plain", 3, False)]:
        for suffix, lengths in {"": None, "_ragged": [4, 0, 2, 2 if groups == 6 else 1, 3]}.items():  # torch wants two numbers
            case = Case("group_norm", name + suffix, groups=groups, affine=affine)
            module = case.module(nn.GroupNorm(groups, 6, affine=affine))
            x = case.input("x", 5, 4, 6)
            case.output("y", one_by_one(module, x, lengths and case.constant("lengths", lengths), lambda n: n))
            case.write()


if __name__ == "__main__":
    write_all()
