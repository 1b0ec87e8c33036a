#!/usr/bin/env python3
"""Reference files of MiniRocket, by aeon, and of ridge regression, by scikit-learn.

aeon draws channels by numpy's generator; here they come from heed's counter-based one, written out below, so that both
look at the same channels. The biases are those of one series alone, so that nothing is left to draw.
"""

import aeon
import numpy as np
import sklearn
from aeon.transformations.collection.convolution_based import MiniRocket, _minirocket
from sklearn.linear_model import Ridge, RidgeCV

import reference_file

MASK = (1 << 64) - 1


class Key:
    def __init__(self, value):
        self.value = value

    def bits(self, index):
        z = (self.value + 0x9E3779B97F4A7C15 * (index + 1)) & MASK
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return z ^ (z >> 31)

    def child(self, site):
        return Key(self.bits(self.bits(site) ^ 0xD1B54A32D192ED03))

    def uniform(self, index):
        return (self.bits(index) >> 11) * 2.0**-53

    def below(self, index, bound):
        return (self.bits(index) * bound) >> 64


def channels_of(seed, combinations, channels):
    key, every = Key(seed).child(0), list(range(channels))
    counts, chosen = [], []
    for i in range(combinations):
        draw = key.child(i)
        counts.append(int(2 ** (draw.uniform(0) * np.log2(min(channels, 9) + 1))))
        for c in range(counts[-1]):
            other = c + draw.below(c + 1, channels - c)
            every[c], every[other] = every[other], every[c]
            chosen.append(every[c])
    return np.array(counts, np.int32), np.array(chosen, np.int32)


def write_rocket(case, n, steps, channels, features, max_dilations, seed):
    random = np.random.default_rng(reference_file.seed_of("rocket", case))
    x = random.normal(size=(n, channels, steps)).astype(np.float32)
    dilations, per_kernel = _minirocket._fit_dilations(steps, features, max_dilations)
    counts, chosen = channels_of(seed, 84 * len(dilations), channels)
    quantiles = _minirocket._quantiles(84 * int(np.sum(per_kernel)))
    biases = _minirocket._fit_biases(
        x[:1], counts, chosen, dilations, per_kernel, quantiles, MiniRocket._indices, 0
    )
    parameters = (counts, chosen, dilations, per_kernel, biases)
    if channels == 1:
        y = _minirocket._static_transform_uni(x.squeeze(1), parameters, MiniRocket._indices)
    else:
        y = _minirocket._static_transform_multi(x, parameters, MiniRocket._indices)
    tensors = {
        "input.x": x.transpose(0, 2, 1),
        "weight.biases": biases,
        "dilations": dilations,
        "per_kernel": per_kernel,
        "output.y": y,
    }
    options = {"num_features": features, "max_dilations": max_dilations, "seed": seed, "aeon": aeon.__version__}
    reference_file.write("rocket", case, {k: v.astype(np.float64) for k, v in tensors.items()}, options)


def write_ridge(case, n, features, targets):
    random = np.random.default_rng(reference_file.seed_of("ridge", case))
    x = random.normal(size=(n, features)) * random.uniform(0.1, 3, features) + random.normal(size=features)
    y = x[:, :3] @ random.normal(size=(3, targets)) + random.normal(size=(n, targets))
    alphas = np.logspace(-3, 3, 10)
    chosen = RidgeCV(alphas=alphas).fit(x, y)
    held_out = np.array(
        [
            Ridge(alpha=chosen.alpha_, solver="svd").fit(np.delete(x, i, 0), np.delete(y, i, 0)).predict(x[i : i + 1])[0]
            for i in range(n)
        ]
    )
    tensors = {
        "input.x": x,
        "input.targets": y,
        "weight.weight": chosen.coef_,
        "weight.bias": chosen.intercept_,
        "output.held_out": held_out,
    }
    reference_file.write("ridge", case, tensors, {"alpha": repr(float(chosen.alpha_)), "sklearn": sklearn.__version__})


def main():
    write_rocket("one_channel", 5, 40, 1, 504, 32, 0)
    write_rocket("nine_steps", 4, 9, 1, 168, 32, 0)
    write_rocket("few_dilations", 3, 100, 1, 420, 3, 0)
    write_rocket("channels", 4, 33, 5, 336, 32, 7)
    write_rocket("many_channels", 3, 20, 20, 252, 32, 3)
    write_ridge("wide", 12, 30, 3)
    write_ridge("tall", 40, 7, 2)
    write_ridge("square", 15, 15, 1)


if __name__ == "__main__":
    main()
