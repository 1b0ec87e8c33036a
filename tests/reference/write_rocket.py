#!/usr/bin/env python3
"""Reference files of MiniRocket and MultiRocket, by aeon, and of ridge regression, by scikit-learn.

aeon draws channels by numpy's generator; here they come from heed's counter-based one, written out below, so that both
look at the same channels. The biases are those of one series alone, so that nothing is left to draw.
"""

import aeon
import numpy as np
import sklearn
from aeon.transformations.collection.convolution_based import MiniRocket, _minirocket, _multirocket
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


def channels_of(seed, combinations, channels, site=0):
    key, every = Key(seed).child(site), list(range(channels))
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


def longest_runs(above):
    best = run = np.zeros(above.shape[:-1])
    for column in np.moveaxis(above, -1, 0):
        run = np.where(column, run + 1, 0)
        best = np.maximum(best, run)
    return best


def convolve(x, channels, dilation, twos):
    """c_t of (n, channels, steps), all in float32."""
    steps = x.shape[-1]
    padded = np.pad(x, ((0, 0), (0, 0), (4 * dilation, 4 * dilation)))
    taps = [padded[:, channels, i * dilation : i * dilation + steps].sum(1) for i in range(9)]
    return 3 * sum(taps[i] for i in twos) - sum(taps)


def multirocket_half(x, features, max_dilations, seed, sites):
    """Biases of the first series, and four statistics, of one half: of the series or of its differences."""
    n, channels, steps = x.shape
    dilations, per_kernel = _minirocket._fit_dilations(steps, features, max_dilations)
    counts, chosen = channels_of(seed, 84 * len(dilations), channels, sites)
    quantiles = _minirocket._quantiles(84 * int(np.sum(per_kernel)))
    biases = _minirocket._fit_biases(
        x[:1], counts, chosen, dilations, per_kernel, quantiles, MiniRocket._indices, 0
    )
    other = np.diff(x, 1)  # aeon's other half; it shifts the taps before the centre by a step too few, so it is left
    if channels == 1:
        parameters = (dilations, per_kernel, biases)
        y = _multirocket._transform_uni(
            x.squeeze(1), other.squeeze(1), parameters, parameters, 4, MiniRocket._indices, 0
        )
    else:
        parameters = (counts, chosen, dilations, per_kernel, biases)
        y = _multirocket._transform_multi(x, other, parameters, parameters, 4, MiniRocket._indices, 0)
    ppv, _, mpv, mipv = np.split(y[:, : y.shape[1] // 2].astype(np.float64), 4, axis=1)

    # aeon's means are of c + bias, and of places from 0 on, -1 where there are none
    runs, looked_at, first, begin = [], [], 0, 0
    for j, dilation in enumerate(dilations):
        for k, twos in enumerate(MiniRocket._indices):
            count = counts[84 * j + k]
            c = convolve(x, chosen[begin : begin + count], dilation, twos)
            begin += count
            if (j + k) % 2 == 1:
                c = c[:, 4 * dilation : steps - 4 * dilation]
            for bias in biases[first : first + per_kernel[j]]:
                runs.append(longest_runs(c > bias) / c.shape[1])
                looked_at.append(c.shape[1])
            first += per_kernel[j]
    mpv = np.where(ppv > 0, mpv - 2.0 * biases, 0)
    return biases, np.concatenate([ppv, mpv, (mipv + 1) / np.array(looked_at), np.array(runs).T], axis=1)


def write_multirocket(case, n, steps, channels, features, max_dilations, seed):
    random = np.random.default_rng(reference_file.seed_of("multirocket", case))
    x = random.normal(size=(n, channels, steps)).astype(np.float32)
    halves = [
        multirocket_half(x, features // 8, max_dilations, seed, 0),
        multirocket_half(np.diff(x, 1), features // 8, max_dilations, seed, 2),
    ]
    tensors = {
        "input.x": x.transpose(0, 2, 1),
        "weight.biases": np.concatenate([biases for biases, _ in halves]),
        "output.y": np.concatenate([y for _, y in halves], axis=1),
    }
    options = {"num_features": features, "max_dilations": max_dilations, "seed": seed, "aeon": aeon.__version__}
    reference_file.write("multirocket", case, {k: v.astype(np.float64) for k, v in tensors.items()}, options)


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
    write_multirocket("one_channel", 4, 40, 1, 4032, 32, 0)
    write_multirocket("ten_steps", 3, 10, 1, 1344, 32, 0)
    write_multirocket("channels", 3, 33, 5, 2688, 32, 7)
    write_ridge("wide", 12, 30, 3)
    write_ridge("tall", 40, 7, 2)
    write_ridge("square", 15, 15, 1)


if __name__ == "__main__":
    main()
