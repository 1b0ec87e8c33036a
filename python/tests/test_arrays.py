import subprocess
import sys
import textwrap

import heed
import numpy as np
import pytest
from heed._arrays import to_series


def quick(**options):
    return heed.SequenceClassifier(hidden_size=4, epochs=2, **options)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_contiguous_numbers_stay_where_they_are(dtype):
    x = np.zeros((5, 4, 3), dtype=dtype)
    assert np.shares_memory(to_series(x).x, x)
    assert np.shares_memory(to_series(x[1:3]).x, x)
    x.flags.writeable = False
    assert np.shares_memory(to_series(x).x, x)


def test_views_with_strides_are_read_right(bumps):
    x, y = bumps
    model = quick().fit(x, y)
    wide = np.zeros((60, 24, 4), dtype=np.float32)
    wide[:, ::2, 1:3] = x
    assert np.array_equal(model.predict_proba(wide[:, ::2, 1:3]), model.predict_proba(x))
    assert np.array_equal(model.predict_proba(np.asfortranarray(x)), model.predict_proba(x))
    assert np.array_equal(model.predict_proba(x.tolist()), model.predict_proba(x.astype(np.float64)))


def test_torch(bumps):
    torch = pytest.importorskip("torch")
    x, y = bumps
    tensor = torch.from_numpy(x.copy()).requires_grad_()
    assert to_series(tensor).x.ctypes.data == tensor.data_ptr()
    model = quick().fit(tensor, torch.from_numpy(y))
    assert model.to_bytes() == quick().fit(x, y).to_bytes()


def test_any_array_of_dlpack(bumps):
    class Tensor:
        def __init__(self, values):
            self.values = values

        def __dlpack__(self, **options):
            return self.values.__dlpack__(**options)

        def __dlpack_device__(self):
            return self.values.__dlpack_device__()

    x, y = bumps
    assert np.shares_memory(to_series(Tensor(x)).x, x)
    assert quick().fit(Tensor(x), Tensor(y)).to_bytes() == quick().fit(x, y).to_bytes()


def test_jax(bumps):
    jax = pytest.importorskip("jax.numpy")
    x, y = bumps
    array = jax.asarray(x)
    assert to_series(array).x.ctypes.data == array.unsafe_buffer_pointer()
    assert quick().fit(array, y).to_bytes() == quick().fit(x, y).to_bytes()


@pytest.mark.parametrize(
    "x, said",
    [
        (np.zeros(5), "Reshape your data"),
        (np.zeros((2, 3, 4, 5)), "wrong rank"),
        (np.zeros((0, 3, 2)), "0 sample"),
        (np.zeros((5, 0)), "0 feature"),
        (np.zeros((5, 3), dtype=complex), "Complex data"),
        ([np.zeros((3, 2)), np.zeros((4, 3))], "different features"),
        ([np.zeros((3, 2)), np.zeros((0, 2))], "empty sequence"),
        (np.full((4, 3, 1), np.nan), "NaN"),
        (np.full((4, 3, 1), np.inf), "infinity"),
        (np.full((4, 3, 1), 1e39), "X"),
        (np.full((4, 3), "a"), "numbers are needed"),
        ([["a", "b"], ["c", "d"]], "numbers are needed"),
        (np.array([[{}, {}], [{}, {}]], dtype=object), "X"),
        ("steps", "numbers are needed"),
        (None, "X"),
    ],
)
def test_refuses_what_is_no_series(x, said):
    with pytest.raises(heed.Error, match=said):
        quick().fit(x, np.arange(2 if x is None else len(x)) % 2)
    assert issubclass(heed.Error, ValueError)


@pytest.mark.parametrize(
    "options, said",
    [
        ({"hidden_size": 0}, "hidden"),
        ({"attention": "some"}, "attention"),
        ({"cell": "ltsm"}, "cell"),
        ({"epochs": -1}, "epochs"),
        ({"learning_rate": "fast"}, "learning_rate"),
        ({"dropout": 1.5}, "dropout"),
        ({"validation": 2}, "validation"),
        ({"schedule": "slow"}, "schedule"),
        ({"recipe": "weak"}, "recipe"),
        ({"missing": "guess"}, "missing"),
        ({"ensemble": 0}, "members|ensemble"),
        ({"random_state": -1}, "random_state"),
        ({"class_weight": {7: 1.0}}, "class_weight"),
        ({"flavor": "jax"}, "flavor"),
        ({"num_features": 84}, "num_features"),
        ({"attention": "multihead", "num_heads": 3}, "heads|divide"),
    ],
)
def test_names_the_option_that_is_wrong(bumps, options, said):
    with pytest.raises(heed.Error, match=said):
        heed.SequenceClassifier(**{"epochs": 1, **options}).fit(*bumps)


def test_lengths_out_of_range(bumps):
    x, y = bumps
    for lengths in ([-1] * 60, [13] * 60, [1, 2]):
        with pytest.raises(heed.Error):
            quick().fit(x, y, lengths=lengths)


def test_labels_that_are_none(bumps):
    x, y = bumps
    for wrong in (None, y[:-1], np.zeros(60), y + 0.5, [["a", "b"]] * 60):
        with pytest.raises(heed.Error):
            quick().fit(x, wrong)


MEMORY = """
    import resource
    import numpy as np
    import heed
    x = np.zeros((200000, 20, 8), dtype=np.float32)  # 128 MB
    x[:, :, 0] = np.random.default_rng(0).normal(size=(200000, 20))
    y = (x[:, :, 0].mean(axis=1) > 0).astype(np.int32)
    small = x[:512].copy()
    heed.SequenceClassifier(hidden_size=8, epochs=1, batch_size=64, n_jobs=1).fit(small, y[:512]).predict(small)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    model = heed.SequenceClassifier(hidden_size=8, epochs=1, batch_size=512, n_jobs=1).fit(x[:60000], y[:60000])
    model.predict(x)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def memory(code):
    pytest.importorskip("resource")
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=True)
    return int(done.stdout)  # KB


def test_memory_is_that_of_the_data():
    assert memory(MEMORY) < 32 * 1024


def test_doubles_are_predicted_in_parts(bumps):
    code = MEMORY.replace("model.predict(x)", "").replace(
        "print(", "x = x.astype(np.float64); before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss; model.predict(x); print("
    )
    assert memory(code) < 32 * 1024
    x, y = bumps
    model = quick(standardize=True).fit(x, y)
    many = np.tile(x, (1200, 1, 1)).astype(np.float64)  # more than one part
    assert np.array_equal(model.predict_proba(many), np.tile(model.predict_proba(x), (1200, 1)))
    many[-1, 3, 1] = np.inf
    with pytest.raises(heed.Error, match="sequence 71999"):
        model.predict(many)
