"""recipe='auto': the best of a few ways to train, by cross-validation on the training data."""

import time

import numpy as np

from . import _core
from ._errors import Error
from ._sequences import ROCKET_OPTIONS, WITH_ROCKET, recipes_of

FOLDS, MOST_ROUNDS, ENOUGH_ANSWERS = 3, 3, 300


def _candidates():
    """In the order in which they win where they are equally good: the quicker first. None is the default."""
    return ["rocket", *_core.recipe_names(), None]


def _trained(estimator, recipe):
    """The estimator with a recipe, without what that has no use for."""
    params = estimator.get_params()
    recipes = recipes_of(recipe)
    for name in list(params):
        if name not in WITH_ROCKET if recipes == ["rocket"] else name in ROCKET_OPTIONS and "rocket" not in recipes:
            del params[name]
    params.update(recipe=recipe, time_limit=None, ensemble=1, verbose=0, checkpoint=None, checkpoint_every=None)
    if not params.get("validation"):  # the data to test on are no part of the choice
        params.update(early_stopping=None, min_delta=None)
    return type(estimator)(**params)


def _means(accuracies, faults):
    """Recipes whose mean is looked at, too: rocket with the best network, and what strong is. They are trained already."""
    ended = [recipe for recipe in accuracies if recipe not in faults and accuracies[recipe]]
    networks = [recipe for recipe in ended if recipe not in ("rocket", None)]
    groups = [_core.strong_recipes()]
    if networks:
        groups.insert(0, ["rocket", max(networks, key=lambda recipe: round(float(np.mean(accuracies[recipe])), 9))])
    return [group for group in groups if all(recipe in ended for recipe in group)]


class _OutOfTime(Exception):
    pass


def _outputs(estimator, series, codes, fold, labels, seed, deadline):
    """Probabilities of what the fold leaves out."""
    train, test = (np.asarray(rows) for rows in fold)
    estimator.classes_ = np.arange(len(labels))
    settings = estimator._settings()
    settings.fit["seed"] = str(seed)
    estimator._class_weights(settings, estimator.classes_)

    def in_time(_):
        if time.monotonic() > deadline:
            raise _OutOfTime
        return True

    if time.monotonic() > deadline:
        raise _OutOfTime
    callbacks = None if estimator.recipe == "rocket" else [in_time]
    estimator._fit(series.rows(train), codes[train], labels, None, callbacks, settings)
    if estimator.outcome_ == "cancelled":
        raise KeyboardInterrupt
    rest = series.rows(test)
    return estimator.model_.predict(rest.x, rest.lengths)


def _accuracy(outputs, codes, fold):
    return float(np.mean(outputs.argmax(axis=1) == codes[np.asarray(fold[1])]))


def choose(estimator, series, codes, labels, test, callbacks, settings):
    """Fits the estimator by the recipe that has the best mean accuracy; `recipe_` says which, `recipes_` what each has."""
    limit = 300.0 if estimator.time_limit is None else float(estimator.time_limit)
    if not limit > 0:
        raise Error(f"time_limit: expected a number above 0, got {estimator.time_limit!r}")
    deadline = time.monotonic() + limit
    count = len(series)
    rounds = int(np.clip(-(-ENOUGH_ANSWERS // count), 1, MOST_ROUNDS))
    seed = int(settings.fit["seed"])
    folds = _core.make_folds(codes, FOLDS, rounds, seed)
    accuracies, outputs, faults = {recipe: [] for recipe in _candidates()}, {recipe: [] for recipe in _candidates()}, {}
    start = time.monotonic()
    for turn in range(rounds):
        spent = time.monotonic() - start
        if turn > 0 and spent + spent / turn > limit:
            break  # this one would not end in time
        found = {}
        for recipe in _candidates():
            if recipe in faults:
                continue
            try:
                found[recipe] = [
                    _outputs(_trained(estimator, recipe), series, codes, fold, labels, seed + i, deadline)
                    for i, fold in enumerate(folds[turn * FOLDS : (turn + 1) * FOLDS])
                ]
            except _OutOfTime:
                if turn == 0:
                    faults[recipe] = "not ended in time"
            except Error as error:
                faults[recipe] = str(error)
        running = [recipe for recipe in _candidates() if recipe not in faults]
        if turn > 0 and any(recipe not in found for recipe in running):
            break
        for recipe, values in found.items():
            done = len(outputs[recipe])
            outputs[recipe] += values
            accuracies[recipe] += [_accuracy(value, codes, folds[done + i]) for i, value in enumerate(values)]
    for group in _means(accuracies, faults):
        together = [np.mean(values, axis=0) for values in zip(*(outputs[recipe] for recipe in group))]
        accuracies["+".join(group)] = [_accuracy(value, codes, folds[i]) for i, value in enumerate(together)]
    counted = [recipe for recipe, values in accuracies.items() if recipe not in faults and values]
    if not counted and all(fault != "not ended in time" for fault in faults.values()):
        raise Error(faults[None])
    best = max(counted, key=lambda recipe: round(float(np.mean(accuracies[recipe])), 9)) if counted else "rocket"

    chosen = _trained(estimator, best)
    chosen.set_params(ensemble=estimator.ensemble, verbose=estimator.verbose)
    has_epochs = "rocket" not in recipes_of(best)  # and is one training
    if has_epochs:
        chosen.set_params(checkpoint=estimator.checkpoint, checkpoint_every=estimator.checkpoint_every)
    settings = chosen._settings()
    settings.fit["seed"] = str(seed)
    chosen._class_weights(settings, estimator.classes_)
    chosen._fit(series, codes, labels, test, callbacks if has_epochs else None, settings)
    for name, value in vars(chosen).items():
        if name.endswith("_") and not name.startswith("_"):
            setattr(estimator, name, value)
    estimator.recipe_ = best
    estimator.recipes_ = {
        recipe or "default": faults.get(recipe) or float(np.mean(values)) for recipe, values in accuracies.items() if recipe in faults or values
    }
    return estimator
