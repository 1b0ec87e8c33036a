"""What a model attended to."""

import dataclasses
from typing import Any, Optional

import numpy as np


@dataclasses.dataclass
class Explanation:
    """The answer to one sequence, and how much of the attention each of its steps, or words, got. Weights sum to 1."""

    answer: Any
    probability: Optional[float]
    weights: np.ndarray
    words: Optional[list] = None

    def top(self, count=5):
        """The steps, or words, that got the most: (which, weight)."""
        order = np.argsort(-self.weights, kind="stable")[:count]
        return [(self.words[i] if self.words else int(i), float(self.weights[i])) for i in order]


def of_steps(weights, length):
    """One weight a step, of heads and queries the mean."""
    weights = weights[..., :length] if weights.ndim == 1 else weights[..., :length, :length]
    if weights.ndim > 1:
        weights = weights.mean(axis=tuple(range(weights.ndim - 1)))
    total = weights.sum()
    return weights / total if total > 0 else weights


def by_heads(raw, steps):
    """As the extension gives them, (n, steps, 1) or (n, heads steps, steps), to (n, steps) or (n, heads, steps, steps)."""
    if raw.shape[2] == 1 and raw.shape[1] == steps:
        return raw[:, :, 0]
    return raw.reshape(len(raw), -1, raw.shape[2], raw.shape[2])
