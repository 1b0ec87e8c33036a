#!/usr/bin/env python3
"""Write small files by torch.save, as users have them, and the same tensors as safetensors. See README.md.

    write_torch_files.py ../convert/data/torch2              # with the PyTorch to write for
    write_torch_files.py ../convert/data/torch1 --no-expected
"""

import argparse
import collections
import pathlib
import zipfile

import torch
from torch import nn


def fill(module):
    """Numbers that every version of PyTorch makes alike, and that half precision holds exactly."""
    count = 0
    for parameter in module.state_dict().values():
        with torch.no_grad():
            parameter.copy_(((torch.arange(count, count + parameter.numel()) * 7 % 31) - 15).view_as(parameter) / 16)
        count += parameter.numel()
    return module


class Named(nn.Module):
    """An LSTM and a Linear under names of the user's own."""

    def __init__(self):
        super().__init__()
        self.rnn = nn.LSTM(2, 3, batch_first=True)
        self.head = nn.Linear(3, 2)


class AttentionLayer(nn.Module):
    def __init__(self, hidden_size):
        super().__init__()
        self.attention = nn.Linear(hidden_size, 1)


class AttentionModel(nn.Module):
    """A classifier of sequences as tutorials write it."""

    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(input_size=5, hidden_size=4, batch_first=True)
        self.attention = AttentionLayer(hidden_size=4)
        self.fc1 = nn.Linear(4, 3)
        self.fc2 = nn.Linear(3, 2)


def tensors():
    """Every type of numbers, and every kind of view."""
    numbers = torch.arange(12, dtype=torch.float32).view(3, 4)
    whole = torch.arange(-3, 3)
    values = {
        "f32": numbers / 8,
        "f64": numbers.double() / 3,
        "f16": numbers.half() / 8,
        "bf16": numbers.bfloat16() / 8,
        "i64": whole,
        "i32": whole.int(),
        "i16": whole.short(),
        "i8": whole.char(),
        "u8": (whole + 3).byte(),
        "bool": whole > 0,
        "c64": torch.complex(numbers, -numbers),
        "transposed": numbers.t(),
        "column": numbers[:, 1],
        "corner": numbers[1:, 2:],
        "turned": numbers.view(3, 2, 2).permute(2, 0, 1),
        "spread": torch.ones(1, 3).expand(2, 3),
        "scalar": torch.tensor(2.5),
        "none": torch.zeros(0, 3),
        "tied": numbers,
    }
    for name in ("uint16", "uint32", "uint64"):
        if hasattr(torch, name):
            values[name] = torch.arange(4).to(getattr(torch, name))
    return values


def checkpoint():
    """What training loops keep."""
    model = fill(Named())
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    sum(p.sum() for p in model.parameters()).backward()
    optimizer.step()
    fill(model)
    return {
        "epoch": 3,
        "model_state_dict": model.state_dict(),
        "optimizer": optimizer.state_dict(),
        "losses": [1.5, 0.25, float("inf")],
        "best": None,
        "note": "häkchen ✓",
        "shape": torch.Size([2, 3]),
        "range": (1, 2, 3, 2**70, -(2**40)),
        "done": True,
    }


def rewritten(source, target, compression, change=lambda name, data: data):
    """The same archive otherwise."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", compression) as new:
        for entry in old.infolist():
            new.writestr(zipfile.ZipInfo(entry.filename), change(entry.filename, old.read(entry)), compression)


def reversed_records(name, data):
    """Float32 of a big-endian machine."""
    if name.endswith("byteorder"):
        return b"big"
    if "/data/" in name:
        return b"".join(data[i : i + 4][::-1] for i in range(0, len(data), 4))
    return data


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--no-expected", action="store_true", help="write no safetensors files")
    arguments = parser.parse_args()
    folder = arguments.folder
    folder.mkdir(parents=True, exist_ok=True)
    named, attention = fill(Named()), fill(AttentionModel())
    encoder = fill(nn.TransformerEncoder(nn.TransformerEncoderLayer(4, 2, 6, batch_first=True), 1))
    cases = {
        "named": named.state_dict(),
        "attention": attention.state_dict(),
        "encoder": encoder.state_dict(),
        "tensors": tensors(),
    }
    if not arguments.no_expected:
        from safetensors.torch import save_file

        for name, values in cases.items():
            separate = {key: value.detach().clone().contiguous() for key, value in values.items()}
            save_file(separate, folder.parent / f"{name}.safetensors")
    for name, values in cases.items():
        torch.save(values, folder / f"{name}.pt")
    torch.save(named.state_dict(), folder / "legacy.pt", _use_new_zipfile_serialization=False)
    for protocol in (3, 4, 5):
        torch.save(named.state_dict(), folder / f"protocol{protocol}.pt", pickle_protocol=protocol)
    torch.save(checkpoint(), folder / "checkpoint.pt")
    torch.save(collections.OrderedDict(named.named_parameters()), folder / "parameters.pt")
    torch.save(nn.Linear(2, 1), folder / "module.pt")
    torch.save(torch.ones(3), folder / "tensor.pt")
    torch.jit.save(torch.jit.script(nn.Linear(2, 1)), folder / "script.pt")
    if hasattr(torch.serialization, "set_crc32_options"):
        torch.serialization.set_crc32_options(False)
        torch.save(named.state_dict(), folder / "no_checksum.pt")
        torch.serialization.set_crc32_options(True)
    rewritten(folder / "named.pt", folder / "compressed.pt", zipfile.ZIP_DEFLATED)
    if zipfile.ZipFile(folder / "named.pt").namelist().count("named/byteorder"):
        rewritten(folder / "named.pt", folder / "big.pt", zipfile.ZIP_STORED, reversed_records)


if __name__ == "__main__":
    main()
