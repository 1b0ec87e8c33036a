"""Models and data out of files."""

import os
import pathlib
import warnings

from . import _core
from ._errors import Error


def read_file(path, what="path"):
    """(bytes, name) of a file."""
    try:
        path = pathlib.Path(path)
    except TypeError as error:
        raise Error(f"{what}: expected the path of a file, got {path!r}") from error
    try:
        return path.read_bytes(), os.fspath(path)
    except OSError as error:
        raise Error(f"{path}: cannot be read: {error.strerror}") from error


# Options that the tensors of a file do not show.
_HINTS = {"num_heads": "heads", "pooling": "pooling", "last_state": "last_state", "dropout": "dropout"}


def load(path, *, rename=None, partial=False, **options):
    """The estimator of a model's file, whoever wrote it: Python, C++, the command line, PyTorch.

    Of a file that heed did not write, tensors say the architecture. rename: {old: new}, beginnings of their names, one
    after another; an empty new one takes it away. partial leaves out other tensors, and missing biases are 0. num_heads,
    pooling, last_state and dropout are what tensors leave open.
    """
    from . import _forecast, _sequences, _words
    from ._base import text_of

    data, name = read_file(path)
    unknown = sorted(options.keys() - _HINTS)
    if unknown:
        raise Error(f"load: no option {unknown[0]!r} (expected one of {', '.join(_HINTS)})")
    hints = {_HINTS[key]: text_of(value) for key, value in options.items()}
    pairs = [(str(old), str(new)) for old, new in dict(rename or {}).items()]
    model = _core.model_of_bytes(data, name, hints, pairs, bool(partial))
    for note in model.notes:
        warnings.warn(f"{name}: {note}", stacklevel=2)
    kinds = {"TextClassifier": _words.TextClassifier, "Tagger": _words.Tagger}
    kind = kinds.get(model.architecture)
    if kind is None:
        kind = _sequences.SequenceRegressor if model.gives_numbers else _sequences.SequenceClassifier
        if model.metadata.get("task") == "forecast":
            kind = _forecast.Forecaster
    return kind._of_model(model)


def load_sequences(
    path,
    *,
    features=1,
    targets=False,
    steps=None,
    header=None,
    delimiter=None,
    label_column=None,
    index_column=None,
    sequence_column=None,
    time_column=None,
    feature_columns=None,
):
    """Sequences of a file (.ts, .arff, .npy, .npz:NAME, a table): (X, y), or X alone where the file has no labels.

    X is an array (n, steps, features) in double, or a list of (steps, features) where lengths differ; missing values are
    NaN. y holds labels, integers where all are; with `targets` numbers.

    A table has a sequence in each row, with `features` numbers a step, and its label in the column label_column: last,
    first, none or a name; several targets are a list of names. steps says how long the sequences of rows are that may
    have no label. header (auto; yes, no): whether the first row has names. delimiter: the character between fields.
    index_column (drop, keep): what to do with a first column that counts the rows. With sequence_column a row is a step:
    rows with equal values there are a sequence, in the order of time_column, and feature_columns (all others) are its
    features.
    """
    import numpy as np

    from ._labels import natural

    def names(value):
        return value if isinstance(value, str) else ",".join(value)

    said = {
        "header": header,
        "delimiter": delimiter,
        "label_column": label_column,
        "index_column": index_column,
        "sequence_column": sequence_column,
        "time_column": time_column,
        "feature_columns": feature_columns,
    }
    table = {key: names(value) for key, value in said.items() if value is not None}
    x, lengths, labels, numbers = _core.read_series(os.fspath(path), features, targets, steps or 0, table)
    if lengths is not None:
        x = [one[:length] for one, length in zip(x, lengths)]
    if numbers is not None:
        return x, numbers[:, 0] if numbers.shape[1] == 1 else numbers
    return (x, natural(np.array(labels))) if labels else x
