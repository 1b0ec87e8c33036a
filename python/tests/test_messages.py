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


def test_wrong_callbacks_are_refused_before_recipes_are_tried(bumps, monkeypatch):
    monkeypatch.setattr("heed._auto.Trials", None)
    with pytest.raises(heed.Error, match="callbacks: expected functions"):
        heed.SequenceClassifier(recipe="auto").fit(*bumps, callbacks=3)


RAGGED = [[[1, 2], [3]], [[1, 2], [3, 4]]]


@pytest.mark.parametrize(
    "call, said",
    [
        (lambda m, x, y: m.predict(RAGGED), "^X: no array"),
        (lambda m, x, y: m.fit(RAGGED, [0, 1]), "^X: no array"),
        (lambda m, x, y: m.predict(np.array([[[1], [2, 3]], [1]], dtype=object)), "^X: no array"),
        (lambda m, x, y: m.fit(x, [[1], [2, 3]] * 30), "^y: no array"),
        (lambda m, x, y: m.score(x, [[1], [2, 3]] * 30), "^y: no array"),
        (lambda m, x, y: m.fit(x, y, lengths=[[1], [2, 3]] * 30), "^lengths: no array"),
        (lambda m, x, y: m.fit(x.astype("m8[s]"), y), "^X: numbers are needed, these are timedelta64"),
        (lambda m, x, y: m.fit(x, y.astype("M8[ns]")), "^Unknown label type: datetime64"),
        (lambda m, x, y: m.predict(x.astype("m8[s]")), "^X: numbers are needed, these are timedelta64"),
        (lambda m, x, y: m.set_params(class_weight={0: "a"}).fit(x, y), "^class_weight: expected a number for class 0, got 'a'"),
        (lambda m, x, y: m.set_params(class_weight={0: None}).fit(x, y), "^class_weight: expected a number for class 0"),
    ],
)
def test_what_numpy_would_refuse_in_its_own_words(bumps, call, said):
    x, y = bumps
    model = heed.SequenceClassifier(hidden_size=4, epochs=1).fit(x, y)
    with pytest.raises(heed.Error, match=said):
        call(model, x, y)


def test_weights_of_a_score(bumps, sentences):
    x, y = bumps
    words, tags = [["a", "b"], ["b"]], [["X", "Y"], ["Y"]]
    for model, of, truth in (
        (heed.SequenceClassifier(hidden_size=4, epochs=1), x, y),
        (heed.SequenceRegressor(hidden_size=4, epochs=1), x, y),
        (heed.TextClassifier(hidden_size=4, epochs=1), *sentences),
        (heed.Tagger(hidden_size=4, features=("lower:4",), min_count=1, epochs=1), words, tags),
    ):
        model.fit(of, truth)
        count = len(truth)
        for same in (np.ones(count), [2] * count, np.full(count, 0.5, dtype=np.float32)):
            assert model.score(of, truth, sample_weight=same) == pytest.approx(model.score(of, truth))
        first = np.arange(count) == 0
        alone = list(truth[:1]) if isinstance(truth, list) else truth[:1]
        assert model.score(of, truth, first) == pytest.approx(model.score(of[:1], alone))
        for wrong in ([1], np.ones((count, 1)), np.zeros(count), -np.ones(count), [np.nan] * count, ["a"] * count, 3):
            with pytest.raises(heed.Error, match="^sample_weight: "):
                model.score(of, truth, sample_weight=wrong)


def test_an_option_may_be_an_array_without_axes(bumps):
    model = heed.SequenceClassifier(hidden_size=np.array(4), epochs=np.array(2), learning_rate=np.array(0.5)).fit(*bumps)
    assert model.n_iter_ == 2
    same = heed.SequenceClassifier(hidden_size=4, epochs=2, learning_rate=0.5).fit(*bumps)
    assert model.to_bytes() == same.to_bytes()


def test_numbers_of_times_are_none(bumps):
    x, y = bumps
    for kind in ("m8[s]", "M8[s]"):
        with pytest.raises(heed.Error, match="^y: Unknown label type: numbers are needed"):
            heed.SequenceRegressor(epochs=1).fit(x, y.astype(kind))


def test_targets_that_floats_cannot_hold_are_an_error():
    x = np.arange(40, dtype=np.float32).reshape(8, 5, 1)
    y = 1.7e9 + np.arange(8)
    with pytest.raises(heed.Error, match="y, output 0.*subtract an offset|subtract an offset.*y, output 0"):
        heed.SequenceRegressor(hidden_size=4, epochs=1).fit(x, y)
    heed.SequenceRegressor(hidden_size=4, epochs=1).fit(x, y - 1.7e9)
