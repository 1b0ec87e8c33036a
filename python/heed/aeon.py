"""heed's estimators for aeon: collections of series (n, channels, time), or lists of (channels, time) of any lengths.

    from heed.aeon import SequenceClassifier

    classifier = SequenceClassifier(recipe="strong").fit(X_train, y_train)
"""

import inspect

import numpy as np
from aeon.classification.base import BaseClassifier
from aeon.regression.base import BaseRegressor
from aeon.utils.validation import check_n_jobs

from . import _sequences

_TAGS = {
    "X_inner_type": ["np-list", "numpy3D"],
    "capability:multivariate": True,
    "capability:unequal_length": True,
    "capability:multithreading": True,
    "capability:missing_values": False,
}


def _steps_first(X):
    """(n, channels, time) to (n, time, channels)."""
    if isinstance(X, np.ndarray):
        return np.ascontiguousarray(np.swapaxes(X, 1, 2))
    return [np.ascontiguousarray(one.T) for one in X]


def _init_of(kind, base):
    """A constructor with the arguments of another class; one thread, as aeon wants it."""
    signature = inspect.signature(kind.__init__)
    parameters = [p.replace(default=1) if p.name == "n_jobs" else p for p in signature.parameters.values()]
    signature = signature.replace(parameters=parameters)

    def __init__(self, *args, **kwargs):
        bound = signature.bind(self, *args, **kwargs)
        bound.apply_defaults()
        for name, value in list(bound.arguments.items())[1:]:
            setattr(self, name, value)
        base.__init__(self)

    __init__.__signature__ = signature
    return __init__


def _estimator(self, kind):
    params = {name: getattr(self, name) for name in kind._get_param_names()}
    self._n_jobs = params["n_jobs"] = check_n_jobs(self.n_jobs)
    return kind(**params)


class SequenceClassifier(BaseClassifier):
    """`heed.SequenceClassifier` by aeon's rules, with the same options."""

    _tags = dict(_TAGS)
    __init__ = _init_of(_sequences.SequenceClassifier, BaseClassifier)

    def _fit(self, X, y):
        self.estimator_ = _estimator(self, _sequences.SequenceClassifier).fit(_steps_first(X), np.asarray(y))
        return self

    def _predict(self, X):
        return self.estimator_.predict(_steps_first(X))

    def _predict_proba(self, X):
        return self.estimator_.predict_proba(_steps_first(X))

    @classmethod
    def _get_test_params(cls, parameter_set="default"):
        return {"hidden_size": 4, "epochs": 3}


class SequenceRegressor(BaseRegressor):
    """`heed.SequenceRegressor` by aeon's rules, with the same options."""

    _tags = dict(_TAGS)
    __init__ = _init_of(_sequences.SequenceRegressor, BaseRegressor)

    def _fit(self, X, y):
        self.estimator_ = _estimator(self, _sequences.SequenceRegressor).fit(_steps_first(X), np.asarray(y))
        return self

    def _predict(self, X):
        return self.estimator_.predict(_steps_first(X))

    @classmethod
    def _get_test_params(cls, parameter_set="default"):
        return {"hidden_size": 4, "epochs": 3}
