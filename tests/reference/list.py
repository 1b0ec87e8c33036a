#!/usr/bin/env python3
"""Print every reference file: metadata, and name, type and shape of its tensors."""

import json
import struct
import sys
from pathlib import Path

DATA = Path(__file__).parent / "data"


def read_header(path):
    """The metadata (name -> text) and the tensors (name -> {dtype, shape, data_offsets}) of a safetensors file."""
    with open(path, "rb") as file:
        (size,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(size))
    return header.pop("__metadata__", {}), header


def main(patterns):
    for path in sorted(path for pattern in patterns for path in DATA.glob(pattern)):
        metadata, tensors = read_header(path)
        print(path.relative_to(DATA), " ".join(f"{name}={value}" for name, value in metadata.items()))
        for name, tensor in tensors.items():
            print(f"  {name} {tensor['dtype']} {tuple(tensor['shape'])}")


if __name__ == "__main__":
    main(sys.argv[1:] or ["*/*.safetensors"])
