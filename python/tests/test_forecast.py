import pickle

import heed
import numpy as np
import pytest


def wave(steps=200):
    return np.sin(np.arange(steps) / 4)


def test_learns_a_wave(tmp_path):
    series = 1000 + 10 * wave()
    model = heed.Forecaster(window=12, horizon=3, hidden_size=8, epochs=150, learning_rate=0.03).fit(series[:160])
    assert model.score(series) > 0.9
    ahead = model.predict(series[:160])
    assert ahead.shape == (3,) and np.abs(ahead - series[160:163]).max() < 4
    model.save(tmp_path / "f.safetensors")
    for again in (heed.load(tmp_path / "f.safetensors"), pickle.loads(pickle.dumps(model))):
        assert isinstance(again, heed.Forecaster) and again.window == 12 and again.horizon == 3
        assert np.array_equal(again.predict(series[:160]).reshape(-1), ahead)


def test_several_series_and_features():
    x = [np.stack([wave(50 + i), wave(50 + i) ** 2, np.ones(50 + i)], axis=1) for i in range(3)]
    model = heed.Forecaster(window=6, horizon=2, targets=(1, 0), epochs=2).fit(x)
    assert model.predict(x).shape == (3, 2, 2) and model.predict(x[0]).shape == (2, 2)
    assert np.allclose(model.predict(x)[0], model.predict(x[0]), atol=1e-5)
    assert model.attention_weights(x).shape == (3, 6)
    assert [one.weights.shape for one in model.explain(x)] == [(6,)] * 3
    rocket = heed.Forecaster(window=12, horizon=2, recipe="rocket", num_features=84).fit(x)
    assert rocket.predict(x).shape == (3, 2, 3)


def test_short_series_are_left_out():
    series = [wave(60), wave(50) * 2]
    model = heed.Forecaster(window=6, epochs=2).fit(series)
    with pytest.warns(UserWarning, match="1 of 3 series are too short, and left out"):
        other = heed.Forecaster(window=6, epochs=2).fit([*series, wave(3)])
    assert other.to_bytes() == model.to_bytes()
    with pytest.raises(heed.Error, match="all series are too short .* got at most 4"):
        heed.Forecaster(window=6, epochs=1).fit([wave(3), wave(4)])


def test_the_end_is_tested_on():
    model = heed.Forecaster(window=6, epochs=200, validation=0.3, early_stopping=3, learning_rate=0.03).fit(wave())
    assert len(model.history_["test_loss"]) == model.n_iter_ < 200


@pytest.mark.parametrize("recipe", [None, "rocket", "fcn"])
def test_follows_a_trend(recipe, tmp_path):
    series = np.stack([1e5 + np.arange(300) * 0.5 + 2 * wave(300), wave(300)], axis=1)
    options = dict(window=26, horizon=2, targets=0, recipe=recipe, epochs=None if recipe else 60, batch_size=None if recipe else 32)
    model = heed.Forecaster(**options).fit(series[:220])
    assert "last_value" in model.model_.metadata and not model.absolute
    ahead = model.predict([series[:t] for t in range(250, 290)])[:, :, 0]
    actual = np.stack([series[t : t + 2, 0] for t in range(250, 290)])
    last = np.stack([series[t - 1 : t, 0] for t in range(250, 290)])
    assert np.abs(ahead - actual).mean() < 0.5 * np.abs(last - actual).mean()
    model.save(tmp_path / "f.safetensors")
    again = heed.load(tmp_path / "f.safetensors")
    assert not again.absolute and np.array_equal(again.predict(series), model.predict(series))
    absolute = heed.Forecaster(**options, absolute=True).fit(series[:220])
    assert "last_value" not in absolute.model_.metadata
    assert heed.Forecaster(window=1, epochs=1).fit(series).model_.metadata.get("last_value") is None


def test_a_model_of_changes_starts_only_such(tmp_path):
    path = tmp_path / "f.safetensors"
    heed.Forecaster(window=6, epochs=1).fit(wave()).save(path)
    others = [heed.SequenceRegressor(init=path, epochs=1, new_head=new_head) for new_head in (False, True)]
    for one in [*others, heed.SequenceClassifier(init=path, new_head=True, epochs=1)]:
        with pytest.raises(heed.Error, match="init forecasts changes from the last value"):
            one.fit(np.stack([wave(6)] * 4), [1, 2, 1, 2])
    with pytest.raises(heed.Error, match="absolute: init forecasts changes"):
        heed.Forecaster(init=path, absolute=True, epochs=1).fit(wave())
    with pytest.raises(heed.Error, match="absolute: expected True or False"):
        heed.Forecaster(window=6, absolute="no", epochs=1).fit(wave())
    two = tmp_path / "two.safetensors"
    series = np.stack([wave(), wave() + 1e6], axis=1)
    heed.Forecaster(window=6, targets=0, epochs=1).fit(series).save(two)
    with pytest.raises(heed.Error, match="init sees changes of other features"):
        heed.Forecaster(init=two, new_head=True, targets=1, epochs=1).fit(series)
    more = heed.Forecaster(init=path, new_head=True, horizon=3, epochs=1).fit(wave())
    assert more.model_.metadata["last_value"] == "0 0 0"


@pytest.mark.parametrize("how", ["linear", "previous", "mean", "zero", "mask"])
def test_missing_values(how):
    series = np.stack([wave(), wave() + 5], axis=1)
    series[50:53] = np.nan
    series[90, 1] = np.nan
    with pytest.raises(heed.Error, match="NaN"):
        heed.Forecaster(window=6, epochs=1).fit(series)
    model = heed.Forecaster(window=6, epochs=2, missing=how).fit(series)
    series[-2:] = np.nan
    assert np.isfinite(model.predict(series)).all()
    assert model.score(series[:150]) <= 1


def test_goes_on(tmp_path):
    path = tmp_path / "f.safetensors"
    heed.Forecaster(window=6, horizon=2, epochs=2).fit(wave()).save(path)
    model = heed.Forecaster(init=path, horizon=2, epochs=1).fit(wave())
    assert model.predict(wave()).shape == (2,) and model.model_.metadata["window"] == "6"


@pytest.mark.parametrize("recipe", ["rocket+fcn", "strong"])
def test_models_of_a_mixed_recipe_forecast_changes(tmp_path, recipe):
    x = 0.1 * np.arange(240) + wave(240)
    model = heed.Forecaster(window=12, horizon=2, recipe=recipe, epochs=30, num_features=84).fit(x[:180])
    assert model.score(x[180:]) > 0.9, "out of the range of training"
    assert model.model_.metadata["window"] == "12"
    model.save(tmp_path / "f.safetensors")
    again = heed.load(tmp_path / "f.safetensors")
    assert isinstance(again, heed.Forecaster) and np.array_equal(again.predict(x), model.predict(x))


def test_auto_finds_what_is_better_than_the_last_value():
    x = 0.1 * np.arange(240) + wave(240)
    params = {"window": 12, "horizon": 2, "recipe": "auto", "epochs": 5, "channels": 8, "num_features": 84}
    model = heed.Forecaster(**params, time_limit=300).fit(x[:180])
    assert {"rocket", "fcn", "default"} < set(model.recipes_) and model.recipe_ in model.recipes_
    assert model.recipes_[model.recipe_] == max(one for one in model.recipes_.values() if isinstance(one, float))
    assert model.recipes_[model.recipe_] > 0.5 and model.score(x[180:]) > 0.9
    # several series with gaps, two targets
    y = [np.stack([x[:100], np.roll(x, 7)[:100]], axis=1), np.stack([x[100:], x[100:] ** 2], axis=1)]
    y[0][50] = np.nan
    model = heed.Forecaster(**{**params, "epochs": 1}, missing="linear").fit(y)
    assert model.predict(y).shape == (2, 2, 2)


@pytest.mark.parametrize(
    "options, x, said",
    [
        ({}, wave(), "window: expected"),
        ({"window": 6, "horizon": 0}, wave(), "horizon: expected"),
        ({"window": 6}, wave(5), "too short"),
        ({"window": 6, "targets": 1}, wave(), "targets: no such feature"),
        ({"window": 6, "targets": (0, 0)}, wave(), "each once"),
        ({"window": 6, "recipe": "auto"}, wave(9), "too few windows for folds in the order of time"),
        ({"window": 6}, [wave(50), np.ones((50, 2))], "expected a series"),
        ({"window": 6}, np.array(["a"] * 50), "numbers are needed"),
        ({"window": 6, "validation": 0.01}, wave(), "too short"),
        ({"window": 6}, [[[1, 2], [3]], [[4, 5]]], "^X: no array"),
    ],
)
def test_refuses(options, x, said):
    if "validation" in options:  # two steps are held out, and the window before them is there
        options = {**options, "horizon": 5}
    with pytest.raises(heed.Error, match=said):
        heed.Forecaster(epochs=1, **options).fit(x)


def test_tables_have_names():
    pandas = pytest.importorskip("pandas")
    table = pandas.DataFrame({"wave": wave(), "trend": np.arange(200.0)})
    model = heed.Forecaster(window=6, targets="trend", epochs=1).fit(table)
    assert model.feature_names_in_.tolist() == ["wave", "trend"] and model.model_.metadata["feature_columns"] == "wave,trend"
    assert model.predict(table).shape == (1, 1)


def test_columns_of_tables_stand_as_in_fit(tmp_path):
    pandas = pytest.importorskip("pandas")
    table = pandas.DataFrame({"wave": wave(), "trend": np.arange(200.0)})
    turned = table[["trend", "wave"]]
    model = heed.Forecaster(window=6, epochs=1).fit([table, table[20:]])
    assert model.feature_names_in_.tolist() == ["wave", "trend"]
    model.save(tmp_path / "f.safetensors")
    for one in (model, heed.load(tmp_path / "f.safetensors")):
        for call in (one.predict, one.score, one.explain, one.attention_weights):
            for x in (turned, [table, turned]):
                with pytest.raises(heed.Error, match="same order as they were in fit"):
                    call(x)
        with pytest.raises(heed.Error, match="unseen at fit time:\n- height"):
            one.predict(table.rename(columns={"trend": "height"}))
        with pytest.warns(UserWarning, match="does not have valid feature names"):
            assert np.array_equal(one.predict(table.to_numpy()), one.predict(table))
    with pytest.raises(heed.Error, match="same order"):
        heed.Forecaster(window=6, epochs=1).fit([table, turned])
    with pytest.raises(heed.Error, match="string names"):
        model.predict(table.rename(columns={"trend": 3}))


def test_answers_have_the_rank_of_the_series(tmp_path):
    flat, column = wave(), wave()[:, None]
    for x in (flat, column):
        model = heed.Forecaster(window=6, horizon=2, epochs=1).fit(x)
        model.save(tmp_path / "f.safetensors")
        for one in (model, heed.load(tmp_path / "f.safetensors"), pickle.loads(pickle.dumps(model))):
            assert one.predict(flat).shape == (2,) and one.predict([flat, flat]).shape == (2, 2)
            assert one.predict(column).shape == (2, 1) and one.predict([column]).shape == (1, 2, 1)
            assert one.explain(flat)[0].answer.shape == (2,) and one.explain(column)[0].answer.shape == (2, 1)
            with pytest.raises(heed.Error, match="a stream cannot subtract the last value"):
                heed.Stream(one)
            stream = heed.Stream(heed.Forecaster(window=6, horizon=2, epochs=1, absolute=True).fit(x))
            assert stream.predict(0.5).shape == stream.predict([0.5]).shape == (2,)


@pytest.mark.parametrize(
    "options, said",
    [
        ({"validation": -0.1}, "validation: expected a number of at least 0 and less than 1, got -0.1"),
        ({"validation": 1}, "validation: expected"),
        ({"validation": True}, "validation: expected"),
        ({"validation": "a"}, "validation: expected"),
        ({"validation": float("nan")}, "validation: expected"),
        ({"window": True}, "window: expected"),
        ({"horizon": True}, "horizon: expected"),
        ({"targets": 1.5}, "targets: no such feature"),
    ],
)
def test_refuses_numbers_that_are_none(options, said):
    with pytest.raises(heed.Error, match=said):
        heed.Forecaster(**{"window": 6, "epochs": 1, **options}).fit(wave())
    for share in (0, None, np.float32(0.25)):
        heed.Forecaster(window=6, epochs=1, validation=share).fit(wave())
