"""Labels of all types, and what a file says of them."""

import pickle

import heed
import numpy as np
import pytest


def quick(**options):
    return heed.SequenceClassifier(hidden_size=4, epochs=5, **options)


KINDS = [[True, False, True], ["1", "2", "3"], ["a", "1", "True"], [1, 2, 3], [2**63, 2**63 + 1, 0]]
KINDS += [[1.0, 2.0, 3.0], [1e300, -1e300, 0.0]]


@pytest.mark.parametrize("labels", KINDS)
@pytest.mark.parametrize("options", [{}, {"recipe": "rocket", "num_features": 84}, {"ensemble": 2}])
def test_a_file_keeps_the_type_of_labels(bumps, tmp_path, labels, options):
    x, y = bumps
    y = np.array(labels)[y]
    network = {} if "recipe" in options else {"hidden_size": 4, "epochs": 30, "learning_rate": 0.03}
    model = heed.SequenceClassifier(**network, **options)
    score = model.fit(x, y).score(x, y)
    model.save(tmp_path / "m.safetensors")
    again = heed.load(tmp_path / "m.safetensors")
    again.save(tmp_path / "n.safetensors")
    for one in (again, pickle.loads(pickle.dumps(model)), heed.load(tmp_path / "n.safetensors")):
        assert one.classes_.tolist() == model.classes_.tolist()
        assert one.classes_.dtype.kind == model.classes_.dtype.kind
        assert one.score(x, y) == score > 0.4
    assert again.to_bytes() == model.to_bytes()


def test_going_on_keeps_the_type_of_labels(bumps, tmp_path):
    x, y = bumps
    path = tmp_path / "m.safetensors"
    for labels in (y > 0, np.array(["1", "2", "3"])[y], y.astype(float)):
        quick().fit(x, labels).save(path)
        model = heed.SequenceClassifier(init=path, epochs=1).fit(x, labels)
        assert model.classes_.dtype.kind == labels.dtype.kind and model.score(x, labels) > 0.3
        model.save(path)
        assert heed.load(path).score(x, labels) == model.score(x, labels)


@pytest.mark.parametrize("recipe", ["auto", "rocket+fcn"])
def test_recipes_keep_the_type_of_labels(bumps, recipe):
    x, y = bumps[0], bumps[1] > 0
    options = {"time_limit": 2} if recipe == "auto" else {}
    model = heed.SequenceClassifier(recipe=recipe, epochs=2, **options).fit(x, y)
    assert model.model_.metadata["label_type"] == "bool" and model.score(x, y) > 0.5


def test_labels_of_another_type_are_no_wrong_answers(bumps, sentences):
    x, y = bumps
    model = quick().fit(x, y)
    for wrong, said in ((y.astype(str), "expected int, got str: '0'"), (y + 0.5, "expected int, got float")):
        with pytest.raises(heed.Error, match=said):
            model.score(x, wrong)
    assert model.score(x, y + 3) == 0 and model.score(x, y * 1.0) == model.score(x, y)
    for wrong in (np.array([b"a", b"b", b"c"])[y], np.array([b"a", "b", "c"], dtype=object)[y]):
        with pytest.raises(heed.Error, match="bytes"):
            quick().fit(x, wrong)
    for wrong in (np.array([True, 5, 7], dtype=object)[y], np.array(["2026-01-01", "2026-01-02"], dtype="M8[D]")[y % 2]):
        with pytest.raises(heed.Error, match="Unknown label type"):
            quick().fit(x, wrong)
    texts, names = sentences
    words = heed.TextClassifier(hidden_size=4, epochs=1).fit(texts, [name == "good" for name in names])
    assert heed.TextClassifier._of_model(words.model_).classes_.tolist() == [False, True]
    with pytest.raises(heed.Error, match="expected bool, got str"):
        words.score(texts, names)


def test_tags_are_texts(tmp_path):
    tagger = heed.Tagger(hidden_size=4, features=("lower:4",), min_count=1, epochs=1).fit([["a", "b"], ["b"]], [[1, 2], [2]])
    tagger.save(tmp_path / "t.safetensors")
    assert heed.load(tmp_path / "t.safetensors").predict([["a"]]) == tagger.predict([["a"]])
    with pytest.raises(heed.Error, match="tags are bytes"):
        tagger.fit([["a", "b"], ["b"]], [[b"X", b"Y"], [b"Y"]])
