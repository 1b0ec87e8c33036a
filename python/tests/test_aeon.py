import numpy as np
import pytest

pytest.importorskip("aeon")

from aeon.testing.estimator_checking import parametrize_with_checks  # noqa: E402
from heed.aeon import SequenceClassifier, SequenceRegressor  # noqa: E402


@parametrize_with_checks([SequenceClassifier, SequenceRegressor])
def test_aeons_checks(check):
    check()


def test_channels_come_first(bumps):
    import heed

    x, y = bumps
    columns = np.ascontiguousarray(x.transpose(0, 2, 1))
    model = SequenceClassifier(hidden_size=4, epochs=3).fit(columns, y)
    assert model.estimator_.to_bytes() == heed.SequenceClassifier(hidden_size=4, epochs=3).fit(x, y).to_bytes()
    ragged = [one[:, : 9 + i % 4] for i, one in enumerate(columns)]
    assert SequenceClassifier(hidden_size=4, epochs=3).fit(ragged, y).predict(ragged).shape == (60,)
