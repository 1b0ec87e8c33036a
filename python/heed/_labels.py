"""Classes and the names that a model's file has for them."""

import warnings

import numpy as np

from ._errors import Error


def natural(names):
    """Texts as integers, where each is one as Python writes it."""
    try:
        numbers = np.array([int(name) for name in names], dtype=np.int64)
    except (ValueError, OverflowError):
        return np.array([str(name) for name in names])
    if all(str(number) == str(name) for number, name in zip(numbers, names)):
        return numbers
    return np.array([str(name) for name in names])


_TYPES = {"bool": (bool, np.bool_), "int": (int, np.integer), "float": (float, np.floating), "str": (str,)}


def _type_of_one(label):
    return next((name for name, types in _TYPES.items() if isinstance(label, types)), type(label).__name__)


def type_of(labels):
    """bool, int, float or str; throws where they are of several types, or of another."""
    found = sorted({_type_of_one(one) for one in labels.tolist()})
    if len(found) > 1:
        raise Error(f"Unknown label type: mixed. Labels are of one type (got {', '.join(found)})")
    if found[0] not in _TYPES:
        raise Error(f"Unknown label type: {found[0]}. Labels are texts or whole numbers")
    return found[0]


def restored(names, kind):
    """The classes of these names; kind: what `type_of` says of them, or None."""
    if kind is None:
        return natural(names)
    try:
        if kind == "bool":
            return np.array([("False", "True").index(name) == 1 for name in names])
        return np.array([{"str": str, "int": int, "float": float}[kind](name) for name in names])
    except (KeyError, ValueError):
        raise Error(f"labels: expected some of the type {kind}, got {list(names[:5])!r}") from None


def names_of(classes):
    """Texts, one a class: integers without a point, whatever their type."""
    if classes.dtype.kind == "f":
        return [str(int(value)) for value in classes]
    return [str(value) for value in classes]


def refuse_others(y, classes):
    """Throws where no label is a class, as they are of another type."""
    found, expected, known = type_of(y), type_of(classes), classes.tolist()
    if found != expected and not any(value in known for value in y.tolist()):
        raise Error(f"y: labels of another type than the classes (expected {expected}, got {found}: {y.tolist()[0]!r})")


def encode(y, classes):
    """The index of each label among the classes, which need not be sorted."""
    at = {value: i for i, value in enumerate(classes.tolist())}
    codes = [at.get(value, -1) for value in y.tolist()]
    if -1 in codes:
        raise Error(f"y: a label that the training data do not have: {y.tolist()[codes.index(-1)]!r}")
    return np.array(codes, dtype=np.int32)


def column(y, what):
    """y as (n,)."""
    from ._arrays import to_numpy

    y = to_numpy(y, what)
    if y.ndim == 2 and y.shape[1] == 1:
        category = UserWarning
        import sys

        if "sklearn.exceptions" in sys.modules:
            category = sys.modules["sklearn.exceptions"].DataConversionWarning
        warnings.warn(
            "A column-vector y was passed when a 1d array was expected. Please change the shape of y to (n_samples,), "
            "for example using ravel().",
            category,
            stacklevel=4,
        )
        y = y[:, 0]
    if y.ndim != 1:
        raise Error(f"{what}: wrong rank (expected labels (n,), got {y.shape})")
    return y


def classes_of(y):
    """(classes, the index of each): throws where y are no labels."""
    if y.dtype.kind == "S" or any(isinstance(value, bytes) for value in (y if y.dtype == object else ())):
        raise Error("y: labels are bytes: make them texts, as by y.astype(str)")
    if y.dtype == object and any(not isinstance(value, (str, int, bool, np.integer, np.bool_)) for value in y):
        if all(isinstance(value, (int, float, np.number)) for value in y):
            y = y.astype(np.float64)
        else:
            raise Error("Unknown label type: unknown. Labels are texts or whole numbers")
    if y.dtype.kind == "f":
        if not np.isfinite(y).all():
            raise Error("Input y contains NaN." if np.isnan(y).any() else "Input y contains infinity.")
        if (y != np.floor(y)).any():
            raise Error("Unknown label type: continuous. Labels are texts or whole numbers; a regressor takes any number")
    if y.dtype.kind in "mM":
        raise Error(f"Unknown label type: {y.dtype}. Labels are texts or whole numbers")
    if y.dtype.kind == "c":
        raise Error("Unknown label type: complex. Complex data not supported")
    try:
        classes, codes = np.unique(y, return_inverse=True)
    except TypeError as error:
        raise Error(f"Unknown label type: mixed. {error}") from error
    type_of(classes)
    return classes, np.ascontiguousarray(codes.reshape(-1), dtype=np.int32)
