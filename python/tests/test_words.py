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


def test_what_has_no_order_is_no_text(sentences):
    x, y = sentences
    model = heed.TextClassifier(hidden_size=4, epochs=1).fit(x, y)
    column = np.array(x)[:, None]
    for same in (column, tuple(x), iter(x)):
        assert np.array_equal(model.predict_proba(same), model.predict_proba(x))
    assert np.array_equal(model.predict_proba(np.array([one.split() for one in x[:1]])), model.predict_proba(x[:1]))
    wrong = [dict.fromkeys(x), set(x), None, 3, np.array("a"), b"a", [b"a good film"], [{"a": 1}], [{"a", "b"}], [[["a"]]]]
    try:
        import pandas

        wrong.append(pandas.DataFrame({"text": x, "more": x}))
        assert np.array_equal(model.predict_proba(pandas.Series(x)), model.predict_proba(x))
    except ImportError:
        pass
    for one in wrong:
        with pytest.raises(heed.Error, match="^X: expected a"):
            model.predict(one)
        with pytest.raises(heed.Error, match="^X: expected a"):
            heed.Tagger(epochs=1).fit(one, y)


def test_tags_that_do_not_fit():
    words, tags = [["a", "b"], ["b"]], [["X", "Y"], ["Y"]]
    small = heed.Tagger(hidden_size=4, features=("lower:4",), min_count=1, epochs=1)
    with pytest.raises(heed.Error, match="all tags are the same; a tagger needs two or more"):
        small.fit(words, [["X", "X"], ["X"]])
    with pytest.raises(heed.Error, match="a tag that the training data do not have: 'Z'"):
        small.fit(words, tags, validation_data=(words, [["X", "Z"], ["Y"]]))
    small.fit(words, tags, validation_data=(words, tags))
    for wrong in ({0: "X", 1: "Y"}, {"X", "Y"}, 3, None):
        with pytest.raises(heed.Error, match="expected a list of tags for each sentence"):
            small.score(words, wrong)
    for wrong in ([["X", "Y"], 3], [{"X", "Y"}, ["Y"]], ["XY", ["Y"]]):
        with pytest.raises(heed.Error, match="one tag a word is needed"):
            small.score(words, wrong)
    with pytest.raises(heed.Error, match="one tag a word"):
        heed.Tagger().fit([["a", "b"]], [["X"]])
    with pytest.raises(heed.Error, match="not a feature of words"):
        heed.Tagger(features=("lower",)).fit([["a"], ["b"]], [["X"], ["Y"]])
