#!/usr/bin/env python3
"""Write checkpoints by torch.save as training loops keep them, models by their modules, and what they give. See README.md.

    write_torch_models.py ../convert/data/models
"""

import argparse
import collections
import datetime
import pathlib
import pickle
import struct
import types

import numpy as np
import torch
from torch import nn

from write_torch_files import Named, fill


class RnnModel(nn.Module):
    """One recurrent layer and Linears, under names of the user's own."""

    def __init__(self, cell, **options):
        super().__init__()
        self.encoder = cell(3, 4, batch_first=True, **options)
        width = 4 * (2 if options.get("bidirectional") else 1)
        self.classifier = nn.Linear(width, 2)

    def forward(self, x):
        return self.classifier(self.encoder(x)[0][:, -1])


class EncoderModel(nn.Module):
    """An nn.TransformerEncoder between Linears."""

    def __init__(self):
        super().__init__()
        self.embed = nn.Linear(3, 4)
        layer = nn.TransformerEncoderLayer(4, 2, 6, dropout=0.0, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, 2)
        self.out = nn.Linear(4, 2)

    def forward(self, x):
        return self.out(self.encoder(self.embed(x)).mean(1))


class AttentionPool(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.attention = nn.Linear(size, 1)

    def forward(self, h):
        return (torch.softmax(self.attention(h), 1) * h).sum(1)


class AttentionModel(nn.Module):
    """LSTM, attention pool and two Linears, as tutorials have it."""

    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(3, 4, batch_first=True)
        self.attention = AttentionPool(4)
        self.fc1 = nn.Linear(4, 5)
        self.fc2 = nn.Linear(5, 2)

    def forward(self, x):
        return self.fc2(torch.relu(self.fc1(self.attention(self.lstm(x)[0]))))


def models():
    return {
        "lstm": fill(RnnModel(nn.LSTM)),
        "gru": fill(RnnModel(nn.GRU, num_layers=2)),
        "rnn": fill(RnnModel(nn.RNN)),
        "encoder_model": fill(EncoderModel()),
        "attention_model": fill(AttentionModel()),
    }


def things():
    """What is no tensor, and often stands beside them."""
    return {
        "state_dict": fill(Named()).state_dict(),
        "device": torch.device("cpu"),
        "dtype": torch.float32,
        "counts": collections.Counter("abba"),
        "seen": {1, 2, 3},
        "frozen": frozenset("ab"),
        "last": collections.deque([1, 2], maxlen=2),
        "scores": collections.defaultdict(list, {"f1": [0.5, 0.75]}),
        "best": np.float64(0.75),
        "losses": np.arange(3.0),
        "arguments": argparse.Namespace(lr=0.1, layers=[1, 2]),
        "more": types.SimpleNamespace(seed=1),
        "path": pathlib.PurePosixPath("runs/1"),
        "when": datetime.datetime(2026, 1, 2, 3, 4, 5),
        "complex": 1 + 2j,
        "range": range(3),
        "version": torch.__version__,
    }


def lightning():
    """A .ckpt of Lightning."""
    return {
        "epoch": 1,
        "global_step": 20,
        "pytorch-lightning_version": "2.4.0",
        "state_dict": fill(Named()).state_dict(),
        "loops": {"fit_loop": {"state_dict": {}, "epoch_progress": {"total": {"ready": 2, "completed": 1}}}},
        "callbacks": {"ModelCheckpoint{'monitor': None}": {"best_model_score": None, "kth_value": torch.tensor(0.5)}},
        "optimizer_states": [{"state": {}, "param_groups": [{"lr": 0.1, "betas": (0.9, 0.999), "params": [0, 1]}]}],
        "lr_schedulers": [],
        "hparams_name": "kwargs",
        "hyper_parameters": {"hidden": 3, "options": argparse.Namespace(depth=1)},
    }


class OldPickler(pickle._Pickler):
    """Texts as Python 2 wrote them: bytes of one instruction; and an OrderedDict of lists of keys and values."""

    dispatch = dict(pickle._Pickler.dispatch)

    def save_str(self, text):
        data = text.encode()
        self.write(b"U" + bytes([len(data)]) + data)
        self.memoize(text)

    dispatch[str] = save_str

    def reducer_override(self, value):
        if isinstance(value, collections.OrderedDict):
            return collections.OrderedDict, ([[key, item] for key, item in value.items()],)
        return NotImplemented

    def save_global(self, value, name=None):
        self.write(b"c" + value.__module__.encode() + b"\n" + value.__qualname__.encode() + b"\n")
        self.memoize(value)

    dispatch[type] = save_global
    dispatch[types.FunctionType] = save_global

    def persistent_id(self, value):
        if isinstance(value, torch.storage.TypedStorage) or torch.is_storage(value):
            typed = value if isinstance(value, torch.storage.TypedStorage) else None
            key = str(self.keys.setdefault(typed._cdata, len(self.keys)))
            self.storages.setdefault(key, typed)
            return "storage", torch.FloatStorage, key, "cpu", typed.size(), None
        return None


def python2(values, path):
    """A file of a PyTorch before 1.6 under Python 2."""
    with open(path, "wb") as file:
        for value in (0x1950A86A20F9469CFC6C, 1001, {"protocol_version": 1001, "little_endian": True}):
            OldPickler(file, 2).dump(value)
        pickler = OldPickler(file, 2)
        pickler.keys, pickler.storages = {}, {}
        pickler.dump(values)
        OldPickler(file, 2).dump(list(pickler.storages))
        for storage in pickler.storages.values():
            numbers = storage.tolist()
            file.write(struct.pack("<q", len(numbers)) + struct.pack(f"<{len(numbers)}f", *numbers))


def main():
    from safetensors.torch import save_file

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    folder = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    torch.save(things(), folder / "things.pt")
    torch.save(lightning(), folder / "lightning.pt")
    python2(fill(Named()).state_dict(), folder / "python2.pt")
    x = (torch.arange(2 * 5 * 3) * 11 % 31 - 15).view(2, 5, 3) / 16
    given = {"x": x}
    for name, model in models().items():
        torch.save(model.state_dict(), folder / f"{name}.pt")
        with torch.no_grad():
            given[name] = model.eval()(x)
    save_file(given, folder / "given.safetensors")


if __name__ == "__main__":
    main()
