"""Reference files of the layers of images. heed has the channels of a pixel side by side, a step an image."""

import torch
from torch import nn

import reference_file
from torch_case import Case, array
from torch_transformer_models import SIZE, make_encoder


def write_all():
    convolutions()
    poolings()
    flatten()
    shifted_patches()
    vision_transformer("curve", lambda: VisionTransformer(3))
    vision_transformer("small_data", lambda: SmallDataVisionTransformer(3))


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


class ShiftedPatches(nn.Module):
    """The image beside its four moves by half a patch, in channels; patches flattened pixel by pixel."""

    def __init__(self, channels, patch, size):
        super().__init__()
        self.patch = patch
        self.norm = nn.LayerNorm(5 * channels * patch**2)
        self.proj = nn.Linear(5 * channels * patch**2, size)

    def forward(self, images):
        half, (height, width) = self.patch // 2, images.shape[2:]
        padded = nn.functional.pad(images, (half,) * 4)
        moved = [padded[:, :, v : v + height, u : u + width] for v in (0, 2 * half) for u in (0, 2 * half)]
        beside = torch.cat([images, *moved], dim=1).permute(0, 2, 3, 1)
        patches = beside.unflatten(2, (-1, self.patch)).unflatten(1, (-1, self.patch)).transpose(2, 3)
        return self.proj(self.norm(patches.flatten(3).flatten(1, 2)))


def shifted_patches():
    for name, (channels, patch, height, width) in [("two", (2, 2, 4, 6)), ("four", (1, 4, 8, 4))]:
        case = Case("shifted_patches", name, channels=channels, patch=patch, height=height, width=width)
        module = case.module(ShiftedPatches(channels, patch, 3))
        x = case.input("x", 3, 1, height * width * channels)
        case.output("y", module(to_torch(x, channels, height, width)))
        case.write()


class VisionTransformer(nn.Module):
    """Patches of 2 x 2 of images of 4 x 6 with two channels; learned positions, norm before."""

    def __init__(self, classes):
        super().__init__()
        self.patch_embedding = nn.Module()
        self.patch_embedding.proj = nn.Conv2d(2, SIZE, kernel_size=2, stride=2)
        self.positions = nn.Embedding(6, SIZE)
        self.encoder = make_encoder("pre")
        self.classifier = nn.Linear(SIZE, classes)

    def forward(self, images):
        patches = self.patch_embedding.proj(images).flatten(2).transpose(1, 2)
        return self.classifier(self.encoder(patches + self.positions.weight).mean(dim=1))


class SmallDataVisionTransformer(nn.Module):
    """Shifted patches and locality."""

    def __init__(self, classes):
        super().__init__()
        self.patch_embedding = ShiftedPatches(2, 2, SIZE)
        self.positions = nn.Embedding(6, SIZE)
        self.encoder = make_encoder("pre", locality=True)
        self.classifier = nn.Linear(SIZE, classes)

    def forward(self, images):
        return self.classifier(self.encoder(self.patch_embedding(images) + self.positions.weight).mean(dim=1))


def vision_transformer(name, make):
    """Weights at the start, and the losses of 20 steps of full-batch Adam."""
    case = Case("vision_transformer", name, learning_rate=0.01)
    labels = torch.arange(20) % 3
    x = torch.randn(3, 1, 48)[labels] + 0.7 * torch.randn(20, 1, 48)
    case.constant("x", x)
    case.constant("labels", labels)
    module = make()
    for name, weight in module.named_parameters():
        case.tensors[f"weight.{name}"] = array(weight).copy()
    optimizer = torch.optim.Adam(module.parameters(), lr=0.01)
    losses = []
    for _ in range(20):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(module(to_torch(x, 2, 4, 6)), labels)
        loss.backward()
        optimizer.step()
        losses.append(loss.detach())
    case.tensors["output.loss"] = array(torch.stack(losses))
    reference_file.write(case.group, case.name, case.tensors, case.options)
