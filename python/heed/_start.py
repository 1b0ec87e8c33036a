"""Training that goes on from a model."""

import numpy as np

from . import _core, _labels
from ._errors import Error
from ._files import read_file


class Start:
    """The model that an estimator's `init` names."""

    def __init__(self, init, new_head):
        data, name = read_file(init, "init")
        self.model = _core.model_of_bytes(data, name)
        self.new_head = bool(new_head)
        self.of_file = (data, name, self.new_head)  # as the extension takes it

    def encode(self, y):
        """(classes, the index of each): the model's own classes, in its order."""
        if self.model.gives_numbers:
            raise Error("init is a model of numbers; new_head=True starts a new last layer, for classes")
        names = self.model.labels or [str(i) for i in range(self.model.outputs)]
        values, codes = _labels.classes_of(y)
        at = {name: i for i, name in enumerate(names)}
        found = _labels.names_of(values)
        for value, name in zip(values.tolist(), found):
            if name not in at:
                raise Error(
                    f"y: init has no class {value!r}; new_head=True starts a new last layer, for the classes of y"
                )
        classes = _labels.restored(names, _labels.type_of(values))
        return classes, np.array([at[name] for name in found], dtype=np.int32)[codes]


def start_of(estimator):
    """The start of an estimator, or None."""
    if estimator.init is None:
        if estimator.new_head:
            raise Error("new_head needs init: a model that gets a new last layer")
        return None
    return Start(estimator.init, estimator.new_head)
