"""Sequences that come step by step."""

import numpy as np

from ._arrays import _floats, to_numpy
from ._base import Estimator
from ._errors import Error


def _one_step(features):
    step = _floats(to_numpy(features, "step"), "step")
    if step.ndim > 1:
        raise Error(f"step: wrong rank (expected the features of one step, got {step.shape})")
    return step.reshape(-1).astype(np.float64, copy=False)


class Stream:
    """Runs a fitted estimator over a sequence whose steps come one by one: after N steps the answer is that of one pass
    over the N steps.

        stream = heed.Stream(model)
        for features in sensor:
            probabilities = stream.step(features)

    A step costs the same however long the sequence. For models that see no step to come: not of both directions, and
    without convolutions that are not causal; a `Forecaster` with `absolute=True`. `max_steps`: no sequence has more;
    attention to all steps must know it.
    """

    def __init__(self, estimator, max_steps=0):
        if not isinstance(estimator, Estimator):
            raise Error(f"estimator: expected one of heed's, got {estimator!r}")
        if not isinstance(max_steps, (int, np.integer)) or isinstance(max_steps, bool) or max_steps < 0:
            raise Error(f"max_steps: expected a whole number of at least 0, got {max_steps!r}")
        self._estimator = estimator
        self._stream = estimator._fitted().stream(int(max_steps))

    def step(self, features):
        """The next step, numbers or a word: probabilities, or numbers, for the sequence so far."""
        if isinstance(features, str):
            return self._stream.step_word(self._estimator._word(features))
        return self._stream.step(_one_step(features))

    def predict(self, features):
        """The next step: the class, or the numbers, for the sequence so far."""
        return self._estimator._answers(self.step(features)[None])[0]

    def reset(self):
        """To the beginning of another sequence."""
        self._stream.reset()

    @property
    def steps(self):
        return self._stream.steps
