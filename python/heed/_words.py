"""Classes of sentences, and a tag for each word."""

import numpy as np

from . import _core, _explain, _labels
from ._base import Estimator, learns, share_of_right, test_data, text_of, weights_of
from ._errors import Error
from ._start import start_of


def _is_list(x):
    """Whether x has an order: a table, a dictionary or a set has none of sentences, words or tags."""
    if isinstance(x, (str, bytes, dict, set, frozenset)) or hasattr(x, "columns"):
        return False
    return hasattr(x, "__len__") and getattr(x, "shape", None) != ()


def _is_words(sentence):
    return _is_list(sentence) and all(isinstance(word, str) for word in sentence)


def to_sentences(X, lower=False):
    """A text each, which blanks cut into words, or a list of words each."""
    if isinstance(X, str):
        raise Error("X: expected texts, one a sentence, got one text: put it in a list")
    if isinstance(X, np.ndarray) and X.ndim == 2 and X.shape[1] == 1:
        X = X[:, 0]
    if not _is_list(X) and not hasattr(X, "__next__"):
        raise Error(f"X: expected a list of texts, or of lists of words, got {'None' if X is None else type(X).__name__}")
    X = list(X)
    if not X:
        raise Error("X: 0 sample(s): a sentence is needed at least")
    if all(isinstance(one, str) for one in X):
        return _core.split_sentences([str(one) for one in X], lower)
    if not all(_is_words(one) for one in X):
        raise Error("X: expected a text, or a list of words, for each sentence")
    words = [[str(word) for word in one] for one in X]
    return [[_lower(word) for word in one] for one in words] if lower else words


_CAPITALS = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}


def _lower(word):
    return word.translate(_CAPITALS)


def _require_words(sentences):
    for i, words in enumerate(sentences):
        if not words:
            raise Error(f"X: a sentence without words (sentence {i}, counted from 0)")
    return sentences


class TextClassifier(Estimator):
    """The attention-based classifier of sentences: embedding > LSTM, GRU or RNN > attention > Dense.

    X is a list of texts, which blanks cut into words, or of lists of words. The words that occur min_count times (1) are
    the vocabulary, and stand in the model's file; lower makes A to Z small. embedding_size (32) are the numbers of a
    word. With init its words are the vocabulary. The other options are those of `SequenceClassifier`.
    """

    _estimator_type = "classifier"
    _reads_text = True
    _model_options = {
        "embedding_size": "embedding",
        "hidden_size": "hidden",
        "dense_size": "dense",
        "attention": "attention",
        "num_heads": "heads",
        "pooling": "pooling",
        "cell": "cell",
        "num_layers": "layers",
        "bidirectional": "bidirectional",
        "dropout": "dropout",
        "last_state": "last_state",
        "kernels": "kernels",
        "channels": "channels",
        "causal": "causal",
        "residual": "residual",
        "norm": "norm",
    }

    def __init__(
        self,
        hidden_size=None,
        attention=None,
        cell=None,
        *,
        embedding_size=None,
        lower=False,
        min_count=1,
        dense_size=None,
        num_heads=None,
        pooling=None,
        num_layers=None,
        bidirectional=None,
        dropout=None,
        last_state=None,
        kernels=None,
        channels=None,
        causal=None,
        residual=None,
        norm=None,
        epochs=None,
        batch_size=None,
        learning_rate=None,
        weight_decay=None,
        schedule=None,
        warmup=None,
        decay=None,
        decay_every=None,
        clip_norm=None,
        clip_value=None,
        accumulate=None,
        label_smoothing=None,
        class_weight=None,
        ema_decay=None,
        validation=None,
        early_stopping=None,
        min_delta=None,
        ensemble=1,
        flavor="pytorch",
        init=None,
        new_head=False,
        frozen=None,
        checkpoint=None,
        checkpoint_every=None,
        random_state=0,
        n_jobs=None,
        verbose=0,
        on_interrupt="keep",
    ):
        self._store(locals())

    @learns
    def fit(self, X, y, *, validation_data=None, callbacks=None):
        """Learns from sentences and a class each. Returns the estimator."""
        if y is None:
            raise Error("This TextClassifier estimator requires y to be passed, but the target y is None.")
        self._check_options(validation_data is not None)
        start = start_of(self)
        self._lowers = self._lowers_with(start)
        sentences = self._sentences(X)
        y = _labels.column(y, "y")
        if len(y) != len(sentences):
            raise Error(f"y: one label a sentence is needed (expected {len(sentences)}, got {len(y)})")
        self.classes_, codes = _labels.classes_of(y) if start is None or start.new_head else start.encode(y)
        if len(self.classes_) < 2:
            raise Error("y: all labels are of one class; a classifier needs two classes or more")
        test = None
        if validation_data is not None:
            test_x, test_y = test_data(validation_data)
            test = (self._sentences(test_x), None, _labels.encode(_labels.column(test_y, "y"), self.classes_))
        settings = self._settings()
        settings.more["lower"] = text_of(self._lowers)
        of_file = None if start is None else start.of_file
        self._class_weights(settings, self.classes_)
        labels = _labels.names_of(self.classes_)

        def train(epoch):
            return _core.fit_text(
                sentences, codes, settings.model, settings.fit, settings.more, labels, test, of_file, epoch
            )

        return self._run(train, settings, callbacks)

    def _lowers_with(self, start):
        if start is None:
            return bool(self.lower)
        lowers = start.model.metadata.get("lower") == "true"
        if self.lower and not lowers:
            raise Error("lower contradicts init, which knows words as they are")
        if self.min_count != 1:
            raise Error("min_count has no meaning with init, which has its words")
        return lowers

    def _restore(self, model):
        super()._restore(model)
        self._lowers = self.lower

    def _sentences(self, X):
        return _require_words(to_sentences(X, self._lowers))

    def _word(self, word):
        return _lower(word) if self._lowers else word

    def predict_proba(self, X):
        """(n, classes): the probability of each class, in the order of `classes_`."""
        model = self._fitted()
        return self._both(model.predict_words(self._sentences(X)))

    def predict(self, X):
        """(n,): the most probable class of each."""
        return self._answers(self.predict_proba(X))

    def score(self, X, y, sample_weight=None):
        """The share of right answers."""
        return share_of_right(self.predict(X), y, self.classes_, sample_weight)

    def attention_weights(self, X):
        """How much each word counted: (n, words of the longest), or (n, heads, words, words), a row a query."""
        model = self._fitted()
        sentences = self._sentences(X)
        return _explain.by_heads(model.attention_weights_of_words(sentences), max(len(one) for one in sentences))

    def explain(self, X):
        """A `heed.Explanation` for each sentence: the answer, and how much of the attention each word got."""
        self._fitted()
        sentences = self._sentences(X)
        weights, outputs = self.attention_weights(sentences), self.predict_proba(sentences)
        return [
            _explain.Explanation(answer, float(p.max()), _explain.of_steps(w, len(words)), list(words))
            for answer, p, w, words in zip(self._answers(outputs), outputs, weights, sentences)
        ]

    def stream(self, max_steps=0):
        """A `heed.Stream`, for sentences that come word by word."""
        from ._stream import Stream

        return Stream(self, max_steps)


class Tagger(Estimator):
    """A tag for each word of a sentence: embeddings of what is seen of a word > bidirectional LSTM > attention > Dense.

    X is a list of lists of words, y a list of as many lists of tags. features are what the model sees of a word, with the
    numbers of each: word, lower, shape, prefixN, suffixN. min_count (2): what is rarer is unknown. hidden_size (100) of
    each direction, num_layers (1), attention (pool; multihead, none), num_heads (2), dropout (0.5).
    """

    _reads_text = True  # no classifier to scikit-learn, whose classifiers give one class a row
    _model_options = {
        "hidden_size": "hidden",
        "num_layers": "layers",
        "attention": "attention",
        "num_heads": "heads",
        "dropout": "dropout",
    }

    def __init__(
        self,
        hidden_size=100,
        attention="pool",
        *,
        features=(
            "lower:100",
            "prefix1:8",
            "prefix2:16",
            "prefix3:24",
            "suffix1:8",
            "suffix2:16",
            "suffix3:32",
            "suffix4:32",
            "shape:16",
        ),
        min_count=2,
        num_layers=1,
        num_heads=2,
        dropout=0.5,
        epochs=12,
        batch_size=32,
        learning_rate=0.003,
        weight_decay=None,
        schedule="cosine",
        warmup=None,
        decay=None,
        decay_every=None,
        clip_norm=1,
        clip_value=None,
        label_smoothing=None,
        ema_decay=None,
        validation=None,
        early_stopping=None,
        min_delta=None,
        frozen=None,
        checkpoint=None,
        checkpoint_every=None,
        random_state=0,
        n_jobs=None,
        verbose=0,
        on_interrupt="keep",
    ):
        self._store(locals())

    @learns
    def fit(self, X, y, *, validation_data=None, callbacks=None):
        """Learns from sentences and a tag for each of their words. Returns the estimator."""
        self._check_options(validation_data is not None)
        sentences = self._sentences(X)
        if y is None:
            raise Error("This Tagger estimator requires y to be passed, but the target y is None.")
        self._check_tags(sentences, y)
        self.classes_ = np.unique([str(tag) for tags in y for tag in tags])
        if len(self.classes_) < 2:
            raise Error("y: all tags are the same; a tagger needs two or more")
        settings = self._settings()
        if self.attention != "multihead":
            settings.model.pop("heads", None)
        settings.more["features"] = text_of(list(self.features))
        codes, labels = self._codes(sentences, y), self.classes_.tolist()
        test = None
        if validation_data is not None:
            test_x, test_y = test_data(validation_data)
            of_test = self._sentences(test_x)
            self._check_tags(of_test, test_y)
            test = (of_test, None, self._codes(of_test, test_y))

        def train(epoch):
            return _core.fit_tagger(
                sentences, codes, settings.model, settings.fit, settings.more, labels, test, None, epoch
            )

        return self._run(train, settings, callbacks)

    def _restore(self, model):
        super()._restore(model)
        self.classes_ = np.array(model.labels)

    def _sentences(self, X):
        return _require_words(to_sentences(X))

    @staticmethod
    def _check_tags(sentences, y):
        if not _is_list(y):
            raise Error(f"y: expected a list of tags for each sentence, got {type(y).__name__}")
        if len(y) != len(sentences):
            raise Error(f"y: the tags of each sentence are needed (expected {len(sentences)}, got {len(y)})")
        for i, (words, tags) in enumerate(zip(sentences, y)):
            if not _is_list(tags) or len(words) != len(tags):
                found = len(tags) if _is_list(tags) else repr(tags)
                raise Error(
                    f"y: one tag a word is needed (sentence {i}, counted from 0: expected {len(words)}, got {found})"
                )
            if any(isinstance(tag, bytes) for tag in tags):
                raise Error(f"y: tags are bytes (sentence {i}, counted from 0): make them texts")

    def _codes(self, sentences, y):
        codes = np.full((len(sentences), max(len(one) for one in sentences)), -100, dtype=np.int32)  # no loss counts it
        at = {tag: i for i, tag in enumerate(self.classes_.tolist())}
        for row, tags in zip(codes, y):
            unknown = [tag for tag in tags if str(tag) not in at]
            if unknown:
                raise Error(f"y: a tag that the training data do not have: {unknown[0]!r}")
            row[: len(tags)] = [at[str(tag)] for tag in tags]
        return codes

    def predict(self, X):
        """A list of tags for each sentence."""
        model = self._fitted()
        sentences = self._sentences(X)
        codes = model.tag(sentences)
        return [self.classes_[row[: len(words)]].tolist() for row, words in zip(codes, sentences)]

    def score(self, X, y, sample_weight=None):
        """The share of words with the right tag."""
        sentences = self._sentences(X)
        self._check_tags(sentences, y)
        right = [np.mean([str(a) == str(b) for a, b in zip(found, tags)]) for found, tags in zip(self.predict(sentences), y)]
        words = np.array([len(one) for one in sentences], dtype=float)
        weights = weights_of(sample_weight, len(right))
        return float(np.average(right, weights=words if weights is None else words * weights))

    def attention_weights(self, X):
        """How much each word counted: (n, words of the longest), or (n, heads, words, words), a row a query."""
        model = self._fitted()
        sentences = self._sentences(X)
        return _explain.by_heads(model.attention_weights_of_words(sentences), max(len(one) for one in sentences))
