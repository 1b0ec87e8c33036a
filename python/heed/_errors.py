"""What heed raises."""

import sys


class Error(ValueError):
    """Something that heed was given is wrong: what, where, what was expected and what was found."""


class ArgumentError(Error, TypeError):
    """An argument of a type that heed has no use for."""


class BuildError(Error, ImportError):
    """No build of heed fits HEED_ISA or this processor."""


def not_fitted(estimator):
    """The error of an estimator that has not been fitted; for scikit-learn, where it is loaded, a NotFittedError."""
    message = f"this {type(estimator).__name__} instance is not fitted yet: call fit first"
    exceptions = sys.modules.get("sklearn.exceptions")
    if exceptions is None:
        return type("NotFittedError", (Error, AttributeError), {})(message)
    return type("NotFittedError", (Error, exceptions.NotFittedError), {})(message)
