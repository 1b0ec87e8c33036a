import pickle

import heed
import numpy as np
import pytest
from heed._files import with_metadata


def quick(**options):
    return heed.SequenceClassifier(**{"hidden_size": 8, "epochs": 30, "learning_rate": 0.03, **options})


def test_learns_and_keeps_what_it_learnt(bumps):
    x, y = bumps
    model = quick()
    assert model.fit(x, y) is model
    assert model.score(x, y) > 0.9
    assert model.n_features_in_ == 2
    assert model.classes_.tolist() == [0, 1, 2]
    assert model.n_iter_ == 30 and model.outcome_ == "finished"
    assert len(model.history_["loss"]) == 30 and model.history_["loss"][-1] < model.history_["loss"][0]
    p = model.predict_proba(x)
    assert p.shape == (60, 3) and np.allclose(p.sum(axis=1), 1, atol=1e-6)
    assert (model.classes_[p.argmax(axis=1)] == model.predict(x)).all()


def test_same_seed_same_bytes_other_seed_others(bumps):
    x, y = bumps
    one, two = quick(random_state=1).fit(x, y), quick(random_state=1, n_jobs=2).fit(x, y)
    assert one.to_bytes() == two.to_bytes()
    assert one.to_bytes() != quick(random_state=2).fit(x, y).to_bytes()


def test_float64_as_float32(bumps):
    x, y = bumps
    assert quick().fit(x, y).to_bytes() == quick().fit(x.astype(np.float64), y).to_bytes()


@pytest.mark.parametrize("attention", ["pool", "additive", "multihead", "none", "mean", "max", "meanmax"])
@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_attentions_and_cells(bumps, attention, cell):
    x, y = bumps
    model = heed.SequenceClassifier(hidden_size=4, attention=attention, cell=cell, epochs=2).fit(x, y)
    assert model.model_.metadata["attention"] == attention
    if attention == "multihead":
        assert model.attention_weights(x).shape == (60, 2, 12, 12)
    elif attention in ("pool", "additive"):
        weights = model.attention_weights(x)
        assert weights.shape == (60, 12) and np.allclose(weights.sum(axis=1), 1, atol=1e-5)
    else:
        with pytest.raises(heed.Error, match="no attention"):
            model.attention_weights(x)


def test_convolutions_and_both_directions(bumps):
    x, y = bumps
    model = heed.SequenceClassifier(
        hidden_size=4, bidirectional=True, num_layers=2, kernels=(5, 3), channels=8, residual=True, epochs=2
    ).fit(x, y)
    assert model.model_.metadata["kernels"] == "5,3" and model.model_.metadata["bidirectional"] == "true"


@pytest.mark.parametrize("labels", [["a", "b", "c"], [5, 7, 9], [True, False, True], [1.0, 2.0, 3.0]])
def test_classes_of_any_kind(bumps, labels):
    x, y = bumps
    y = np.array(labels)[y]
    model = quick().fit(x, y)
    assert set(model.predict(x).tolist()) <= set(np.unique(y).tolist())
    assert model.predict(x).dtype == y.dtype


def test_lists_of_different_lengths(bumps):
    x, y = bumps
    ragged = [one[: 9 + i % 4] for i, one in enumerate(x)]
    model = quick(batch_size=16).fit(ragged, y)
    lengths = [len(one) for one in ragged]
    assert np.array_equal(model.predict_proba(ragged), model.predict_proba(x, lengths=lengths))
    alone = np.vstack([model.predict_proba([one]) for one in ragged])
    assert np.allclose(alone, model.predict_proba(ragged), atol=1e-5)


def test_series_of_one_feature_may_be_flat(bumps):
    x, y = bumps
    flat = x[:, :, 0]
    model = quick().fit(flat, y)
    assert model.n_features_in_ == 12
    assert np.array_equal(model.predict_proba(flat), model.predict_proba(flat[:, :, None]))
    with pytest.raises(heed.Error, match="X has 11 features, but SequenceClassifier is expecting 12"):
        model.predict(flat[:, 1:])


def test_saves_and_loads(bumps, tmp_path):
    x, y = bumps
    names = np.array(["left", "middle", "right"])[y]
    model = quick(standardize=True, attention="additive").fit(x, names)
    model.save(tmp_path / "m.safetensors")
    assert (tmp_path / "m.safetensors").read_bytes() == model.to_bytes()
    for again in (heed.load(tmp_path / "m.safetensors"), heed.SequenceClassifier.load(tmp_path / "m.safetensors")):
        assert isinstance(again, heed.SequenceClassifier)
        assert again.attention == "additive" and again.hidden_size == 8
        assert again.classes_.tolist() == ["left", "middle", "right"]
        assert np.array_equal(again.predict_proba(x), model.predict_proba(x))
        assert again.to_bytes() == model.to_bytes()
    with pytest.raises(heed.Error, match="expected a model of Tagger"):
        heed.Tagger.load(tmp_path / "m.safetensors")


def test_pickles(bumps):
    x, y = bumps
    model = quick(ensemble=2).fit(x, y)
    again = pickle.loads(pickle.dumps(model))
    assert np.array_equal(again.predict_proba(x), model.predict_proba(x))
    assert again.get_params() == model.get_params() and again.history_ == model.history_
    fresh = pickle.loads(pickle.dumps(quick()))
    assert fresh.epochs == 30 and not hasattr(fresh, "model_")


def test_ensembles(bumps):
    x, y = bumps
    model = quick(ensemble=3).fit(x, y)
    assert model.model_.members == 3 and len(model.history_) == 3
    alone = [quick(random_state=i).fit(x, y).predict_proba(x) for i in range(3)]
    assert np.allclose(model.predict_proba(x), np.mean(alone, axis=0), atol=1e-5)


@pytest.mark.parametrize("recipe", ["strong", "wide", "recurrent", "rocket"])
def test_recipes(bumps, recipe):
    x, y = bumps
    options = {} if recipe == "rocket" else {"epochs": 5, "channels": 8}
    model = heed.SequenceClassifier(recipe=recipe, **options).fit(x, y)
    assert model.score(x, y) > 0.6
    if recipe == "rocket":
        assert model.model_.architecture == "RocketClassifier"
        with pytest.raises(heed.Error, match="epochs has no meaning with recipe='rocket'"):
            heed.SequenceClassifier(recipe="rocket", epochs=3).fit(x, y)
    elif recipe == "strong":
        assert model.model_.architecture == "SeriesEnsemble" and len(model.history_) == 2
    else:
        assert model.model_.metadata["kernels"] == "48,24,12"
        assert model.model_.metadata["channels"] == "8"


def test_recipes_together(bumps, tmp_path):
    x, y = bumps
    parts = [heed.SequenceClassifier(recipe=one, **more).fit(x, y) for one, more in (("rocket", {"num_features": 84}), ("fcn", {"epochs": 3}))]
    model = heed.SequenceClassifier(recipe="rocket+fcn", epochs=3, num_features=84).fit(x, y)
    assert np.allclose(model.predict_proba(x), (parts[0].predict_proba(x) + parts[1].predict_proba(x)) / 2, atol=1e-5)
    model.save(tmp_path / "m.safetensors")
    assert np.array_equal(heed.load(tmp_path / "m.safetensors").predict_proba(x), model.predict_proba(x))
    for wrong in ("rocket+rocket", "rocket+weak", "rocket+"):
        with pytest.raises(heed.Error, match="recipe: expected each of fcn"):
            heed.SequenceClassifier(recipe=wrong).fit(x, y)


def test_auto_takes_the_best(bumps):
    x, y = bumps
    model = heed.SequenceClassifier(recipe="auto", time_limit=300, epochs=2, channels=4, num_features=84).fit(x, y)
    assert model.recipe_ is None or set(model.recipe_.split("+")) <= {"rocket", *heed._core.recipe_names()}
    scores = {name: one for name, one in model.recipes_.items() if not isinstance(one, str)}
    assert scores and scores[model.recipe_ or "default"] > max(scores.values()) - 0.06
    assert model.recipe == "auto" and model.predict(x).shape == y.shape


def test_auto_takes_the_mean_of_equals(bumps):
    from heed._auto import Candidate, _taken_of

    def candidates(*scores):
        return [Candidate(name, scores=one) for name, one in zip(("rocket", "fcn", None, "rocket+fcn", "rocket+fcn+wide"), scores)]

    better, noisy, worse = [0.9, 0.8, 0.7], [0.8, 0.8, 0.74], [0.8, 0.7, 0.66]
    for means, taken in (((better, better), 4), ((better, worse), 3), ((noisy, worse), 3), ((worse, worse), 0), ((worse, noisy), 4)):
        all_ = candidates(better, worse, worse, *means)
        assert _taken_of(all_, all_[0]) is all_[taken]
    x, y = bumps
    with pytest.raises(heed.Error, match="too few sequences for recipe='auto'.*recipe='strong', got 2"):
        heed.SequenceClassifier(recipe="auto").fit(x[:4], [0, 0, 1, 2])


def test_strong_has_a_checkpoint_for_each_network(bumps, tmp_path):
    x, y = bumps
    options = dict(recipe="strong", num_features=84, channels=4, schedule="constant")
    path = tmp_path / "run.ckpt"
    heed.SequenceClassifier(epochs=2, checkpoint=path, **options).fit(x, y)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["run-fcn.ckpt", "run-wide.ckpt"]
    rest = heed.SequenceClassifier(epochs=4, checkpoint=path, **options).fit(x, y)
    assert rest.to_bytes() == heed.SequenceClassifier(epochs=4, **options).fit(x, y).to_bytes()


def test_auto_of_numbers_and_of_little_time(bumps):
    x, _ = bumps
    y = x[:, :, 0].max(axis=1)
    model = heed.SequenceRegressor(recipe="auto", time_limit=0.5).fit(x, y)
    assert model.recipes_ and model.predict(x).shape == y.shape
    with pytest.raises(heed.Error, match="time_limit"):
        heed.SequenceRegressor(recipe="auto", time_limit=-1).fit(x, y)
    with pytest.raises(heed.Error, match="attention"):
        heed.SequenceRegressor(recipe="auto", attention="some").fit(x, y)


@pytest.mark.parametrize(
    "options, said",
    [
        ({"early_stopping": 3}, "early_stopping needs validation"),
        ({"min_delta": 0.1}, "min_delta needs early_stopping"),
        ({"warmup": 3}, "warmup needs schedule='cosine'"),
        ({"decay": 0.5}, "decay needs schedule='step'"),
        ({"checkpoint_every": 2}, "checkpoint_every needs checkpoint"),
    ],
)
def test_options_that_need_others(bumps, options, said):
    with pytest.raises(heed.Error, match=said):
        quick(**options).fit(*bumps)


def test_augmentation_schedules_and_the_rest(bumps):
    x, y = bumps
    model = quick(
        epochs=60,
        batch_size=16,
        schedule="one-cycle",
        weight_decay=0.01,
        clip_norm=1,
        label_smoothing=0.1,
        class_weight="balanced",
        ema_decay=0.9,
        jitter=0.1,
        scaling=0.1,
        time_warp=0.1,
        window_slice=0.1,
        mixup=0.2,
        dropout=0.1,
        flavor="keras",
    ).fit(x, y)
    assert model.score(x, y) > 0.5
    weighted = quick(class_weight={0: 2.0, 1: 1.0, 2: 1.0}).fit(x, y)
    assert weighted.to_bytes() != quick().fit(x, y).to_bytes()


def test_early_stopping_keeps_the_best(bumps):
    x, y = bumps
    model = heed.SequenceClassifier(hidden_size=8, epochs=2000, learning_rate=0.05, validation=0.3, early_stopping=3).fit(x, y)
    assert model.outcome_ == "early" and model.n_iter_ < 2000
    assert model.best_epoch_ == 1 + int(np.argmin(model.history_["validation_loss"]))


def test_validation_data_and_callbacks(bumps):
    x, y = bumps
    seen = []
    model = quick().fit(x, y, validation_data=(x[:9], y[:9]), callbacks=[seen.append])
    assert len(seen) == 30 and seen[0]["epoch"] == 1 and "test_loss" in model.history_
    stopped = quick().fit(x, y, callbacks=[lambda record: record["epoch"] < 4])
    assert stopped.n_iter_ == 4 and stopped.outcome_ == "stopped"
    with pytest.raises(ZeroDivisionError):
        quick().fit(x, y, callbacks=[lambda record: 1 / 0])


@pytest.mark.parametrize("how", ["linear", "previous", "mean", "zero", "mask"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_missing_values(bumps, how, dtype):
    x, y = bumps
    x = x.astype(dtype)
    gaps = x.copy()
    gaps[::3, 2:4] = np.nan
    before = gaps.copy()
    model = quick(missing=how).fit(gaps, y)
    assert np.array_equal(gaps, before, equal_nan=True)
    assert model.score(gaps, y) > 0.6
    with pytest.raises(heed.Error, match="NaN"):
        quick().fit(gaps, y)
    again = pickle.loads(pickle.dumps(model))
    assert np.array_equal(again.predict_proba(gaps), model.predict_proba(gaps))


def test_a_checkpoint_goes_on(bumps, tmp_path):
    x, y = bumps
    path = tmp_path / "run.checkpoint"
    whole = heed.SequenceClassifier(hidden_size=4, epochs=8).fit(x, y)
    heed.SequenceClassifier(hidden_size=4, epochs=3, checkpoint=path).fit(x, y)
    rest = heed.SequenceClassifier(hidden_size=4, epochs=8, checkpoint=path).fit(x, y)
    assert rest.to_bytes() == whole.to_bytes() and rest.n_iter_ == 8


def test_an_ensemble_has_a_checkpoint_for_each_seed(bumps, tmp_path):
    x, y = bumps
    options = dict(hidden_size=4, ensemble=2, random_state=3)
    heed.SequenceClassifier(epochs=3, checkpoint=tmp_path / "run.ckpt", **options).fit(x, y)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["run-3.ckpt", "run-4.ckpt"]
    rest = heed.SequenceClassifier(epochs=6, checkpoint=tmp_path / "run.ckpt", **options).fit(x, y)
    assert rest.to_bytes() == heed.SequenceClassifier(epochs=6, **options).fit(x, y).to_bytes()


def test_streams(bumps):
    x, y = bumps
    model = quick().fit(x, y)
    stream = heed.Stream(model)
    for step in x[0]:
        p = stream.step(step)
    assert stream.steps == 12
    assert np.allclose(p, model.predict_proba(x[:1])[0], atol=1e-5)
    stream.reset()
    assert stream.steps == 0 and stream.predict(x[0, 0]) in model.classes_
    with pytest.raises(heed.Error):
        quick(bidirectional=True).fit(x, y).stream()


def test_streams_keep_the_digits_of_doubles(bumps):
    x, y = bumps
    x = x.astype(np.float64) * 1e-3 + 1.7e9
    model = quick(standardize=True).fit(x, y)
    assert "shift" in model.model_.metadata
    stream = model.stream()
    for step in x[0]:
        p = stream.step(step)
    assert np.allclose(p, model.predict_proba(x[:1])[0], atol=1e-5)
    for wrong, said in (([1.0], "wrong number of features"), ([[1.0, 2.0]], "wrong rank"), (["a", "b"], "numbers"), ([np.nan, 1], "finite"), ([1j, 2], "Complex")):
        with pytest.raises(heed.Error, match=said):
            stream.step(wrong)
    for wrong in (np.ones(2, dtype="m8[s]"), np.ones((1, 2)), [[1], [2, 3]], None, object(), {"a": 1}):
        with pytest.raises(heed.Error, match="^step: "):
            stream.step(wrong)
    for step in (np.float32([1, 2]), [1, 2], np.array([1, 2], dtype=object), np.ones(4)[::2], (True, 2)):
        assert np.isfinite(stream.step(step)).all()
    for wrong in (3, None, model.model_):
        with pytest.raises(heed.Error, match="^estimator: expected one of heed's"):
            heed.Stream(wrong)
    for wrong in ("a", -1, 2.5, True, None):
        with pytest.raises(heed.Error, match="^max_steps: expected a whole number"):
            heed.Stream(model, wrong)


def test_explains(bumps):
    x, y = bumps
    model = quick().fit(x, y)
    explanations = model.explain(x[:5])
    assert [one.answer for one in explanations] == model.predict(x[:5]).tolist()
    assert all(abs(one.weights.sum() - 1) < 1e-5 and len(one.weights) == 12 for one in explanations)
    assert explanations[0].top(1)[0][1] == pytest.approx(explanations[0].weights.max())


def test_a_model_of_one_probability_has_two_classes(bumps, tmp_path):
    x, y = bumps
    numbers = heed.SequenceRegressor(hidden_size=8, epochs=100, learning_rate=0.03).fit(x, np.where(y == 1, 4.0, -4.0))
    path = tmp_path / "flag.safetensors"
    path.write_bytes(with_metadata(numbers.model_, {"output_kind": "flags"}).bytes())
    model = heed.load(path)
    p = 1 / (1 + np.exp(-numbers.predict(x)))
    assert model.classes_.tolist() == [0, 1] and np.allclose(model.predict_proba(x), np.stack([1 - p, p], axis=1), atol=1e-5)
    assert 0 < model.predict(x).sum() < 60 and model.score(x, y == 1) > 0.9
    for one, row, answer in zip(model.explain(x), model.predict_proba(x), model.predict(x)):
        assert one.answer == answer and one.probability == row[answer] >= 0.5
    stream = model.stream()
    for step in x[0]:
        answer = stream.predict(step)
    assert answer == model.predict(x[:1])[0]


class TestRegressor:
    def test_answers_in_units(self, bumps):
        x, _ = bumps
        y = 1000 + 50 * x[:, :, 0].sum(axis=1)
        model = heed.SequenceRegressor(hidden_size=8, epochs=150, learning_rate=0.03).fit(x, y)
        assert model.predict(x).shape == (60,)
        assert model.score(x, y) > 0.8
        assert model.model_.metadata["task"] == "regression"

    def test_several_targets(self, bumps):
        x, _ = bumps
        y = np.stack([x[:, :, 0].sum(axis=1), x[:, :, 1].sum(axis=1)], axis=1)
        model = heed.SequenceRegressor(hidden_size=8, epochs=5, ensemble=2).fit(x, y)
        assert model.predict(x).shape == (60, 2)
        again = pickle.loads(pickle.dumps(model))
        assert np.array_equal(again.predict(x), model.predict(x))

    def test_a_file_keeps_the_rank_of_answers(self, bumps, tmp_path):
        x, y = bumps
        for targets in (y, y[:, None]):
            for recipe in (None, "rocket"):
                model = heed.SequenceRegressor(recipe=recipe, **({} if recipe else {"epochs": 1})).fit(x, targets * 1.5)
                model.save(tmp_path / "m.safetensors")
                again = heed.load(tmp_path / "m.safetensors")
                assert again.predict(x).shape == model.predict(x).shape == targets.shape
                assert np.array_equal(again.predict(x), model.predict(x)) and again.to_bytes() == model.to_bytes()

    def test_rocket(self, bumps, tmp_path):
        x, _ = bumps
        y = x[:, :, 0].max(axis=1)
        model = heed.SequenceRegressor(recipe="rocket").fit(x, y)
        assert model.score(x, y) > 0.5
        model.save(tmp_path / "r.safetensors")
        again = heed.load(tmp_path / "r.safetensors")
        assert isinstance(again, heed.SequenceRegressor)
        assert np.array_equal(again.predict(x), model.predict(x))
