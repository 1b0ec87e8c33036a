"""Attention-based sequence models that train fast on a CPU, by scikit-learn's rules.

    import heed

    model = heed.SequenceClassifier(hidden_size=32, epochs=100)
    model.fit(X, y)                     # X (n, steps, features), or a list of (steps, features)
    model.predict_proba(X)
    model.save("gestures.safetensors")  # the same file as C++ and the command line write and read

NumPy is loaded when an estimator is first used, not at import.
"""

import importlib as _importlib

from . import _core
from ._errors import Error

__version__ = _core.version
isa = _core.isa

_homes = {
    "SequenceClassifier": "._sequences",
    "SequenceRegressor": "._sequences",
    "TextClassifier": "._words",
    "Tagger": "._words",
    "Forecaster": "._forecast",
    "Stream": "._stream",
    "Explanation": "._explain",
    "load": "._files",
    "from_torch": "._files",
    "from_keras": "._keras",
    "load_sequences": "._files",
}

__all__ = ["Error", "__version__", "isa", *_homes]


def __getattr__(name):
    home = _homes.get(name)
    if home is None:
        raise AttributeError(f"module 'heed' has no attribute {name!r}")
    value = getattr(_importlib.import_module(home, __name__), name)
    globals()[name] = value
    return value


def __dir__():
    return sorted(__all__)
