"""What a new user may get wrong, and what heed says then."""

import heed
import numpy as np
import pytest

FIT = [
    (dict(attention="selfish"), r"^attention: wrong value .*pool, multihead"),
    (dict(hidden_size=-1), r"^hidden_size: out of range"),
    (dict(epochs=1.5), r"^epochs: wrong value .*whole number"),
    (dict(early_stopping=-1, validation=0.2), r"^early_stopping: out of range"),
    (dict(n_jobs=-2), r"^n_jobs: expected a whole number of at least -1"),
    (dict(n_jobs="all"), r"^n_jobs: expected"),
    (dict(ensemble="many"), r"^ensemble: expected a whole number of at least 1"),
    (dict(missing="keep"), r"^missing: expected one of error, linear"),
    (dict(recipe="best"), r"^recipe: expected one of auto, strong"),
    (dict(class_weight=3), r"^class_weight: expected balanced"),
    (dict(frozen="nothing"), r"frozen: no parameter has"),
]


@pytest.mark.parametrize("options, said", FIT)
def test_an_option_is_named_as_the_argument(bumps, options, said):
    with pytest.raises(heed.Error, match=said):
        heed.SequenceClassifier(**{"hidden_size": 4, "epochs": 1, **options}).fit(*bumps)


@pytest.mark.parametrize(
    "more, said",
    [
        (dict(lengths=[0] * 60), "lengths: expected whole numbers of 1 to 12"),
        (dict(lengths=[2.5] * 60), "lengths: expected whole numbers"),
        (dict(validation_data=np.zeros((60, 12, 2))), r"validation_data: expected \(X, y\)"),
    ],
)
def test_what_goes_with_the_data(bumps, more, said):
    with pytest.raises(heed.Error, match=said):
        heed.SequenceClassifier(hidden_size=4, epochs=1).fit(*bumps, **more)


def test_data_that_a_model_does_not_take(bumps):
    x, y = bumps
    model = heed.SequenceClassifier(hidden_size=4, epochs=1).fit(x, y)
    gap = np.where(x > 2, np.nan, x)
    for call, said in (
        (lambda: model.predict(x[0]), r"X: wrong rank \(expected \(n, steps, 2\)"),
        (lambda: model.predict(None), "X: expected an array or a list of sequences, got None"),
        (lambda: model.predict({}), "X: expected an array"),
        (lambda: model.predict(gap), "^X, sequence .*missing='linear'"),
        (lambda: heed.SequenceClassifier(epochs=1).fit(gap, y), "^X, sequence .*missing='linear'"),
        (lambda: model.score(x, y[:3]), "y: one label for each of X"),
        (lambda: heed.SequenceRegressor(epochs=1).fit(x, y).score(x, y[:3]), "y: one row for each of X"),
        (lambda: model.save(None), "path: expected the path of a file"),
        (lambda: heed.load("nowhere"), "nowhere: cannot be read"),
    ):
        with pytest.raises(heed.Error, match=said.replace("^X, sequence .*", "(?s)^X, sequence .*")):
            call()


def test_one_callback_needs_no_list(bumps):
    seen = []
    heed.SequenceClassifier(hidden_size=4, epochs=2).fit(*bumps, callbacks=seen.append)
    assert len(seen) == 2


def test_a_fit_that_fails_leaves_nothing_behind(bumps, sentences):
    x, y = bumps
    words, tags = [["a", "b"], ["b"]], [["X", "Y"], ["Y"]]
    series = np.sin(np.arange(40) / 4)
    for model, good, bad in (
        (heed.SequenceClassifier(hidden_size=4, epochs=1), (x, y), (x[:, :, :1], y + 5)),
        (heed.SequenceRegressor(hidden_size=4, epochs=1), (x, y), (x[:, :, :1], x[:, 0])),
        (heed.TextClassifier(hidden_size=4, epochs=1), sentences, (["a", "b"], [1, 2])),
        (heed.Tagger(hidden_size=4, features=("lower:4",), min_count=1, epochs=1), (words, tags), (words, [["Z", "Y"], ["Y"]])),
        (heed.Forecaster(window=4, epochs=1), (series,), (np.stack([series, series], axis=1),)),
    ):
        model.fit(*good)
        model.set_params(epochs=-1)
        with pytest.raises(heed.Error, match="epochs"):
            model.fit(*bad)
        assert not [name for name in vars(model) if name.endswith("_")]
        for call in (lambda: model.predict(good[0]), model.to_bytes):
            with pytest.raises(heed.Error, match="not fitted"):
                call()
        if hasattr(model, "explain"):
            with pytest.raises(heed.Error, match="not fitted"):
                model.explain(good[0])


def test_callbacks_end_training_by_any_false(bumps):
    for said, epochs in ((False, 1), (np.bool_(False), 1), (np.True_, 3), (None, 3), (0, 3), (np.array([0, 1]), 3)):
        model = heed.SequenceClassifier(hidden_size=4, epochs=3)
        assert model.fit(*bumps, callbacks=lambda record: said).n_iter_ == epochs
    for wrong in (3, [3], "a", {1: print}):
        with pytest.raises(heed.Error, match="callbacks: expected functions"):
            heed.SequenceClassifier(hidden_size=4, epochs=3).fit(*bumps, callbacks=wrong)
