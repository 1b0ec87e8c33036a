"""Reference files of the layers of images. heed has the channels of a pixel side by side, a step an image."""

import torch
from torch import nn

from torch_case import Case


def write_all():
    convolutions()
    poolings()
    flatten()


def to_torch(x, channels, height, width):
    """(n, steps, height width channels) as (n steps, channels, height, width)"""
    return x.reshape(-1, height, width, channels).permute(0, 3, 1, 2)


def from_torch(y, steps):
    """The inverse."""
    return y.permute(0, 2, 3, 1).reshape(-1, steps, y[0].numel())


def convolutions():
    for name, (channels, out, height, width), options in [
        ("same", (2, 5, 5, 4), {"kernel_size": 3, "padding": 1}),
        ("stride", (1, 4, 6, 7), {"kernel_size": 3, "stride": 2}),
        ("wide", (3, 2, 4, 5), {"kernel_size": 4, "stride": 3, "padding": 2}),
        ("no_bias", (3, 2, 4, 4), {"kernel_size": 2, "stride": 2, "bias": False}),
    ]:
        case = Case("conv2d", name, channels=channels, out=out, height=height, width=width, **options)
        module = case.module(nn.Conv2d(channels, out, **options))
        x = case.input("x", 3, 2, height * width * channels)
        case.output("y", from_torch(module(to_torch(x, channels, height, width)), 2))
        case.write()


def poolings():
    for name, (channels, height, width), options in [
        ("two", (3, 4, 6), {"kernel_size": 2}),
        ("overlapping", (2, 5, 5), {"kernel_size": 3, "stride": 2}),
    ]:
        case = Case("max_pool2d", name, **options)
        x = case.input("x", 3, 2, height * width * channels)
        case.output("y", from_torch(nn.MaxPool2d(**options)(to_torch(x, channels, height, width)), 2))
        case.write()


def flatten():
    case = Case("flatten", "image")
    x = case.input("x", 3, 2, 2 * 3 * 4)
    case.output("y", nn.Flatten()(to_torch(x, 2, 3, 4)).reshape(3, 2, -1))
    case.write()
