import pickle

import heed
import numpy as np
import pytest

sklearn = pytest.importorskip("sklearn")

from sklearn.base import clone, is_classifier, is_regressor  # noqa: E402
from sklearn.exceptions import NotFittedError  # noqa: E402
from sklearn.model_selection import GridSearchCV, cross_val_score  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402
from sklearn.preprocessing import FunctionTransformer, StandardScaler  # noqa: E402
from sklearn.utils.estimator_checks import parametrize_with_checks  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore:.*does not inherit from `sklearn.base.BaseEstimator`")


@parametrize_with_checks(
    [
        heed.SequenceClassifier(hidden_size=16, epochs=60, learning_rate=0.02),
        heed.SequenceRegressor(hidden_size=8, epochs=100, learning_rate=0.05),
    ]
)
def test_scikit_learns_checks(estimator, check):
    check(estimator)


def quick(**options):
    return heed.SequenceClassifier(hidden_size=4, epochs=10, **options)


def test_clones():
    model = quick(kernels=(5, 3), class_weight="balanced")
    again = clone(model)
    assert again.get_params() == model.get_params() and again is not model
    assert is_classifier(model) and is_regressor(heed.SequenceRegressor())
    assert repr(model) == "SequenceClassifier(class_weight='balanced', epochs=10, hidden_size=4, kernels=(5, 3))"


def test_set_params():
    model = quick().set_params(epochs=3, attention="max")
    assert model.epochs == 3 and model.attention == "max"
    with pytest.raises(heed.Error, match="Invalid parameter 'epoch'"):
        model.set_params(epoch=3)


def test_one_sequence_gets_the_answer_that_it_gets_among_others(bumps):
    x, y = bumps
    for recipe in (None, "rocket"):
        model = heed.SequenceClassifier(recipe=recipe).fit(x, y)
        all_at_once = model.predict_proba(x)
        for count in (1, 2, 17, 33):
            assert np.array_equal(model.predict_proba(x[:count]), all_at_once[:count])
        ragged = [one[: 9 + i % 4] for i, one in enumerate(x)]
        assert np.array_equal(model.predict_proba(ragged[3:4] + ragged[:3]), model.predict_proba(ragged)[[3, 0, 1, 2]])


def test_not_fitted(bumps):
    for call in (quick().predict, quick().predict_proba, quick().attention_weights):
        with pytest.raises(NotFittedError):
            call(bumps[0])
    with pytest.raises(heed.Error):
        quick().save("nowhere.safetensors")


def test_pipeline_search_and_folds(bumps):
    x, y = bumps
    pipeline = make_pipeline(FunctionTransformer(lambda a: a * 2), quick())
    assert pipeline.fit(x, y).score(x, y) > 0.4
    flat = make_pipeline(StandardScaler(), quick())
    assert flat.fit(x[:, :, 0], y).predict(x[:, :, 0]).shape == y.shape
    search = GridSearchCV(quick(), {"attention": ["pool", "max"], "epochs": [2, 4]}, cv=2, n_jobs=2).fit(x, y)
    assert set(search.best_params_) == {"attention", "epochs"}
    assert len(cross_val_score(quick(), x, y, cv=3)) == 3
    ragged = [one[: 9 + i % 4] for i, one in enumerate(x)]
    assert len(cross_val_score(quick(), ragged, y, cv=2)) == 2
    assert len(cross_val_score(heed.SequenceRegressor(hidden_size=4, epochs=2), x, x[:, 0, 0], cv=2)) == 2


def test_texts_in_folds(sentences):
    x, y = sentences
    scores = cross_val_score(heed.TextClassifier(hidden_size=4, epochs=2), x, y, cv=2)
    assert len(scores) == 2
    tagger = heed.Tagger(hidden_size=4, features=("lower:4",), min_count=1, epochs=2)
    words, tags = [["a", "b"], ["b"], ["a"], ["b", "a"]], [["X", "Y"], ["Y"], ["X"], ["Y", "X"]]
    assert len(cross_val_score(tagger, words, tags, cv=2)) == 2 and clone(tagger).get_params() == tagger.get_params()


def test_joblib(bumps, tmp_path):
    joblib = pytest.importorskip("joblib")
    x, y = bumps
    model = quick().fit(x, y)
    joblib.dump(model, tmp_path / "m.joblib")
    assert np.array_equal(joblib.load(tmp_path / "m.joblib").predict_proba(x), model.predict_proba(x))
    alike = joblib.Parallel(n_jobs=2)(joblib.delayed(quick(random_state=i).fit)(x, y) for i in range(2))
    assert alike[0].to_bytes() == quick(random_state=0).fit(x, y).to_bytes()
    assert pickle.loads(pickle.dumps(alike[1])).to_bytes() == alike[1].to_bytes()
