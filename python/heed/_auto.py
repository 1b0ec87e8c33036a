"""recipe='auto': the best of a few ways to train, by cross-validation on the training data, within a time.

As the trainer of the command line chooses: all on the same folds. Where three folds would take more than a candidate's
share of the time that is left, it has one fold; where one of what is trained by steps would, too, it has fewer epochs.
"""

import dataclasses
import os
import time
import warnings

import numpy as np

from . import _core
from ._base import OutOfTime, functions_of, text_of
from ._errors import Error
from ._sequences import r_squared, recipes_of

FOLDS, MOST_ROUNDS, ENOUGH_ANSWERS, MOST_MEMBERS = 3, 3, 300, 5
SURE = 0.8  # other programs may want the processor, too
PATIENCE = 1.3  # times its share that a candidate may take in the first round


@dataclasses.dataclass
class Candidate:
    """A way to train, and how it did. recipe is None for the default."""

    recipe: object
    fault: str = ""  # why it does not count
    note: str = ""  # what was left out for want of time
    error: object = None
    scores: list = dataclasses.field(default_factory=list)
    answers: list = dataclasses.field(default_factory=list)  # to what each fold leaves out
    step_seconds: float = 0
    alone: bool = True  # may be taken by itself, and not only with others

    def counts(self):
        return not self.fault and bool(self.scores)

    def keep(self, folds):
        del self.scores[folds:], self.answers[folds:]


@dataclasses.dataclass
class Windows:
    """Of a forecast: places (n, 3), the series and the steps, from and to, of the targets; the last values (n, targets)."""

    places: object
    last_values: object


class Trials:
    def __init__(self, estimator, series, targets, labels, settings, windows=None):
        self.estimator, self.series, self.targets, self.labels = estimator, series, targets, labels
        self.windows = windows
        limit = 300.0 if estimator.time_limit is None else estimator.time_limit
        if not isinstance(limit, (int, float)) or not limit > 0:
            raise Error(f"time_limit: expected a number above 0, got {estimator.time_limit!r}")
        self.limit, self.start = float(limit), time.monotonic()
        count = len(series)
        _require_enough(count, targets)
        self.rounds = 1 if windows else int(np.clip(-(-ENOUGH_ANSWERS // count), 1, MOST_ROUNDS))
        self.seed = int(settings.fit["seed"])
        self.classes = targets.dtype == np.int32
        codes = targets if self.classes else np.zeros(0, dtype=np.int32)
        if windows:  # each is trained on what comes before
            self.folds = _core.make_forward_folds(windows.places, FOLDS)
        else:
            self.folds = _core.make_folds(codes, count, FOLDS, self.rounds, self.seed)
        self.threads = int(settings.fit["threads"]) or os.cpu_count() or 1

    def spent(self):
        return time.monotonic() - self.start

    def run(self, candidates):
        for turn in range(self.rounds):
            if turn > 0 and self.spent() * (turn + 1) / turn > self.limit:
                return  # this one would not end in time
            all_ended, left = True, len(candidates)
            for c in candidates:
                share, left = (self.limit - self.spent()) / left, left - 1
                if c.fault:
                    continue
                before = len(c.scores)
                try:
                    self._try(c, turn, share)
                except OutOfTime:
                    c.keep(before)
                    c.note = ""
                except Error as error:
                    c.fault, c.error = str(error), error
                ended = len(c.scores) == FOLDS * (turn + 1) or (turn == 0 and c.note and c.scores)
                if turn == 0 and not c.fault and not ended:
                    c.fault = "not ended in time"
                all_ended = all_ended and bool(c.fault or (ended and not c.note))
            if not all_ended:
                for c in candidates:
                    c.keep(FOLDS * max(turn, 1))
                return
            if all(c.error for c in candidates if c.recipe != "rocket"):
                raise candidates[-1].error from None  # options that no recipe can do with

    def _try(self, c, turn, share):
        folds = self.folds[turn * FOLDS : (turn + 1) * FOLDS]
        began, first = self.spent(), not c.scores
        latest = min(self.limit, began + PATIENCE * share) if first else self.limit
        estimator = self.trained(c.recipe)
        if c.recipe != "rocket" and c.step_seconds == 0:
            c.step_seconds = self._time_step(estimator, folds[0])
        if c.recipe != "rocket" and first:
            folds = self._fit_into(share - (self.spent() - began), estimator, c, folds)
        for i, fold in enumerate(folds):
            if c.recipe == "rocket" and first and i > 0 and (self.spent() - began) / i * len(folds) > share:
                c.note = "one fold"
                c.keep(1)
                return
            outputs = self._answers(estimator, fold, self.seed + (i if c.recipe != "rocket" else 0), latest)
            c.answers.append(outputs)
            c.scores.append(self._score(outputs, np.asarray(fold[1])))

    def together(self, parts):
        """The mean of some that are trained already: they err on different series."""
        folds = min(len(part.answers) for part in parts)
        answers = [np.mean([part.answers[i] for part in parts], axis=0, dtype=np.float64) for i in range(folds)]
        mean = Candidate("+".join(part.recipe for part in parts), answers=answers)
        mean.note = next((part.note for part in parts if part.note), "")
        mean.step_seconds = sum(part.step_seconds for part in parts)
        mean.scores = [self._score(one, np.asarray(fold[1])) for one, fold in zip(answers, self.folds)]
        return mean

    def trained(self, recipe):
        """The estimator with a recipe, without what that has no use for."""
        params = {"random_state": self.seed, "ensemble": 1, "verbose": 0, "checkpoint": None, "checkpoint_every": None}
        if not self.estimator.validation:  # the data to test on are no part of the choice
            params.update(early_stopping=None, min_delta=None)
        return self.estimator._with_recipe(recipe, **params)

    def settings_of(self, estimator, seed, **more):
        settings = estimator._settings()
        settings.fit["seed"] = str(seed)
        if self.classes:
            estimator.classes_ = np.arange(len(self.labels))
            estimator._class_weights(settings, self.estimator.classes_)
        settings.more.update({name: text_of(value) for name, value in more.items()})
        return settings

    def _fit(self, estimator, rows, settings):
        with warnings.catch_warnings():  # one that diverges is told in recipes_
            warnings.simplefilter("ignore", RuntimeWarning)
            estimator._fit(self.series.rows(rows), self.targets[rows], self.labels, None, None, settings)
        if estimator.outcome_ == "cancelled":
            raise KeyboardInterrupt

    def _score(self, outputs, rows):
        if self.classes:
            return float(np.mean(outputs.argmax(axis=1) == self.targets[rows]))
        if self.windows:
            return skill(self.targets[rows], outputs.astype(np.float64), self.windows.last_values[rows])
        return r_squared(self.targets[rows], outputs.astype(np.float64))

    def _answers(self, estimator, fold, seed, latest):
        train, test = (np.asarray(rows) for rows in fold)
        left = latest - self.spent()
        if left <= 0:
            raise OutOfTime
        self._fit(estimator, train, self.settings_of(estimator, seed, limit_seconds=left))
        if estimator.outcome_ == "limited":
            raise OutOfTime
        if estimator.outcome_ == "diverged":
            raise Error("diverged")
        rest = self.series.rows(test)
        return estimator.model_.predict(rest.x, rest.lengths)

    def _time_step(self, estimator, fold):
        """The seconds of a step on one thread, of a model that is thrown away; the first one warms up."""
        limit = min(2.0, self.limit / 100, self.limit - self.spent())
        settings = self.settings_of(estimator, self.seed, limit_seconds=max(limit, 0), limit_steps=50)
        settings.fit["threads"] = "1"
        self._fit(estimator, np.asarray(fold[0]), settings)
        return estimator._step_seconds

    def steps_of(self, estimator, count):
        """(epochs, steps of an epoch) of a training on so many sequences."""
        settings = estimator._settings()
        if estimator.recipe is not None:
            estimator._apply_recipe(estimator.recipe, settings, count, self.classes)
        batch = int(settings.fit.get("batch_size", "0")) or count
        return int(settings.fit.get("epochs", "100")), -(-count // batch)

    def _fit_into(self, share, estimator, c, folds):
        """Cuts folds and epochs so that they take no more than a share of the time."""
        if share <= 0:
            raise OutOfTime
        epochs, steps = self.steps_of(estimator, len(folds[0][0]))
        one = epochs * steps * c.step_seconds / (1 + 0.5 * (min(self.threads, 4) - 1))  # threads are no perfect help
        if one * len(folds) <= SURE * share:
            return folds
        c.note = "one fold"
        if one > SURE * share:
            fewer = max(1, int(epochs * SURE * share / one))
            c.note += f", {fewer} of {epochs} epochs"
            estimator.epochs = fewer
        return folds[:1]

    def members_for(self, c):
        """Models of other seeds beside one that is trained by steps: as many as are trained within the limit once more."""
        estimator = self.estimator
        if estimator.ensemble not in (None, 1) or c.recipe == "rocket" or c.fault or c.step_seconds == 0:
            return estimator.ensemble
        one = 0
        for recipe in recipes_of(c.recipe):
            if recipe != "rocket":
                epochs, steps = self.steps_of(self.trained(recipe), len(self.series))
                one = max(one, epochs * steps * c.step_seconds)
        fits = [m for m in range(1, MOST_MEMBERS + 1) if -(-m // self.threads) * one <= self.limit]
        return max(fits, default=1)


def skill(truth, answers, last_values):
    """1 - the mean squared error in times that of the last value; of several targets the mean."""
    own, simple = np.mean((truth - answers) ** 2, axis=0), np.mean((truth - last_values) ** 2, axis=0)
    return float(np.mean(np.where(simple > 0, 1 - own / np.where(simple > 0, simple, 1), np.where(own > 0, 0.0, 1.0))))


def _require_enough(count, targets):
    """Sequences that can be left out: the only one of its class is always trained on."""
    left_out = count
    if targets.dtype == np.int32:
        left_out -= int(np.sum(np.unique(targets, return_counts=True)[1] == 1))
    if left_out < FOLDS:
        raise Error(
            "too few sequences for recipe='auto', which compares recipes on some that it leaves out (expected at least "
            f"{FOLDS}, not counting classes with a single one; or the name of a recipe, as recipe='strong', got {left_out})"
        )


def _beats(challenger, best, held_out):
    """On the folds that both have. Who has fewer must be better by more than one sequence."""
    folds = min(len(challenger.scores), len(best.scores))
    margin = 1 / held_out if len(challenger.scores) < len(best.scores) else 0
    return np.mean(challenger.scores[:folds]) > np.mean(best.scores[:folds]) + margin + 1e-9


def _add_means(candidates, trials, held_out):
    """Of random convolutions and the best network of a recipe, and of what strong is."""
    counted = [c for c in candidates if c.counts() and c.recipe is not None]
    networks = [c for c in counted if c.recipe != "rocket"]
    groups = [["rocket", _best_of(networks, held_out).recipe]] if networks else []
    groups.append(_core.strong_recipes())
    for names in groups:
        parts = [c for c in counted if c.recipe in names]
        if len(parts) == len(names):
            candidates.append(trials.together(parts))


def _best_of(candidates, held_out):
    best = None
    for c in candidates:
        if c.counts() and c.alone and (best is None or _beats(c, best, held_out)):
            best = c
    return best or next(c for c in candidates if c.alone)


def _within_noise(scores, best):
    """Whether `best` is better by no more than chance may give: the standard error of the mean difference, corrected for
    folds that share training data (Nadeau and Bengio 2003)."""
    folds = min(len(scores), len(best))
    if folds == 0:
        return False
    behind = np.asarray(best[:folds]) - np.asarray(scores[:folds])
    deviation = behind.std(ddof=1) if folds > 1 else 0.0
    return behind.mean() <= deviation * np.sqrt(1 / folds + 1 / (FOLDS - 1)) + 1e-9


def _taken_of(candidates, best):
    """The mean that is as good as the best within the noise of the folds, strong before another: among equals it is the
    safer choice, as models of different kinds err on different series."""
    for c in reversed(candidates) if best.counts() else ():
        if c.counts() and len(recipes_of(c.recipe)) > 1 and _within_noise(c.scores, best.scores):
            return c
    return best


def choose(estimator, series, targets, labels, test, callbacks, settings, start, windows=None):
    """Fits the estimator by the recipe that does best; `recipe_` says which, `recipes_` how each did. A forecast has
    `windows`."""
    if start is not None:
        raise Error("recipe and init exclude each other: init has an architecture")
    callbacks = functions_of(callbacks)  # wrong ones are refused before the trials
    trials = Trials(estimator, series, targets, labels, settings, windows)
    # in the order in which they win where they are equally good: the quicker first
    candidates = [Candidate(recipe) for recipe in ("rocket", *_core.recipe_names(), None)]
    wants_epochs = bool(callbacks or estimator.checkpoint)
    candidates[0].alone = not wants_epochs
    if callbacks:  # then there is no mean that it could be part of
        candidates[0].fault = "not tried: it has no epochs"
    trials.run(candidates)
    held_out = max(1, len(series) // FOLDS)
    _add_means(candidates, trials, held_out)
    best = _best_of(candidates, held_out)
    if trials.classes:  # r2 and skill have no least value: one bad fold would make noise of all differences
        best = _taken_of(candidates, best)
    chosen = trials.trained(best.recipe)
    members = estimator.ensemble if wants_epochs else trials.members_for(best)
    chosen.set_params(ensemble=members, verbose=estimator.verbose)
    if best.recipe != "rocket":
        chosen.set_params(
            checkpoint=estimator.checkpoint,
            checkpoint_every=estimator.checkpoint_every,
            early_stopping=estimator.early_stopping,
            min_delta=estimator.min_delta,
        )
    settings = trials.settings_of(chosen, trials.seed)
    chosen._fit(series, targets, labels, test, None if best.recipe == "rocket" else callbacks, settings)
    kept = ("classes_", "recipe_")
    for name, value in vars(chosen).items():
        if name.endswith("_") and not name.startswith("_") and name not in kept:
            setattr(estimator, name, value)
    estimator.recipe_ = best.recipe
    estimator.recipes_ = {
        c.recipe or "default": c.fault or float(np.mean(c.scores)) for c in candidates if c.fault or c.scores
    }
    return estimator
