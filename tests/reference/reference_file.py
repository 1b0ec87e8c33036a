"""The format of a reference file: one case, in safetensors, the same bytes on every run.

The safetensors package writes the keys of `__metadata__` in a random order, hence the few lines of writer here.
"""

import json
import struct
import zlib
from pathlib import Path

import numpy as np

DATA = Path(__file__).parent / "data"

DTYPES = {np.dtype(np.float64): "F64", np.dtype(np.float32): "F32"}


def seed_of(group, case):
    """A seed of its own for every case: adding one leaves the others as they are."""
    return zlib.crc32(f"{group}/{case}".encode())


def text_of(value):
    return str(value).lower() if isinstance(value, bool) else str(value)


def write(group, case, tensors, options):
    """Write data/<group>/<case>.safetensors.

    tensors: name -> array of float64 (or float32, where a file says so); options: name -> anything, stored as text.
    """
    header = {"__metadata__": {name: text_of(value) for name, value in sorted(options.items())}}
    payload = bytearray()
    for name, values in sorted(tensors.items()):
        values = np.ascontiguousarray(values)
        if not np.isfinite(values).all():
            raise ValueError(f"{group}/{case}: {name} is not finite")
        begin = len(payload)
        payload += values.astype(values.dtype.newbyteorder("<"), copy=False).tobytes()
        header[name] = {"dtype": DTYPES[values.dtype], "shape": list(values.shape), "data_offsets": [begin, len(payload)]}

    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # the payload starts aligned
    path = DATA / group / f"{case}.safetensors"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(struct.pack("<Q", len(text)) + text + payload)
