"""Classes, or numbers, of sequences of numbers."""

import copy

import numpy as np

from . import _core, _explain, _labels
from ._arrays import feature_names, to_numpy, to_series
from ._base import Estimator, text_of, weighted_mean
from ._errors import Error

ROCKET_OPTIONS = {"num_features": "num_features", "statistics": "statistics", "differences": "differences"}
# What the recipe rocket has a use for; it has no epochs.
WITH_ROCKET = {*ROCKET_OPTIONS, "recipe", "time_limit", "ensemble", "missing", "standardize"} | {
    *("random_state", "n_jobs", "verbose", "on_interrupt")
}


def recipes_of(recipe):
    """Those of 'rocket+fcn', a model each, as strong has them; of a single one, or None, a list of it."""
    if recipe == "strong":
        return _core.strong_recipes()
    if recipe is None or "+" not in recipe:
        return [recipe]
    parts = recipe.split("+")
    known = [*_core.recipe_names(), "rocket"]
    for part in parts:
        if part not in known or parts.count(part) > 1:
            raise Error(f"recipe: expected each of {', '.join(known)} once at most, joined by +, got {recipe!r}")
    return parts


class SequenceEstimator(Estimator):
    """Options that are None are what the recipe says, or the default that stands in the estimator's description."""

    _model_options = {
        "hidden_size": "hidden",
        "dense_size": "dense",
        "attention": "attention",
        "num_heads": "heads",
        "pooling": "pooling",
        "cell": "cell",
        "num_layers": "layers",
        "bidirectional": "bidirectional",
        "dropout": "dropout",
        "last_state": "last_state",
        "kernels": "kernels",
        "channels": "channels",
        "causal": "causal",
        "residual": "residual",
        "norm": "norm",
    }

    # ---- input

    def _check(self, x, lengths=None):
        series = to_series(x, lengths)
        names = feature_names(x)
        fitted = getattr(self, "feature_names_in_", None)
        if names is not None and fitted is not None and list(names) != list(fitted):
            self._refuse_names(names, fitted)
        self._warn_of_names(names, fitted)
        flat = series.flat and self._flat_in
        seen, expected = (series.x.shape[1] if flat else series.x.shape[2]), self.n_features_in_
        if self._flat_in and not flat:
            expected = 1
        if seen != expected or (series.flat and not self._flat_in and expected != 1):
            seen = series.x.shape[1] if series.flat else seen
            raise Error(
                f"X has {seen} features, but {type(self).__name__} is expecting {expected} features as input"
            )
        return series

    def _refuse_names(self, names, fitted):
        lines = ["The feature names should match those that were passed during fit."]
        unseen, missing = sorted(set(names) - set(fitted)), sorted(set(fitted) - set(names))
        if unseen:
            lines += ["Feature names unseen at fit time:", *(f"- {name}" for name in unseen)]
        if missing:
            lines += ["Feature names seen at fit time, yet now missing:", *(f"- {name}" for name in missing)]
        if not unseen and not missing:
            lines.append("Feature names must be in the same order as they were in fit.")
        raise Error("\n".join(lines) + "\n")

    def _warn_of_names(self, names, fitted):
        import warnings

        if names is not None and fitted is None:
            warnings.warn(f"X has feature names, but {type(self).__name__} was fitted without feature names", stacklevel=4)
        if names is None and fitted is not None:
            warnings.warn(
                f"X does not have valid feature names, but {type(self).__name__} was fitted with feature names", stacklevel=4
            )

    def _learn_input(self, x, lengths, y):
        if y is None:
            raise Error(f"This {type(self).__name__} estimator requires y to be passed, but the target y is None.")
        series = to_series(x, lengths)
        names = feature_names(x)
        if names is not None:
            self.feature_names_in_ = names
        elif hasattr(self, "feature_names_in_"):
            del self.feature_names_in_
        self._flat_in = series.flat
        self.n_features_in_ = series.x.shape[1] if self._flat_in else series.x.shape[2]
        return series

    # ---- training

    def _fit(self, series, targets, labels, test, callbacks, settings):
        recipe = self.recipe
        if recipe is not None and not isinstance(recipe, str):
            raise Error(f"recipe: expected a name, got {recipe!r}")
        classes = targets.dtype == np.int32
        recipes = recipes_of(recipe)
        if recipes == ["rocket"]:
            self._refuse_with_rocket()
        if "rocket" not in recipes:
            for name in ROCKET_OPTIONS:
                if getattr(self, name) is not None:
                    raise Error(f"{name} has a meaning with recipe='rocket' alone")
        if len(recipes) > 1:
            self._refuse_with_several(callbacks)

        def train(part, epoch):
            own = copy.deepcopy(settings)
            fit = _core.fit_sequences
            if part == "rocket":
                own.model = {
                    option: text_of(getattr(self, name))
                    for name, option in ROCKET_OPTIONS.items()
                    if getattr(self, name) is not None
                }
                fit = _core.fit_rocket
            elif part is not None:
                self._apply_recipe(part, own, len(series), classes)
            return fit(series.x, series.lengths, targets, own.model, own.fit, own.more, labels, test, epoch)

        def call(epoch):
            if len(recipes) == 1:
                return train(recipes[0], epoch)
            models, histories = [], []
            for part in recipes:
                model, of_part, interrupted = train(part, None)
                if interrupted:
                    raise KeyboardInterrupt
                models.append(model)
                histories += of_part
            return _core.together(models), histories, False

        try:
            return self._run(call, settings, callbacks)
        except Error as error:
            raise _with_hint(error) from None

    def _refuse_with_several(self, callbacks):
        if callbacks:
            raise Error(f"callbacks are of one training, and recipe={self.recipe!r} trains several models")
        if self.checkpoint is not None:
            raise Error(f"checkpoint is of one training, and recipe={self.recipe!r} trains several models")

    def _refuse_with_rocket(self):
        import inspect

        defaults = inspect.signature(type(self).__init__).parameters
        for name, value in self.get_params().items():
            if name not in WITH_ROCKET and value is not defaults[name].default and value != defaults[name].default:
                raise Error(f"{name} has no meaning with recipe='rocket', which has no epochs")

    def _apply_recipe(self, recipe, settings, count, classes):
        batch = int(settings.fit.get("batch_size", "0"))
        if "batch_size" in settings.fit and batch == 0:
            batch = count
        for key, value in _core.recipe_settings(recipe, count, batch, classes).items():
            group, _, name = key.partition(".")
            if group == "schedule":
                settings.more.setdefault("schedule", value)
            else:
                getattr(settings, group).setdefault(name, value)
        settings.more["standardize"] = "true"

    # ---- answers

    def _outputs(self, x, lengths):
        model = self._fitted()
        series = self._check(x, lengths)
        try:
            return model.predict(series.x, series.lengths)
        except Error as error:
            raise _with_hint(error) from None

    def attention_weights(self, X, lengths=None):
        """How much each step counted: (n, steps), or (n, heads, steps, steps) of multi-head attention, a row a query."""
        model = self._fitted()
        series = self._check(X, lengths)
        return _explain.by_heads(model.attention_weights(series.x, series.lengths), series.x.shape[1])

    def explain(self, X, lengths=None):
        """A `heed.Explanation` for each sequence: the answer, and how much of the attention each step got."""
        series = self._check(X, lengths)
        weights = self.attention_weights(X, lengths)
        outputs = self._fitted().predict(series.x, series.lengths)
        answers = self._answers(outputs)
        steps = series.lengths if series.lengths is not None else [series.x.shape[1]] * len(series)
        certain = outputs.max(axis=1) if self._has_classes else [None] * len(series)
        return [
            _explain.Explanation(answer, None if p is None else float(p), _explain.of_steps(w, length))
            for answer, p, w, length in zip(answers, certain, weights, steps)
        ]

    def stream(self, max_steps=0):
        """A `heed.Stream`, for sequences that come step by step."""
        from ._stream import Stream

        return Stream(self, max_steps)

    def _restore(self, model):
        super()._restore(model)
        self.n_features_in_ = model.features
        self._flat_in = False
        if model.architecture in ("RocketClassifier", "SeriesEnsemble"):
            self.recipe = "rocket" if model.architecture == "RocketClassifier" else "strong"


def _with_hint(error):
    text = str(error)
    if "not finite" in text or "infinity" in text:
        return Error(text + "\nInput X contains NaN or infinity: missing='linear' (previous, mean, zero, mask) fills NaN")
    return error


def _test_of(series, targets):
    return (series.x, series.lengths, targets)


class SequenceClassifier(SequenceEstimator):
    """The attention-based classifier of sequences: LSTM, GRU or RNN > attention > Dense.

    hidden_size (32), dense_size (16; 0: no hidden dense layer), attention (pool; additive, multihead, none, mean, max,
    meanmax), num_heads (2) and pooling (last; mean) of multihead, cell (lstm; gru, rnn, none), num_layers (1),
    bidirectional (False), dropout (0), last_state (final; step); kernels of convolutions in front (none; (8, 5, 3)),
    channels (64), causal, residual, norm (step; sequence): the model.

    epochs (100), batch_size (all), learning_rate (0.01), weight_decay (0), schedule (constant; step, cosine, one-cycle,
    plateau), warmup, decay, decay_every, clip_norm, clip_value, label_smoothing, class_weight (None; balanced, or a
    dictionary), ema_decay, validation (a share of the data), early_stopping (epochs without progress), min_delta,
    jitter, scaling, time_warp, window_slice, mixup, standardize, flavor (pytorch; keras): how it learns.

    recipe: rocket, fcn, wide, recurrent or lstm set what goes together; rocket+fcn trains a model of each, which answer
    by their mean; strong is rocket+fcn+wide; auto tries them in time_limit (300) seconds by cross-validation. What is not
    None wins. ensemble: seeds whose models answer by their mean. missing: error, linear,
    previous, mean, zero or mask. checkpoint: a file that keeps the run, from which the same call goes on.
    on_interrupt: what Ctrl-C does when the step is done: keep ends `fit` with the best weights so far, raise raises
    KeyboardInterrupt besides.
    """

    _estimator_type = "classifier"

    def __init__(
        self,
        hidden_size=None,
        attention=None,
        cell=None,
        *,
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
        label_smoothing=None,
        class_weight=None,
        ema_decay=None,
        validation=None,
        early_stopping=None,
        min_delta=None,
        jitter=None,
        scaling=None,
        time_warp=None,
        window_slice=None,
        mixup=None,
        standardize=False,
        missing="error",
        recipe=None,
        time_limit=None,
        num_features=None,
        statistics=None,
        differences=None,
        ensemble=1,
        flavor="pytorch",
        frozen=None,
        checkpoint=None,
        checkpoint_every=None,
        random_state=0,
        n_jobs=None,
        verbose=0,
        on_interrupt="keep",
    ):
        self._store(locals())

    def fit(self, X, y, *, lengths=None, validation_data=None, callbacks=None):
        """Learns from sequences and a class each. Returns the estimator.

        X: (n, steps, features), (n, steps), or a list of (steps, features) of any lengths; y: texts or whole numbers.
        lengths: the valid steps of each, where X is an array. validation_data: (X, y) to test on after every epoch.
        callbacks: called with a record (a dictionary) after every epoch; False ends training.
        """
        series = self._learn_input(X, lengths, y)
        y = _labels.column(y, "y")
        if len(y) != len(series):
            raise Error(f"y: one label a sequence is needed (expected {len(series)}, got {len(y)})")
        self.classes_, codes = _labels.classes_of(y)
        if len(self.classes_) < 2:
            raise Error("y: all labels are of one class; a classifier needs two classes or more")
        labels = _labels.names_of(self.classes_)
        test = None
        if validation_data is not None:
            test = _test_of(self._check(validation_data[0]), self._codes(validation_data[1]))
        settings = self._settings()
        self._class_weights(settings, self.classes_)
        self.recipe_ = self.recipe
        if self.recipe == "auto":
            from ._auto import choose

            return choose(self, series, codes, labels, test, callbacks, settings)
        return self._fit(series, codes, labels, test, callbacks, settings)

    def _codes(self, y):
        y = _labels.column(y, "y")
        at = np.searchsorted(self.classes_, y)
        known = self.classes_[np.minimum(at, len(self.classes_) - 1)] == y
        if not np.all(known):
            raise Error(f"y: a label that the training data do not have: {y[~known][0]!r}")
        return np.ascontiguousarray(at, dtype=np.int32)

    def predict_proba(self, X, lengths=None):
        """(n, classes): the probability of each class, in the order of `classes_`."""
        outputs = self._outputs(X, lengths)
        if outputs.shape[1] == 1 and len(self.classes_) == 2:
            return np.hstack([1 - outputs, outputs])
        return outputs

    def predict(self, X, lengths=None):
        """(n,): the most probable class of each."""
        probabilities = self.predict_proba(X, lengths)
        return self.classes_[probabilities.argmax(axis=1)]

    def score(self, X, y, sample_weight=None, *, lengths=None):
        """The share of right answers."""
        return weighted_mean(self.predict(X, lengths) == to_numpy(y, "y").reshape(-1), sample_weight)


class SequenceRegressor(SequenceEstimator):
    """Numbers of sequences: the same model, by the mean squared error.

    Features and targets are standardized inside; answers have the units of the data. Options as those of
    `SequenceClassifier`, but for those of classes; the recipe auto is for classes alone.
    """

    _estimator_type = "regressor"
    _has_classes = False

    def __init__(
        self,
        hidden_size=None,
        attention=None,
        cell=None,
        *,
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
        num_features=None,
        statistics=None,
        differences=None,
        ensemble=1,
        flavor="pytorch",
        frozen=None,
        checkpoint=None,
        checkpoint_every=None,
        random_state=0,
        n_jobs=None,
        verbose=0,
        on_interrupt="keep",
    ):
        self._store(locals())

    def fit(self, X, y, *, lengths=None, validation_data=None, callbacks=None):
        """Learns from sequences and a number each, (n,), or several, (n, k). Returns the estimator. Arguments as those
        of `SequenceClassifier.fit`."""
        series = self._learn_input(X, lengths, y)
        numbers = self._numbers(y)
        if len(numbers) != len(series):
            raise Error(f"y: one row a sequence is needed (expected {len(series)}, got {len(numbers)})")
        self._one_target = to_numpy(y, "y").ndim == 1
        test = None
        if validation_data is not None:
            test = _test_of(self._check(validation_data[0]), self._numbers(validation_data[1]))
        return self._fit(series, numbers, [], test, callbacks, self._settings())

    def _numbers(self, y):
        y = to_numpy(y, "y")
        if y.dtype.kind == "c":
            raise Error("y: Complex data not supported")
        try:
            y = np.ascontiguousarray(y, dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise Error(f"y: Unknown label type: numbers are needed: {error}") from error
        if y.ndim == 1:
            y = y[:, None]
        if y.ndim != 2 or y.shape[1] == 0:
            raise Error(f"y: wrong rank (expected (n,) or (n, k), got {y.shape})")
        if not np.isfinite(y).all():
            raise Error("Input y contains NaN." if np.isnan(y).any() else "Input y contains infinity.")
        return y

    def predict(self, X, lengths=None):
        """(n,), or (n, k) where there were several targets."""
        return self._answers(self._outputs(X, lengths))

    def _answers(self, outputs):
        outputs = outputs.astype(np.float64)
        return outputs[:, 0] if self._one_target else outputs

    def score(self, X, y, sample_weight=None, *, lengths=None):
        """The coefficient of determination, R^2; of several targets the mean."""
        truth = self._numbers(y)
        answers = self.predict(X, lengths).reshape(truth.shape)
        weights = None if sample_weight is None else np.asarray(sample_weight, dtype=np.float64)
        left = np.average((truth - answers) ** 2, axis=0, weights=weights)
        spread = np.average((truth - np.average(truth, axis=0, weights=weights)) ** 2, axis=0, weights=weights)
        ratio = np.where(spread > 0, left / np.where(spread > 0, spread, 1), np.where(left > 0, 1.0, 0.0))
        return float(np.mean(1 - ratio))

    def _restore(self, model):
        super()._restore(model)
        self._one_target = model.outputs == 1
