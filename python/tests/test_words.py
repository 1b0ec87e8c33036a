import pickle

import heed
import numpy as np
import pytest


def test_sentences(sentences, tmp_path):
    x, y = sentences
    model = heed.TextClassifier(hidden_size=8, embedding_size=8, epochs=40).fit(x, y)
    assert model.score(x, y) == 1
    assert model.classes_.tolist() == ["bad", "good"]
    assert model.predict(["a good unknown"]).tolist() == ["good"]
    split = [one.split() for one in x]
    assert np.array_equal(model.predict_proba(split), model.predict_proba(x))
    model.save(tmp_path / "t.safetensors")
    again = heed.load(tmp_path / "t.safetensors")
    assert isinstance(again, heed.TextClassifier) and again.embedding_size == 8
    assert again.to_bytes() == model.to_bytes()
    assert np.array_equal(pickle.loads(pickle.dumps(model)).predict_proba(x), model.predict_proba(x))


def test_capitals(sentences):
    x, y = sentences
    shouted = [one.upper() for one in x]
    model = heed.TextClassifier(hidden_size=4, epochs=2, lower=True).fit(x, y)
    assert np.array_equal(model.predict_proba(x), model.predict_proba(shouted))
    assert np.array_equal(model.predict_proba(x), model.predict_proba([one.split() for one in shouted]))


def test_explains_words(sentences):
    x, y = sentences
    model = heed.TextClassifier(hidden_size=8, embedding_size=8, epochs=40).fit(x, y)
    one = model.explain(["a good film"])[0]
    assert one.words == ["a", "good", "film"] and one.answer == "good" and len(one.weights) == 3
    assert model.attention_weights(x).shape == (8, 4)


def test_streams_words(sentences):
    x, y = sentences
    model = heed.TextClassifier(hidden_size=8, epochs=5).fit(x, y)
    stream = model.stream()
    for word in x[0].split():
        p = stream.step(word)
    assert np.allclose(p, model.predict_proba(x[:1])[0], atol=1e-5)


@pytest.mark.parametrize("x, said", [(["good", ""], "without words"), ("good", "one text"), ([], "0 sample"), ([3], "a text")])
def test_refuses_what_is_no_sentence(sentences, x, said):
    model = heed.TextClassifier(hidden_size=4, epochs=1).fit(*sentences)
    with pytest.raises(heed.Error, match=said):
        model.predict(x)


TAGGED = [
    (["Bob", "sees", "Ann"], ["N", "V", "N"]),
    (["Ann", "calls"], ["N", "V"]),
    (["Bob", "calls", "Bob", "now"], ["N", "V", "N", "A"]),
    (["now", "Ann", "sees"], ["A", "N", "V"]),
]


@pytest.mark.parametrize("attention", ["pool", "multihead", "none"])
def test_tags(attention, tmp_path):
    x, y = [list(one) for one in zip(*TAGGED)]
    model = heed.Tagger(
        hidden_size=8, attention=attention, features=("lower:8", "suffix2:4", "shape:4"), min_count=1, dropout=0, epochs=60, learning_rate=0.03
    ).fit(x, y)
    assert model.score(x, y) == 1
    assert model.predict([["Bob", "calls"]]) == [["N", "V"]]
    assert model.classes_.tolist() == ["A", "N", "V"]
    model.save(tmp_path / "tagger.safetensors")
    again = heed.load(tmp_path / "tagger.safetensors")
    assert isinstance(again, heed.Tagger) and again.predict(x) == model.predict(x)
    assert again.to_bytes() == model.to_bytes()


def test_tags_that_do_not_fit():
    with pytest.raises(heed.Error, match="one tag a word"):
        heed.Tagger().fit([["a", "b"]], [["X"]])
    with pytest.raises(heed.Error, match="not a feature of words"):
        heed.Tagger(features=("lower",)).fit([["a"], ["b"]], [["X"], ["Y"]])
