"""Models and data out of files."""

import json
import os
import pathlib
import warnings

from . import _core
from ._errors import Error


def _decoded(path, what):
    try:
        text = os.fsdecode(path)
    except TypeError:
        raise Error(f"{what}: expected the path of a file, got {path!r}") from None
    try:
        os.fsencode(text)
    except UnicodeEncodeError:
        raise Error(f"{what}: no file has this name: {path!r}") from None
    if "\0" in text:
        raise Error(f"{what}: a path has no NUL, got {path!r}")
    return text


def path_of(path, what="path"):
    """The path of a file as a text that is valid UTF-8, as the extension takes it."""
    text = _decoded(path, what)
    try:
        text.encode()
    except UnicodeEncodeError:
        raise Error(f"{what}: expected a path that is valid UTF-8, got {path!r}") from None
    return text


def read_file(path, what="path"):
    """(bytes, name) of a file."""
    text = _decoded(path, what)
    name = os.fsencode(text).decode(errors="replace")
    try:
        return pathlib.Path(text).read_bytes(), name
    except OSError as error:
        raise Error(f"{name}: cannot be read: {error.strerror}") from error


# Options that the tensors of a file do not show.
_HINTS = {"num_heads": "heads", "pooling": "pooling", "last_state": "last_state", "dropout": "dropout"}


def load(path, *, prefix="", rename=None, partial=False, self_test=True, **options):
    """The estimator of a model's file, whoever wrote it: Python, C++, the command line, PyTorch (safetensors, .pt).

    Of a file that heed did not write, tensors say the architecture. prefix takes those of one part alone, as
    "model_state_dict" of a checkpoint. rename: {old: new}, beginnings of their names, one after another; an empty new one
    takes it away. partial leaves out other tensors, and missing biases are 0. num_heads,
    pooling, last_state and dropout are what tensors leave open.

    A file of heed holds an input and the output that the model gave when it was saved. The model must give it again;
    self_test=False leaves the check out.
    """
    data, name = read_file(path)
    return _estimator(data, name, "load", prefix, rename, partial, self_test, options)


def from_torch(state_dict, *, prefix="", rename=None, partial=False, **options):
    """The estimator of a PyTorch module's weights: `heed.from_torch(module.state_dict())`, or the module.

    The values are tensors or arrays of floating-point numbers. The rest is as for `load`.
    """
    if hasattr(state_dict, "state_dict"):
        state_dict = state_dict.state_dict()
    return _estimator(_safetensors_of(state_dict), "state_dict", "from_torch", prefix, rename, partial, True, options)


def _estimator(data, name, caller, prefix, rename, partial, self_test, options):
    from . import _forecast, _sequences, _words
    from ._base import text_of

    unknown = sorted(options.keys() - _HINTS)
    if unknown:
        raise Error(f"{caller}: no option {unknown[0]!r} (expected one of {', '.join(_HINTS)})")
    hints = {_HINTS[key]: text_of(value) for key, value in options.items()}
    pairs = [(str(old), str(new)) for old, new in dict(rename or {}).items()]
    model = _core.model_of_bytes(data, name, hints, pairs, bool(partial), bool(self_test), str(prefix))
    for note in model.notes:
        warnings.warn(f"{name}: {note}", stacklevel=3)
    kinds = {"TextClassifier": _words.TextClassifier, "Tagger": _words.Tagger}
    kind = kinds.get(model.architecture)
    if kind is None:
        kind = _sequences.SequenceRegressor if model.gives_numbers else _sequences.SequenceClassifier
        if model.metadata.get("task") == "forecast":
            kind = _forecast.Forecaster
    return kind._of_model(model)


def _array_of(key, value):
    """The numbers of a tensor, row by row."""
    import numpy as np

    if hasattr(value, "detach"):
        value = value.detach().cpu()
        if str(value.dtype) == "torch.bfloat16":  # NumPy has none; float holds it exactly
            value = value.float()
    try:
        array = np.asarray(value)
    except (TypeError, ValueError, RuntimeError) as error:
        raise Error(f"state_dict: {key!r}: expected a tensor, got {type(value).__name__}") from error
    if array.dtype.kind == "O":
        raise Error(f"state_dict: {key!r}: expected a tensor, got {type(value).__name__}")
    if array.dtype.kind in "iub":  # counters, as num_batches_tracked: no model of heed has them
        return np.ascontiguousarray(array, dtype="<i8")
    if array.dtype.kind != "f" or array.itemsize > 8:
        raise Error(f"state_dict: {key!r}: expected numbers of 16, 32 or 64 bits, got {array.dtype}")
    return np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))


def _safetensors_of(state_dict):
    """The bytes of a file with these tensors."""
    try:
        items = [(str(key), value) for key, value in dict(state_dict).items()]
    except (TypeError, ValueError) as error:
        raise Error(f"state_dict: expected a dict of tensors, got {type(state_dict).__name__}") from error
    header, parts, end = {}, [], 0
    for key, value in items:
        array = _array_of(key, value)
        if key in header:
            raise Error(f"state_dict: {key!r} is there twice")
        kind = "I64" if array.dtype.kind == "i" else f"F{8 * array.itemsize}"
        header[key] = {"dtype": kind, "shape": list(array.shape), "data_offsets": [end, end + array.nbytes]}
        parts.append(array.tobytes())
        end += array.nbytes
    return _with_header(header, parts)


def _with_header(header, parts):
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return b"".join([len(text).to_bytes(8, "little"), text, *parts])


def with_metadata(model, more):
    """The model whose file says this, too."""
    data = model.bytes()
    start = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:start])
    header["__metadata__"].update(more)
    return _core.model_of_bytes(_with_header(header, [memoryview(data)[start:]]), self_test=False)


def load_sequences(
    path,
    *,
    features=1,
    targets=False,
    steps=None,
    header=None,
    delimiter=None,
    decimal=None,
    label_column=None,
    index_column=None,
    sequence_column=None,
    time_column=None,
    feature_columns=None,
    date_order=None,
):
    """Sequences of a file (.ts, .arff, .npy, .npz:NAME, a table): (X, y), or X alone where the file has no labels.

    X is an array (n, steps, features) in double, or a list of (steps, features) where lengths differ; missing values are
    NaN. y holds labels, integers where all are; with `targets` numbers.

    A table has a sequence in each row, with `features` numbers a step, and its label in the column label_column: last,
    first, none or a name; several targets are a list of names. steps says how long the sequences of rows are that may
    have no label. header (auto; yes, no): whether the first row has names. delimiter: the character between fields.
    decimal (".", ","): the one in numbers; with "," a point in a number is an error.
    index_column (drop, keep): what to do with a first column that counts or numbers the rows. With sequence_column a row is a step:
    rows with equal values there are a sequence, in the order of time_column, and feature_columns (all others) are its
    features. date_order (day-first, month-first, year-first): that of dates such as 1/2/2025, where no date of the column
    tells it.
    """
    import numpy as np

    from ._labels import natural

    def names(value):
        return value if isinstance(value, str) else ",".join(value)

    said = {
        "header": header,
        "delimiter": delimiter,
        "decimal": decimal,
        "label_column": label_column,
        "index_column": index_column,
        "sequence_column": sequence_column,
        "time_column": time_column,
        "feature_columns": feature_columns,
        "date_order": date_order,
    }
    table = {key: names(value) for key, value in said.items() if value is not None}
    x, lengths, labels, numbers = _core.read_series(path_of(path), features, targets, steps or 0, table)
    if lengths is not None:
        x = [one[:length] for one, length in zip(x, lengths)]
    if numbers is not None:
        return x, numbers[:, 0] if numbers.shape[1] == 1 else numbers
    return (x, natural(np.array(labels))) if labels else x
