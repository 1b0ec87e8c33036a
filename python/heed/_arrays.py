"""From what users have to arrays as the extension takes them, without a copy where that can be."""

import numpy as np

from ._errors import ArgumentError, Error


def to_numpy(x, what="X"):
    """An array of NumPy, a view where x is one of PyTorch, JAX or of the DLPack or buffer protocol on the CPU."""
    if isinstance(x, np.ndarray):
        return x
    if hasattr(x, "detach"):  # PyTorch: a tensor that wants gradients
        x = x.detach()
    if hasattr(x, "toarray") and hasattr(x, "nnz"):
        raise Error(f"{what}: sparse data were passed, but dense data are required: use X.toarray()")
    try:
        if hasattr(x, "__dlpack__") and not hasattr(x, "__array__"):
            return np.from_dlpack(x)
        return np.asarray(x)
    except (RuntimeError, BufferError) as error:  # on another device
        raise Error(f"{what}: no array on the CPU: {error}") from error
    except TypeError as error:
        if hasattr(x, "__dlpack__"):
            raise Error(f"{what}: no array on the CPU: {error}") from error
        raise ArgumentError(f"{what}: no array: {error}") from error
    except ValueError as error:  # nested lists of different lengths
        raise Error(f"{what}: no array: {error}") from error


def _floats(x, what):
    """float32 and float64 as they are, anything else as float64."""
    if np.iscomplexobj(x):
        raise Error(f"{what}: Complex data not supported")
    if x.dtype in (np.float32, np.float64):
        return np.ascontiguousarray(x)
    if x.dtype == np.float16:
        return np.ascontiguousarray(x, dtype=np.float32)
    if x.dtype.kind in "SUMm":
        raise Error(f"{what}: numbers are needed, these are {x.dtype}")
    try:
        return np.ascontiguousarray(x, dtype=np.float64)
    except TypeError as error:
        raise ArgumentError(f"{what}: {error}") from error
    except ValueError as error:
        raise Error(f"{what}: {error}") from error


class Series:
    """Sequences (n, steps, features), and how long each is; `flat`: they came as one array (n, steps), of one feature."""

    __slots__ = ("x", "lengths", "flat")

    def __init__(self, x, lengths=None, flat=False):
        self.x, self.lengths, self.flat = x, lengths, flat

    def __len__(self):
        return len(self.x)

    def rows(self, indices):
        lengths = None if self.lengths is None else np.ascontiguousarray(self.lengths[indices])
        return Series(np.ascontiguousarray(self.x[indices]), lengths, self.flat)


def has_steps(x):
    """Whether x is an array or a list, and no number; of nested lists NumPy may know no rank."""
    return hasattr(x, "__len__") and not isinstance(x, str) and getattr(x, "shape", None) != ()


def _is_ragged(x):
    if isinstance(x, np.ndarray):
        return x.dtype == object and x.ndim == 1 and len(x) > 0 and has_steps(x[0])
    if not isinstance(x, (list, tuple)) or len(x) == 0:
        return False
    if all(hasattr(one, "shape") for one in x):
        return True
    try:
        return len({len(one) for one in x}) > 1
    except TypeError:
        return False


def _padded(sequences, what):
    arrays = [_floats(to_numpy(one, what), what) for one in sequences]
    ranks = {one.ndim for one in arrays}
    if not ranks <= {1, 2} or len(ranks) != 1:
        raise Error(f"{what}: wrong rank (expected sequences (steps, features) or (steps,), got ranks {sorted(ranks)})")
    if ranks == {1}:
        arrays = [one[:, None] for one in arrays]
    features = {one.shape[1] for one in arrays}
    if len(features) != 1:
        raise Error(f"{what}: sequences of different features (got {sorted(features)})")
    lengths = np.array([len(one) for one in arrays], dtype=np.int32)
    if lengths.min() == 0:
        raise Error(f"{what}: an empty sequence (sequence {int(lengths.argmin())}, counted from 0)")
    single = all(one.dtype == np.float32 for one in arrays)
    x = np.zeros((len(arrays), int(lengths.max()), features.pop()), dtype=np.float32 if single else np.float64)
    for row, one in zip(x, arrays):
        row[: len(one)] = one
    return Series(x, None if lengths.min() == lengths.max() else lengths)


def to_series(x, lengths=None, what="X"):
    """An array (n, steps, features) or (n, steps), or a list of (steps, features), of different lengths or not."""
    if _is_ragged(x):
        if lengths is not None:
            raise Error(f"{what}: a list of sequences has lengths of its own (got lengths besides)")
        return _padded(x, what)
    if x is None or isinstance(x, (int, float, dict)):
        raise Error(f"{what}: expected an array or a list of sequences, got {x!r}")
    x = _floats(to_numpy(x, what), what)
    if x.ndim not in (2, 3):
        raise Error(
            f"{what}: wrong rank (expected (n, steps, features) or (n, steps), got {x.shape}). Reshape your data: "
            "one sequence of one feature is X.reshape(1, -1)"
        )
    if x.shape[0] == 0:
        raise Error(f"{what}: 0 sample(s) (shape={x.shape}) while a minimum of 1 is required.")
    if 0 in x.shape:
        raise Error(f"{what}: 0 feature(s) (shape={x.shape}) while a minimum of 1 is required.")
    flat = x.ndim == 2
    if flat:
        x = x[:, :, None]
    if lengths is not None:
        lengths = to_numpy(lengths, "lengths")
        if lengths.shape != (len(x),):
            raise Error(f"lengths: one a sequence is needed (expected ({len(x)},), got {lengths.shape})")
        if lengths.dtype.kind not in "iu" or lengths.min() < 1 or lengths.max() > x.shape[1]:
            raise Error(f"lengths: expected whole numbers of 1 to {x.shape[1]}, the steps of X")
        lengths = np.ascontiguousarray(lengths, dtype=np.int32)
    return Series(x, lengths, flat)


def feature_names(x):
    """The names of a table's columns, where all are texts."""
    columns = getattr(x, "columns", None)
    if columns is None:
        return None
    texts = [isinstance(name, str) for name in columns]
    if all(texts):
        return np.asarray(list(columns), dtype=object)
    if any(texts):
        raise ArgumentError("Feature names are only supported if all input features have string names")
    return None
