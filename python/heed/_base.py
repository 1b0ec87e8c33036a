"""What all estimators share: scikit-learn's rules, without scikit-learn."""

import functools
import inspect
import os
import re
import sys
import warnings

import numpy as np

from . import _core, _labels
from ._errors import Error, not_fitted
from ._files import path_of, with_metadata

# Constructor arguments that are options of `fit` under another name there.
FIT_OPTIONS = {
    "epochs": "epochs",
    "batch_size": "batch_size",
    "accumulate": "accumulate",
    "learning_rate": "learning_rate",
    "weight_decay": "weight_decay",
    "clip_norm": "clip_norm",
    "clip_value": "clip_value",
    "label_smoothing": "label_smoothing",
    "ema_decay": "ema_decay",
    "validation": "validation",
    "early_stopping": "early_stopping.patience",
    "min_delta": "early_stopping.min_delta",
    "jitter": "augment.jitter",
    "scaling": "augment.scaling",
    "time_warp": "augment.time_warp",
    "window_slice": "augment.window_slice",
    "mixup": "augment.mixup",
}
MORE_OPTIONS = (
    "schedule",
    "warmup",
    "decay",
    "decay_every",
    "checkpoint_every",
    "ensemble",
    "flavor",
    "missing",
    "standardize",
    "lower",
    "min_count",
)


def text_of(value):
    """As the fields of options read it."""
    if isinstance(value, (bool, np.bool_)):
        return "true" if value else "false"
    if isinstance(value, (int, np.integer)):
        return str(int(value))
    if isinstance(value, (float, np.floating)):
        value = float(value)
        return str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)
    if isinstance(value, np.ndarray) and value.ndim == 0:
        return text_of(value.item())
    if isinstance(value, (list, tuple, np.ndarray)):
        return ",".join(text_of(one) for one in value)
    return str(value)


def seed_of(random_state):
    """A seed of 32 bits: the number itself, or one that the generator draws."""
    if random_state is None:
        return int(np.random.randint(0, 2**31 - 1))
    if isinstance(random_state, np.random.RandomState):
        return int(random_state.randint(0, 2**31 - 1))
    if isinstance(random_state, np.random.Generator):
        return int(random_state.integers(0, 2**31 - 1))
    if isinstance(random_state, (int, np.integer)) and not isinstance(random_state, bool) and random_state >= 0:
        return int(random_state)
    raise Error(f"random_state: expected a whole number of at least 0, a generator of NumPy or None, got {random_state!r}")


MISSING = ("error", "linear", "previous", "mean", "zero", "mask")


def _weight_of(weights, name):
    try:
        return float(weights.get(name, 1))
    except (TypeError, ValueError):
        raise Error(f"class_weight: expected a number for class {name!r}, got {weights.get(name)!r}") from None


class OutOfTime(Exception):
    """A training ended at its limit, before there was a model."""


def learns(fit):
    """A `fit` that starts anew: where it throws, the estimator is not fitted."""

    @functools.wraps(fit)
    def run(self, *arguments, **options):
        self._forget()
        try:
            fit(self, *arguments, **options)
        except Exception:
            self._forget()
            raise
        finally:  # an interrupt may leave a model, too
            if hasattr(self, "model_"):
                self._tell_model()
        return self

    return run


class Settings:
    """Options by the names that the extension knows, as texts."""

    def __init__(self):
        self.model, self.fit, self.more = {}, {}, {}


def functions_of(callbacks):
    if callbacks is None or callable(callbacks):
        return [] if callbacks is None else [callbacks]
    if not isinstance(callbacks, (list, tuple)) or not all(callable(one) for one in callbacks):
        raise Error(f"callbacks: expected functions, got {callbacks!r}")
    return list(callbacks)


class Progress:
    """A bar of tqdm where it is installed, otherwise a line an epoch, on standard error; and the user's callbacks."""

    def __init__(self, verbose, callbacks):
        self.verbose, self.bar = verbose, None
        self.callbacks = functions_of(callbacks)

    def __bool__(self):
        return bool(self.verbose or self.callbacks)

    def _show(self, record):
        figures = {
            name: f"{record[name]:.4f}"
            for name in ("loss", "accuracy", "validation_loss", "validation_accuracy", "test_loss", "test_accuracy")
            if record[name] == record[name]
        }
        if self.bar is None and self.verbose:
            try:
                from tqdm.auto import tqdm
            except ImportError:
                line = "  ".join(f"{name} {value}" for name, value in figures.items())
                print(f"epoch {record['epoch']}/{record['epochs']}  {line}", file=sys.stderr, flush=True)
                return
            self.bar = tqdm(total=record["epochs"], initial=record["epoch"] - 1, unit="epoch")
        if self.bar is not None:
            self.bar.set_postfix(figures, refresh=False)
            self.bar.update(1)

    def __call__(self, record):
        if self.verbose:
            self._show(record)
        said = [callback(record) for callback in self.callbacks]
        return not any(isinstance(one, (bool, np.bool_)) and not one for one in said)

    def close(self):
        if self.bar is not None:
            self.bar.close()


class Estimator:
    """The constructor stores its arguments; `fit` learns and returns the estimator; what it learnt ends with `_`."""

    _estimator_type = None
    _has_classes = True
    _reads_text = False
    _model_options = {}  # constructor arguments, and the options of the model that they are

    # ---- parameters

    @classmethod
    def _get_param_names(cls):
        return sorted(inspect.signature(cls.__init__).parameters.keys() - {"self"})

    def _store(self, arguments):
        """Keeps the arguments of a constructor, its `locals()`, under their names."""
        for name, value in arguments.items():
            if name not in ("self", "__class__"):
                setattr(self, name, value)

    def get_params(self, deep=True):
        """The arguments of the constructor, by their names."""
        return {name: getattr(self, name) for name in self._get_param_names()}

    def set_params(self, **params):
        """Sets arguments of the constructor. Returns the estimator."""
        names = self._get_param_names()
        for name, value in params.items():
            if name not in names:
                raise Error(
                    f"Invalid parameter {name!r} for estimator {type(self).__name__}. Valid parameters are: {names!r}."
                )
            setattr(self, name, value)
        return self

    def __repr__(self):
        defaults = inspect.signature(type(self).__init__).parameters
        said = [
            f"{name}={value!r}"
            for name, value in self.get_params().items()
            if not (value is defaults[name].default or repr(value) == repr(defaults[name].default))
        ]
        return f"{type(self).__name__}({', '.join(said)})"

    def __sklearn_is_fitted__(self):
        return hasattr(self, "model_")

    def __sklearn_tags__(self):
        from sklearn.utils import ClassifierTags, InputTags, RegressorTags, Tags, TargetTags

        kind = self._estimator_type
        series = not self._reads_text
        return Tags(
            estimator_type=kind,
            target_tags=TargetTags(required=True, multi_output=kind == "regressor"),
            transformer_tags=None,
            classifier_tags=ClassifierTags() if kind == "classifier" else None,
            regressor_tags=RegressorTags() if kind == "regressor" else None,
            input_tags=InputTags(
                one_d_array=not series,
                two_d_array=series,
                three_d_array=series,
                string=not series,
                allow_nan=getattr(self, "missing", "error") != "error",
            ),
        )

    # ---- training

    def _forget(self):
        """What was learnt: its names end with `_`."""
        for name in [name for name in vars(self) if name.endswith("_") and not name.startswith("_")]:
            delattr(self, name)

    def _untold(self):
        """What a file must say so that `load` gives the same estimator, and a model does not."""
        if not self._has_classes:
            return {}
        loaded = _labels.natural(_labels.names_of(self.classes_))
        kind = _labels.type_of(self.classes_)
        return {} if _labels.type_of(loaded) == kind else {"label_type": kind}

    def _tell_model(self):
        untold = self._untold()
        if untold:
            self.model_ = with_metadata(self.model_, untold)

    def _settings(self):
        settings = Settings()
        for argument, option in self._model_options.items():
            value = getattr(self, argument)
            if value is not None:
                settings.model[option] = text_of(value)
        for argument, option in FIT_OPTIONS.items():
            value = getattr(self, argument, None)
            if value is not None:
                settings.fit[option] = text_of(value)
        if getattr(self, "frozen", None) is not None:
            names = [self.frozen] if isinstance(self.frozen, str) else self.frozen
            settings.fit["frozen"] = "".join(f"{name}\n" for name in names)
        for argument in MORE_OPTIONS:
            value = getattr(self, argument, None)
            if value is not None:
                settings.more[argument] = text_of(value)
        if getattr(self, "checkpoint", None) is not None:
            settings.more["checkpoint"] = path_of(self.checkpoint, "checkpoint")
        flavor = settings.more.get("flavor", "pytorch")
        if flavor not in ("pytorch", "keras"):
            raise Error(f"flavor: expected pytorch or keras, got {flavor!r}")
        if flavor == "keras":
            settings.fit.setdefault("batch_size", "32")
            if "pooling" in self._model_options.values() and getattr(self, "init", None) is None:
                settings.model.setdefault("pooling", "mean")
        settings.fit["seed"] = str(seed_of(self.random_state))
        settings.fit["threads"] = self._threads()
        return settings

    def _threads(self):
        if self.n_jobs is not None:
            return text_of(0 if self.n_jobs == -1 else self.n_jobs)
        inner = os.environ.get("OMP_NUM_THREADS", "")  # as joblib tells its workers; the results are the same
        return inner if inner.isdigit() else "0"

    def _class_weights(self, settings, classes):
        weights = self.class_weight
        if weights is None:
            return
        if isinstance(weights, str):
            if weights != "balanced":
                raise Error(f"class_weight: expected balanced, a dictionary or None, got {weights!r}")
            settings.fit["balance_classes"] = "true"
        elif not hasattr(weights, "get"):
            raise Error(f"class_weight: expected balanced, a dictionary or None, got {weights!r}")
        else:
            unknown = [name for name in weights if name not in set(classes.tolist())]
            if unknown:
                raise Error(f"class_weight: not among the classes: {unknown!r}")
            settings.fit["class_weights"] = " ".join(text_of(_weight_of(weights, name)) for name in classes.tolist())

    def _check_options(self, tests):
        """Throws where an option has no meaning without another."""

        def needs(name, met, what):
            if getattr(self, name, None) is not None and not met:
                raise Error(f"{name} needs {what}")

        validates = tests or (getattr(self, "validation", None) or 0) != 0
        schedule = getattr(self, "schedule", None)
        for name, least in (("ensemble", 1), ("n_jobs", -1)):
            value = getattr(self, name, None)
            if value is not None and (not isinstance(value, (int, np.integer)) or value < least or value is True):
                raise Error(f"{name}: expected a whole number of at least {least}, got {value!r}")
        if getattr(self, "missing", "error") not in MISSING:
            raise Error(f"missing: expected one of {', '.join(MISSING)}, got {self.missing!r}")
        needs("early_stopping", validates, "validation or validation_data")
        needs("min_delta", getattr(self, "early_stopping", None) is not None, "early_stopping")
        needs("warmup", schedule == "cosine", "schedule='cosine'")
        needs("decay", schedule in ("step", "plateau"), "schedule='step' or 'plateau'")
        needs("decay_every", schedule in ("step", "plateau"), "schedule='step' or 'plateau'")
        needs("checkpoint_every", getattr(self, "checkpoint", None) is not None, "checkpoint")

    def _run(self, train, settings, callbacks):
        """Runs train(epoch) of the extension, and keeps what it gives."""
        if self.on_interrupt not in ("keep", "raise"):
            raise Error(f"on_interrupt: expected keep or raise, got {self.on_interrupt!r}")
        progress = Progress(self.verbose, callbacks)
        several = int(settings.more.get("ensemble", "1")) > 1
        if several and callbacks:
            raise Error("callbacks are of one training, and an ensemble has several")
        try:
            model, histories, interrupted, limited, self._step_seconds = train(
                progress if progress and not several else None
            )
        except Error as error:
            raise self._by_arguments(error) from None
        finally:
            progress.close()
        if model is None:  # it ended before there was one
            raise KeyboardInterrupt if interrupted else OutOfTime
        self.model_ = model
        self._keep_history(histories, interrupted)
        if limited:
            self.outcome_ = "limited"
        if interrupted:
            if self.on_interrupt == "raise":
                raise KeyboardInterrupt
            warnings.warn("fit was interrupted: the model has the best weights so far", RuntimeWarning, stacklevel=5)
        return self

    def _by_arguments(self, error):
        """An error that names an option as files do, by the argument that it is here."""
        named = re.match(r'metadata "([^"]+)": (.*)', str(error), re.DOTALL)
        if named is None:
            return error
        arguments = {option: name for name, option in {**FIT_OPTIONS, **self._model_options}.items()}
        arguments.update(seed="random_state", threads="n_jobs")
        return Error(f"{arguments.get(named[1], named[1])}: {named[2]}")

    def _keep_history(self, histories, interrupted):
        columns = (
            "loss accuracy validation_loss validation_accuracy test_loss test_accuracy learning_rate seconds".split()
        )
        all_columns = []
        for history in histories:
            records = {name: [record[name] for record in history["epochs"]] for name in columns}
            # what was not measured is nan all over
            all_columns.append({name: values for name, values in records.items() if any(v == v for v in values)})
        self.history_ = all_columns[0] if len(all_columns) == 1 else all_columns
        self.n_iter_ = max((len(history["epochs"]) for history in histories), default=1)
        outcomes = [history["outcome"] for history in histories] or ["finished"]
        self.outcome_ = next((o for o in outcomes if o not in ("finished", "early")), outcomes[0])
        if interrupted:
            self.outcome_ = "cancelled"
        self.best_epoch_ = histories[0]["best_epoch"] if histories else 0
        if self.outcome_ == "diverged":
            warnings.warn(
                f"training diverged in epoch {max(h['diverged_at'] for h in histories)}: the model has the last finite "
                "weights; a smaller learning_rate or clip_norm=1 helps",
                RuntimeWarning,
                stacklevel=6,
            )

    # ---- what is trained

    def _fitted(self):
        if not hasattr(self, "model_"):
            raise not_fitted(self)
        return self.model_

    def save(self, path):
        """Writes the model to a .safetensors file, atomically: C++, the command line and PyTorch read it."""
        self._fitted().save(path_of(path))

    def to_onnx(self, path, lengths=False):
        """Writes the model to an ONNX file, atomically: onnxruntime runs it, in many languages.

        Its input sequences is (batch, steps, features), of models of words tokens; lengths=True adds an input for the
        steps of each sequence. Its outputs are probabilities and logits, or numbers. Missing values must be filled before.
        """
        _core.save_onnx(self._fitted(), path_of(path), bool(lengths))

    def to_bytes(self):
        """The bytes of the model's file."""
        return self._fitted().bytes()

    @classmethod
    def load(cls, path):
        """The estimator of a model's file. Throws where it holds another kind of model."""
        from ._files import load

        estimator = load(path)
        if not isinstance(estimator, cls):
            raise Error(f"{os.fsdecode(path)}: expected a model of {cls.__name__}, got {type(estimator).__name__}")
        return estimator

    @classmethod
    def _of_model(cls, model):
        estimator = cls()
        metadata = model.metadata
        for argument, option in cls._model_options.items():
            if option in metadata:
                setattr(estimator, argument, _value_of(metadata[option]))
        if model.members > 1:
            estimator.ensemble = model.members
        if hasattr(estimator, "missing") and "missing" in metadata:
            estimator.missing = metadata["missing"]
        if hasattr(estimator, "lower") and "lower" in metadata:
            estimator.lower = metadata["lower"] == "true"
        estimator.model_ = model
        estimator.n_iter_, estimator.history_, estimator.outcome_, estimator.best_epoch_ = 0, {}, "loaded", 0
        estimator._restore(model)
        return estimator

    def _restore(self, model):
        if not self._has_classes:
            return
        if model.outputs == 1 and model.metadata.get("output_kind") == "flags":  # one probability, of class 1
            self.classes_ = np.arange(2)
        elif model.labels:
            self.classes_ = _labels.restored(model.labels, model.metadata.get("label_type"))
        else:
            self.classes_ = np.arange(model.outputs)

    def _word(self, word):
        return word

    def _answers(self, outputs):
        """From probabilities to classes."""
        return self.classes_[self._both(outputs).argmax(axis=1)]

    def _both(self, outputs):
        """The probabilities of the classes, where the model gives that of the second alone, too."""
        return np.hstack([1 - outputs, outputs]) if outputs.shape[1] == 1 and len(self.classes_) == 2 else outputs


def _value_of(text):
    """What a file says of an option, as an argument."""
    if text in ("true", "false"):
        return text == "true"
    if "," in text:
        return tuple(_value_of(one) for one in text.split(","))
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            pass
    return text


def test_data(validation_data):
    """(X, y), as they must come."""
    if isinstance(validation_data, (tuple, list)) and len(validation_data) == 2:
        return validation_data
    raise Error("validation_data: expected (X, y)")


def share_of_right(answers, y, classes, sample_weight):
    from ._arrays import to_numpy

    y = to_numpy(y, "y").reshape(-1)
    if len(y) != len(answers):
        raise Error(f"y: one label for each of X is needed (expected {len(answers)}, got {len(y)})")
    right = np.asarray(answers == y)
    if not right.any():
        _labels.refuse_others(y, classes)
    return float(np.average(right, weights=weights_of(sample_weight, len(right))))


def weights_of(sample_weight, count):
    """(count,) numbers with a sum above 0, or None."""
    if sample_weight is None:
        return None
    from ._arrays import _floats, to_numpy

    weights = _floats(to_numpy(sample_weight, "sample_weight"), "sample_weight").astype(np.float64)
    if weights.shape != (count,):
        raise Error(f"sample_weight: one number for each of X is needed (expected ({count},), got {weights.shape})")
    if not (np.isfinite(weights).all() and (weights >= 0).all() and weights.any()):
        raise Error("sample_weight: expected finite numbers of at least 0, and one above 0 at least")
    return weights
