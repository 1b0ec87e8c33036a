"""Models and data out of files."""

import os
import pathlib

from . import _core
from ._errors import Error


def load(path):
    """The estimator of a model's file, whoever wrote it: Python, C++ or the command line."""
    from . import _sequences, _words

    path = pathlib.Path(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise Error(f"{path}: cannot be read: {error.strerror}") from error
    model = _core.model_of_bytes(data, os.fspath(path))
    kinds = {"TextClassifier": _words.TextClassifier, "Tagger": _words.Tagger}
    kind = kinds.get(model.architecture)
    if kind is None:
        kind = _sequences.SequenceRegressor if model.gives_numbers else _sequences.SequenceClassifier
    return kind._of_model(model)


def load_sequences(path, *, features=1, targets=False):
    """Sequences of a file (.ts, .arff, .npy, .npz:NAME, a table): (X, y), or X alone where the file has no labels.

    X is an array (n, steps, features) in double, or a list of (steps, features) where lengths differ; missing values are
    NaN. y holds labels, integers where all are; with `targets` numbers. `features` are those of a step of a table.
    """
    import numpy as np

    from ._labels import natural

    x, lengths, labels, numbers = _core.read_series(os.fspath(path), features, targets)
    if lengths is not None:
        x = [one[:length] for one, length in zip(x, lengths)]
    if numbers is not None:
        return x, numbers[:, 0] if numbers.shape[1] == 1 else numbers
    return (x, natural(np.array(labels))) if labels else x
