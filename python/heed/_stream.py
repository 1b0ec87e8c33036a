"""Sequences that come step by step."""

import numpy as np

from ._arrays import to_numpy
from ._errors import Error


def _one_step(features):
    try:
        step = np.ascontiguousarray(to_numpy(features, "step"), dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise Error(f"step: numbers are needed, one a feature: {error}") from error
    if step.ndim > 1:
        raise Error(f"step: wrong rank (expected the features of one step, got {step.shape})")
    return step.reshape(-1)


class Stream:
    """Runs a fitted estimator over a sequence whose steps come one by one: after N steps the answer is that of one pass
    over the N steps.

        stream = heed.Stream(model)
        for features in sensor:
            probabilities = stream.step(features)

    A step costs the same however long the sequence. For models that see no step to come: not of both directions, and
    without convolutions that are not causal. `max_steps`: no sequence has more; attention to all steps must know it.
    """

    def __init__(self, estimator, max_steps=0):
        self._estimator = estimator
        self._stream = estimator._fitted().stream(max_steps)

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
