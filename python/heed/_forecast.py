"""What comes next in long series."""

import numbers
import warnings

import numpy as np

from . import _core
from ._arrays import Series, _floats, feature_names, has_steps, to_numpy
from ._base import learns, text_of
from ._errors import Error
from ._explain import Explanation, by_heads, of_steps
from ._sequences import WITH_ROCKET, SequenceEstimator, r_squared
from ._start import start_of


def _are_several(x):
    if isinstance(x, (list, tuple)):
        return len(x) > 0 and all(has_steps(one) for one in x)
    return np.ndim(x) == 3


def _each(x):
    return x if _are_several(x) else [x]


def _are_flat(x):
    return np.ndim(_each(x)[0]) == 1


def _is_count(value):
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool) and value >= 1


def _means_of(model):
    said = model.metadata.get("missing_means", "")
    return [float(one) for one in said.split(",")] if said else []


class Forecaster(SequenceEstimator):
    """The next steps of long series: the model of `SequenceRegressor` on windows of them.

    window are the steps that it looks back, horizon (1) those that it looks ahead; targets: which features it gives, by
    number or, of a table, by name (all). validation: the share at the end of each series that it does not learn from,
    and is tested on after every epoch. absolute: whether it forecasts values as they are; otherwise it sees and forecasts
    changes from the last value, which follow a trend. The other options are those of `SequenceRegressor`.
    """

    _has_classes = False
    _with_rocket = WITH_ROCKET | {"window", "horizon", "targets", "absolute", "validation"}

    def __init__(
        self,
        window=None,
        horizon=1,
        targets=None,
        *,
        absolute=False,
        hidden_size=None,
        attention=None,
        cell=None,
        dense_size=None,
        num_heads=None,
        pooling=None,
        num_layers=None,
        bidirectional=None,
        dropout=None,
        last_state=None,
        kernels=None,
        channels=None,
        causal=None,
        residual=None,
        norm=None,
        epochs=None,
        batch_size=None,
        learning_rate=None,
        weight_decay=None,
        schedule=None,
        warmup=None,
        decay=None,
        decay_every=None,
        clip_norm=None,
        clip_value=None,
        accumulate=None,
        ema_decay=None,
        validation=None,
        early_stopping=None,
        min_delta=None,
        jitter=None,
        scaling=None,
        time_warp=None,
        window_slice=None,
        mixup=None,
        missing="error",
        recipe=None,
        time_limit=None,
        num_features=None,
        statistics=None,
        differences=None,
        ensemble=1,
        flavor="pytorch",
        init=None,
        new_head=False,
        frozen=None,
        checkpoint=None,
        checkpoint_every=None,
        random_state=0,
        n_jobs=None,
        verbose=0,
        on_interrupt="keep",
    ):
        self._store(locals())

    @learns
    def fit(self, X, y=None, *, callbacks=None):
        """Learns from one series, (steps,) or (steps, features), or from a list of such. Returns the estimator."""
        all_series = self._learn_series(X)
        start = start_of(self)
        held_out = self._held_out()
        self._task = {}
        settings = self._settings()
        settings.fit.pop("validation", None)
        self._check_options(held_out > 0)
        means = [] if start is None else _means_of(start.model)
        self._how = self.missing
        if self._how == "error" and start is not None:
            self._how = start.model.metadata.get("missing", "error")
        if self._how != "error" and not means:
            means = self._means([one[: self._steps_before(one, held_out)] for one in all_series])
        x, targets, places = self._windows(all_series, held_out, means, end=False)
        test = None
        if held_out > 0:
            test_x, test_targets, _ = self._windows(all_series, held_out, means, end=True)
            test = (test_x, None, test_targets)
        task = {"task": "forecast", "window": text_of(x.shape[1]), "horizon": text_of(self.horizon)}
        task["forecasts"] = text_of(self._columns)
        if self._is_relative(start):
            task["relative"] = "true"
        if means:
            task["missing_means"] = text_of(means)
        names = getattr(self, "feature_names_in_", None)
        if names is not None and all(name and "," not in name and name == name.strip() for name in names):
            task["feature_columns"] = ",".join(names)
        self._task = task
        settings.more.update(task)
        self.recipe_ = self.recipe
        if self.recipe == "auto":
            from ._auto import Windows, choose

            last = np.tile(np.nan_to_num(x[:, -1, self._columns]), self.horizon)
            return choose(
                self, Series(x), targets, [], test, callbacks, settings, start, windows=Windows(places, last)
            )
        return self._fit(Series(x), targets, [], test, callbacks, settings, start)

    def predict(self, X):
        """What follows each series: (horizon, targets), or (n, horizon, targets) of a list of series; (horizon,) of
        series that come as (steps,)."""
        model = self._fitted()
        answers = self._answers(model.predict(self._last_windows(X), None), _are_flat(X))
        return answers if _are_several(X) else answers[0]

    def attention_weights(self, X):
        """How much each step of the last window counted: (n, window), or (n, heads, window, window)."""
        model = self._fitted()
        return by_heads(model.attention_weights(self._last_windows(X), None), self._window)

    def explain(self, X):
        """A `heed.Explanation` for each series: the forecast, and how much of the attention each step of the last window
        got."""
        model = self._fitted()
        x = self._last_windows(X)
        weights = by_heads(model.attention_weights(x, None), self._window)
        answers = self._answers(model.predict(x, None), _are_flat(X))
        return [Explanation(answer, None, of_steps(w, self._window)) for answer, w in zip(answers, weights)]

    def score(self, X, y=None):
        """The coefficient of determination, R^2, over all windows of the series; of several targets the mean."""
        model = self._fitted()
        x, targets, _ = self._windows(self._check_series(X), 0, _means_of(model), end=False)
        return r_squared(targets, model.predict(x, None).astype(np.float64))

    def _settings(self):
        settings = super()._settings()
        settings.more.update(getattr(self, "_task", {}))  # each model of a mixed recipe forecasts
        return settings

    # ---- series

    def _is_relative(self, start):
        if not isinstance(self.absolute, (bool, np.bool_)):
            raise Error(f"absolute: expected True or False, got {self.absolute!r}")
        if start is None:  # a window of one step has no changes
            return not self.absolute and self._window > 1
        relative = "last_value" in start.model.metadata
        if relative and self.absolute:
            raise Error("absolute: init forecasts changes from the last value")
        if relative and self._window == 1:
            raise Error("window: init forecasts changes from the last value, and one step has none")
        return relative

    def _series(self, X):
        arrays = [_floats(to_numpy(one, "X"), "X") for one in _each(X)]
        if any(one.ndim not in (1, 2) or 0 in one.shape for one in arrays) or len({one.ndim for one in arrays}) != 1:
            shapes = sorted({one.shape for one in arrays})
            raise Error(f"X: expected a series (steps,) or (steps, features), or a list of such, got {shapes}")
        arrays = [one[:, None] if one.ndim == 1 else one for one in arrays]
        if len({one.shape[1] for one in arrays}) != 1:
            raise Error("X: series of different features")
        return arrays

    def _held_out(self):
        share = 0 if self.validation is None else self.validation
        if not isinstance(share, numbers.Real) or isinstance(share, bool) or not 0 <= share < 1:
            raise Error(f"validation: expected a number of at least 0 and less than 1, got {share!r}")
        return float(share)

    def _learn_series(self, X):
        if not _is_count(self.window):
            if not (self.window is None and self.init is not None):
                raise Error(f"window: expected the steps that a forecast looks back, at least 1, got {self.window!r}")
        if not _is_count(self.horizon):
            raise Error(f"horizon: expected the steps that a forecast looks ahead, at least 1, got {self.horizon!r}")
        arrays = self._series(X)
        self.n_features_in_ = arrays[0].shape[1]
        names = feature_names(_each(X)[0])
        if names is not None:
            self.feature_names_in_ = names
        for table in _each(X)[1:]:
            self._check_names(feature_names(table))
        self._window, self._horizon = self.window, int(self.horizon)
        if self.window is None:
            said = _core.model_of_bytes(start_of(self).of_file[0]).metadata.get("window")
            if said is None:
                raise Error("window: init is no model of a forecast, which says the window")
            self._window = int(said)
        self._columns = self._columns_of(self.targets)
        return arrays

    def _columns_of(self, targets):
        if targets is None:
            return list(range(self.n_features_in_))
        names = list(getattr(self, "feature_names_in_", ()))
        columns = []
        for one in targets if isinstance(targets, (list, tuple, np.ndarray)) else [targets]:
            at = names.index(one) if one in names else one
            if not isinstance(at, (int, np.integer)) or isinstance(at, bool) or not 0 <= at < self.n_features_in_:
                known = ", ".join(map(repr, names)) if names else f"0 to {self.n_features_in_ - 1}"
                raise Error(f"targets: no such feature (expected {known}, got {one!r})")
            columns.append(int(at))
        if not columns or len(set(columns)) != len(columns):
            raise Error(f"targets: expected features, each once, got {targets!r}")
        return columns

    def _check_series(self, X):
        arrays = self._series(X)
        if arrays[0].shape[1] != self.n_features_in_:
            raise Error(
                f"X has {arrays[0].shape[1]} features, but Forecaster is expecting {self.n_features_in_} features as input"
            )
        for table in _each(X):
            self._check_names(feature_names(table))
        return arrays

    def _last_windows(self, X):
        arrays, window = self._check_series(X), self._window
        for i, one in enumerate(arrays):
            if len(one) < window:
                raise Error(f"X: series {i} (counted from 0) is too short (expected {window} steps, got {len(one)})")
        windows = np.ascontiguousarray([one[-window:] for one in arrays], dtype=np.float64)
        return self._filled(windows, _means_of(self.model_))

    def _answers(self, outputs, flat=None):
        """flat: whether the series came as (steps,); a stream does not say, and counts as such where it has one feature."""
        answers = outputs.astype(np.float64).reshape(len(outputs), self._horizon, -1)
        if flat is None:
            flat = self.n_features_in_ == 1
        return answers[:, :, 0] if flat else answers

    def _means(self, arrays):
        """The means of the features of series with gaps."""
        lengths = np.array([len(one) for one in arrays], dtype=np.int32)
        x = np.zeros((len(arrays), max(int(lengths.max()), 1), arrays[0].shape[1]))
        for row, one in zip(x, arrays):
            row[: len(one)] = one
        return _core.fill_missing(x, lengths, self._how, [])[1]

    def _filled(self, windows, means):
        """Windows without gaps, each filled from its own values; by `mask` steps without a value stay NaN."""
        if self._how == "error":
            return windows
        return _core.fill_missing(windows, None, self._how, means)[0]

    @staticmethod
    def _steps_before(series, held_out):
        return int(np.floor(len(series) * (1 - held_out)))

    def _windows(self, arrays, held_out, means, end):
        """Windows (n, window, features), what follows them, (n, horizon targets), and where that stands (n, 3): series,
        from, to; of one part of each series. Windows without a value, and those that lack a target, are left out."""
        window, horizon = self._window, self._horizon
        xs, ys, places, longest = [], [], [], 0
        for number, one in enumerate(arrays):
            kept = self._steps_before(one, held_out)
            first = max(kept - window, 0) if end else 0
            part = one[first:] if end else one[:kept]
            longest = max(longest, len(part))
            if len(part) < window + horizon:
                continue
            all_windows = np.lib.stride_tricks.sliding_window_view(part, window + horizon, axis=0).swapaxes(1, 2)
            starts = first + window + np.arange(len(all_windows), dtype=np.int64)
            if self._how != "error":
                there = ~np.isnan(all_windows)
                told = there[:, window:, self._columns].all(axis=(1, 2))
                usable = there[:, :window].any(axis=(1, 2)) & told
                all_windows, starts = all_windows[usable], starts[usable]
            places.append(np.stack([np.full_like(starts, number), starts, starts + horizon], axis=1))
            xs.append(all_windows[:, :window])
            ys.append(all_windows[:, window:, self._columns].reshape(len(all_windows), -1))
        if not xs:
            which, most = ("the series is", "") if len(arrays) == 1 else ("all series are", "at most ")
            raise Error(
                f"X: {which} too short (expected {window} steps and the {horizon} that follow"
                f"{' in what is held out' if end else ''}, got {most}{longest})"
            )
        if len(xs) < len(arrays):
            warnings.warn(f"{len(arrays) - len(xs)} of {len(arrays)} series are too short, and left out", stacklevel=4)
        x, y = np.concatenate(xs), np.concatenate(ys).astype(np.float64)
        if not len(x):
            raise Error("X: too many steps are missing: no window has a value and is followed by those that are forecast")
        if not np.isfinite(y).all():
            raise Error("X: the series has NaN or infinity: missing='linear' (previous, mean, zero, mask) fills NaN")
        return self._filled(np.ascontiguousarray(x, dtype=np.float64), means), y, np.concatenate(places)

    def _restore(self, model):
        super()._restore(model)
        metadata = model.metadata
        self._how = self.missing
        self.window = self._window = int(metadata["window"])
        self.horizon = self._horizon = int(metadata["horizon"])
        self.absolute = self._window > 1 and "last_value" not in metadata
        self.targets = self._columns = [int(float(one)) for one in metadata["forecasts"].split(",")]
        names = metadata.get("feature_columns", "").split(",")
        if len(names) == self.n_features_in_ and all(names):
            self.feature_names_in_ = np.asarray(names, dtype=object)
