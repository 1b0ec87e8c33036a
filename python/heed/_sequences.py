"""Classes, or numbers, of sequences of numbers."""

import pathlib
import re

import numpy as np

from . import _core, _explain, _labels
from ._arrays import feature_names, to_numpy, to_series
from ._base import Estimator, learns, seed_of, share_of_right, test_data, text_of, weights_of
from ._errors import Error
from ._files import path_of
from ._start import start_of

ROCKET_OPTIONS = {"num_features": "num_features", "statistics": "statistics", "differences": "differences"}
# What the recipe rocket has a use for; it has no epochs.
WITH_ROCKET = {*ROCKET_OPTIONS, "recipe", "time_limit", "ensemble", "missing", "standardize"} | {
    *("random_state", "n_jobs", "verbose", "on_interrupt")
}


def recipes_of(recipe):
    """Those of 'rocket+fcn', a model each, as strong has them; of a single one, or None, a list of it."""
    if recipe == "strong":
        return _core.strong_recipes()
    if recipe in (None, "auto", "rocket"):
        return [recipe]
    parts = recipe.split("+")
    known = [*_core.recipe_names(), "rocket"]
    if len(parts) == 1 and recipe not in known:
        raise Error(f"recipe: expected one of auto, strong, {', '.join(known)}, or some joined by +, got {recipe!r}")
    for part in parts:
        if part not in known or parts.count(part) > 1:
            raise Error(f"recipe: expected each of {', '.join(known)} once at most, joined by +, got {recipe!r}")
    return parts


class SequenceEstimator(Estimator):
    """Options that are None are what the recipe says, or the default that stands in the estimator's description."""

    _with_rocket = WITH_ROCKET
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
        self._check_names(feature_names(x))
        flat = series.flat and self._flat_in
        if series.flat and not self._flat_in and self.n_features_in_ != 1:
            n, steps = series.x.shape[:2]
            raise Error(f"X: wrong rank (expected (n, steps, {self.n_features_in_}), as fit had, got ({n}, {steps}))")
        seen, expected = (series.x.shape[1] if flat else series.x.shape[2]), self.n_features_in_
        if self._flat_in and not flat:
            expected = 1
        if seen != expected or (series.flat and not self._flat_in and expected != 1):
            seen = series.x.shape[1] if series.flat else seen
            raise Error(
                f"X has {seen} features, but {type(self).__name__} is expecting {expected} features as input"
            )
        return series

    def _check_names(self, names):
        fitted = getattr(self, "feature_names_in_", None)
        if names is not None and fitted is not None and list(names) != list(fitted):
            self._refuse_names(names, fitted)
        self._warn_of_names(names, fitted)

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
            warnings.warn(f"X has feature names, but {type(self).__name__} was fitted without feature names", stacklevel=5)
        if names is None and fitted is not None:
            warnings.warn(
                f"X does not have valid feature names, but {type(self).__name__} was fitted with feature names", stacklevel=5
            )

    def _learn_input(self, x, lengths, y):
        if y is None:
            raise Error(f"This {type(self).__name__} estimator requires y to be passed, but the target y is None.")
        series = to_series(x, lengths)
        names = feature_names(x)
        if names is not None:
            self.feature_names_in_ = names
        self._flat_in = series.flat
        self.n_features_in_ = series.x.shape[1] if self._flat_in else series.x.shape[2]
        return series

    # ---- training

    def _fit(self, series, targets, labels, test, callbacks, settings, start=None):
        recipe = self.recipe
        if recipe is not None and not isinstance(recipe, str):
            raise Error(f"recipe: expected a name, got {recipe!r}")
        if recipe is not None and start is not None:
            raise Error("recipe and init exclude each other: init has an architecture")
        classes = targets.dtype == np.int32
        recipes = recipes_of(recipe)
        if len(recipes) > 1:
            return self._fit_together(recipes, series, targets, labels, test, callbacks)
        if recipe == "rocket":
            self._refuse_with_rocket()
            settings.model = {
                option: text_of(getattr(self, name))
                for name, option in ROCKET_OPTIONS.items()
                if getattr(self, name) is not None
            }
            train = _core.fit_rocket
        else:
            self._refuse_rocket_options()
            if recipe is not None:
                self._apply_recipe(recipe, settings, len(series), classes)
            train = _core.fit_sequences

        of_file = None if start is None else start.of_file

        def call(epoch):
            return train(
                series.x,
                series.lengths,
                targets,
                settings.model,
                settings.fit,
                settings.more,
                labels,
                test,
                of_file,
                epoch,
            )

        try:
            return self._run(call, settings, callbacks)
        except Error as error:
            raise _with_hint(error) from None

    def _with_recipe(self, recipe, **more):
        """Another estimator with these options, without those that the recipe has no use for."""
        params, keeps = {**self.get_params(), "recipe": recipe}, "rocket" in recipes_of(recipe)
        if "time_limit" in params:
            params["time_limit"] = None
        for name in list(params):
            if name not in self._with_rocket if recipe == "rocket" else name in ROCKET_OPTIONS and not keeps:
                del params[name]
        params.update({name: value for name, value in more.items() if name in params})
        one = type(self)(**params)
        known = self._get_param_names()
        for name, value in vars(self).items():  # what was learnt of the data
            if name not in known and name not in ("model_", "recipe_"):
                setattr(one, name, value)
        return one

    def _fit_together(self, recipes, series, targets, labels, test, callbacks):
        """A model of each recipe, as one that answers by their mean."""
        if callbacks:
            raise Error(f"callbacks are of one training, and recipe={self.recipe!r} trains several models")
        if "rocket" not in recipes:
            self._refuse_rocket_options()
        parts, seed = [], seed_of(self.random_state)
        for name in recipes:
            one = self._with_recipe(name, random_state=seed, checkpoint=_part_path(self.checkpoint, name))
            settings = one._settings()
            if getattr(self, "class_weight", None) is not None and name != "rocket":
                one._class_weights(settings, self.classes_)
            one._fit(series, targets, labels, None if name == "rocket" else test, None, settings)
            if one.outcome_ == "cancelled":
                raise KeyboardInterrupt
            parts.append(one)
        networks = [one for one in parts if one.recipe != "rocket"]
        self.model_ = _core.together([one.model_ for one in networks + [one for one in parts if one not in networks]])
        self.history_ = [one.history_ for one in networks]
        self.n_iter_ = max(one.n_iter_ for one in parts)
        self.outcome_ = next((one.outcome_ for one in parts if one.outcome_ not in ("finished", "early")), "finished")
        self.best_epoch_ = networks[0].best_epoch_
        return self

    def _refuse_rocket_options(self):
        for name in ROCKET_OPTIONS:
            if getattr(self, name) is not None:
                raise Error(f"{name} has a meaning with recipe='rocket' alone")

    def _refuse_with_rocket(self):
        import inspect

        defaults = inspect.signature(type(self).__init__).parameters
        for name, value in self.get_params().items():
            if name not in self._with_rocket and value is not defaults[name].default and value != defaults[name].default:
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
        model = self._fitted()
        series = self._check(X, lengths)
        weights = self.attention_weights(X, lengths)
        outputs = model.predict(series.x, series.lengths)
        answers = self._answers(outputs)
        steps = series.lengths if series.lengths is not None else [series.x.shape[1]] * len(series)
        certain = self._both(outputs).max(axis=1) if self._has_classes else [None] * len(series)
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
        kinds = {"RocketClassifier": "rocket", "SeriesEnsemble": "strong"}
        self.recipe = kinds.get(model.architecture, self.recipe)


def _with_hint(error):
    text = re.sub(r"^(sequences|Predictor), sequence", "X, sequence", str(error))
    if "not finite" in text or "infinity" in text:
        return Error(text + "\nInput X contains NaN or infinity: missing='linear' (previous, mean, zero, mask) fills NaN")
    return error if text == str(error) else Error(text)


def _part_path(path, part):
    """The file of one of several trainings: of run.ckpt it is run-fcn.ckpt, as the command line has it."""
    if path is None:
        return None
    path = pathlib.Path(path_of(path, "checkpoint"))
    return path.with_name(f"{path.stem}-{part}{path.suffix}")


def r_squared(truth, answers, weights=None):
    """1 - the share of the variance that is left; of several targets the mean."""
    left = np.average((truth - answers) ** 2, axis=0, weights=weights)
    spread = np.average((truth - np.average(truth, axis=0, weights=weights)) ** 2, axis=0, weights=weights)
    ratio = np.where(spread > 0, left / np.where(spread > 0, spread, 1), np.where(left > 0, 1.0, 0.0))
    return float(np.mean(1 - ratio))


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
    by their mean; strong is rocket+fcn+wide; auto tries them in time_limit (300) seconds by
    cross-validation; what is not None wins. ensemble: seeds whose models answer by their mean. missing: error, linear,
    previous, mean, zero or mask. init: a model's file to start from; new_head=True gives it a new last layer, for other
    classes; frozen: parameters whose names contain one of these texts stay as they are. checkpoint: a file that keeps
    the run, from which the same call goes on; of strong one for each network, run-fcn.ckpt and run-wide.ckpt of
    run.ckpt, and of an ensemble one for each seed, run-0.ckpt.
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
        self._check_options(validation_data is not None)
        start = start_of(self)
        self.classes_, codes = _labels.classes_of(y) if start is None or start.new_head else start.encode(y)
        if len(self.classes_) < 2:
            raise Error("y: all labels are of one class; a classifier needs two classes or more")
        labels = _labels.names_of(self.classes_)
        test = None
        if validation_data is not None:
            test_x, test_y = test_data(validation_data)
            test = _test_of(self._check(test_x), self._codes(test_y))
        settings = self._settings()
        self._class_weights(settings, self.classes_)
        self.recipe_ = self.recipe
        if self.recipe == "auto":
            from ._auto import choose

            return choose(self, series, codes, labels, test, callbacks, settings, start)
        return self._fit(series, codes, labels, test, callbacks, settings, start)

    def _codes(self, y):
        return _labels.encode(_labels.column(y, "y"), self.classes_)

    def predict_proba(self, X, lengths=None):
        """(n, classes): the probability of each class, in the order of `classes_`."""
        return self._both(self._outputs(X, lengths))

    def predict(self, X, lengths=None):
        """(n,): the most probable class of each."""
        probabilities = self.predict_proba(X, lengths)
        return self.classes_[probabilities.argmax(axis=1)]

    def score(self, X, y, sample_weight=None, *, lengths=None):
        """The share of right answers."""
        return share_of_right(self.predict(X, lengths), y, self.classes_, sample_weight)


class SequenceRegressor(SequenceEstimator):
    """Numbers of sequences: the same model, by the mean squared error.

    Features and targets are standardized inside; answers have the units of the data. Options as those of
    `SequenceClassifier`, but for those of classes.
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
            test_x, test_y = test_data(validation_data)
            test = _test_of(self._check(test_x), self._numbers(test_y))
        self._check_options(validation_data is not None)
        settings, start = self._settings(), start_of(self)
        self.recipe_ = self.recipe
        if self.recipe == "auto":
            from ._auto import choose

            return choose(self, series, numbers, [], test, callbacks, settings, start)
        return self._fit(series, numbers, [], test, callbacks, settings, start)

    def _numbers(self, y):
        y = to_numpy(y, "y")
        if y.dtype.kind == "c":
            raise Error("y: Complex data not supported")
        if y.dtype.kind in "mM":
            raise Error(f"y: Unknown label type: numbers are needed, these are {y.dtype}")
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
        answers = self.predict(X, lengths)
        if len(answers) != len(truth) or answers.size != truth.size:
            raise Error(f"y: one row for each of X is needed (expected {answers.shape}, got {truth.shape})")
        answers = answers.reshape(truth.shape)
        return r_squared(truth, answers, weights_of(sample_weight, len(truth)))

    def _untold(self):
        return {"target_rank": "2"} if self.model_.outputs == 1 and not self._one_target else {}

    def _restore(self, model):
        super()._restore(model)
        self._one_target = model.outputs == 1 and model.metadata.get("target_rank") != "2"
