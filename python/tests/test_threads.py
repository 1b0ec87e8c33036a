import os
import signal
import subprocess
import sys
import textwrap
import threading
import time

import heed
import numpy as np
import pytest


@pytest.fixture(autouse=True)
def listens_to_ctrl_c():
    """Also where the tests run in the background, with the signal ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def many():
    random = np.random.default_rng(0)
    x = random.normal(size=(512, 40, 4)).astype(np.float32)
    return x, np.arange(512) % 2


def test_another_thread_counts_on():
    x, y = many()
    counted, done = [], threading.Event()

    def count():
        n = 0
        while not done.is_set():
            n += 1
            if n % 1000 == 0:
                counted.append(n)

    thread = threading.Thread(target=count)
    thread.start()
    try:
        before = len(counted)
        heed.SequenceClassifier(hidden_size=16, epochs=5, n_jobs=1).fit(x, y)
        during = len(counted) - before
    finally:
        done.set()
        thread.join()
    assert during > 10


def test_fits_in_several_threads_at_once():
    x, y = many()
    alone = heed.SequenceClassifier(hidden_size=4, epochs=2).fit(x, y).to_bytes()
    found = [None] * 4

    def fit(i):
        found[i] = heed.SequenceClassifier(hidden_size=4, epochs=2, n_jobs=1).fit(x, y).to_bytes()

    threads = [threading.Thread(target=fit, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [alone] * 4


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.parametrize("ensemble", [1, 2])
def test_ctrl_c_ends_the_step_and_keeps_the_best(ensemble):
    x, y = many()
    model = heed.SequenceClassifier(
        hidden_size=8, epochs=1_000_000, batch_size=64, validation=0.25, early_stopping=1_000_000, ensemble=ensemble
    )
    timer = threading.Timer(0.7, lambda: os.kill(os.getpid(), signal.SIGINT))
    timer.start()
    start = time.monotonic()
    with pytest.warns(RuntimeWarning, match="interrupted"):
        assert model.fit(x, y) is model
    assert time.monotonic() - start < 20
    assert model.outcome_ == "cancelled"
    assert model.predict(x).shape == (512,)
    if ensemble == 1:
        assert model.n_iter_ < 1_000_000
        losses = model.history_["validation_loss"]
        assert model.best_epoch_ == 1 + int(np.argmin(losses))


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_ctrl_c_ends_random_convolutions():
    random = np.random.default_rng(0)
    x, y = random.normal(size=(3000, 300, 4)).astype(np.float32), np.arange(3000) % 2
    timer = threading.Timer(0.5, lambda: os.kill(os.getpid(), signal.SIGINT))
    timer.start()
    start = time.monotonic()
    model = heed.SequenceClassifier(recipe="rocket", n_jobs=1)
    with pytest.raises(KeyboardInterrupt):  # there is no model yet
        model.fit(x, y)
    assert time.monotonic() - start < 20 and not hasattr(model, "model_")


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_ctrl_c_may_raise():
    x, y = many()
    model = heed.SequenceClassifier(hidden_size=8, epochs=1_000_000, batch_size=64, on_interrupt="raise")
    timer = threading.Timer(0.5, lambda: os.kill(os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        model.fit(x, y)
    assert model.predict(x).shape == (512,)


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_what_another_handler_raises_comes_through():
    x, y = many()

    class Alarm(Exception):
        pass

    def handler(*_):
        raise Alarm

    before = signal.signal(signal.SIGALRM, handler)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.3)
        with pytest.raises(Alarm):
            heed.SequenceClassifier(hidden_size=8, epochs=1_000_000, batch_size=64).fit(x, y)
    finally:
        signal.signal(signal.SIGALRM, before)


def run_python(code, **environment):
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, env={**os.environ, **environment}
    )


def test_progress(bumps):
    code = """
        import numpy as np, heed, sys
        if {hide}: sys.modules["tqdm"] = sys.modules["tqdm.auto"] = None
        x = np.random.default_rng(0).normal(size=(20, 5, 1)).astype(np.float32)
        heed.SequenceClassifier(hidden_size=2, epochs=3, verbose=1).fit(x, np.arange(20) % 2)
    """
    plain = run_python(code.format(hide=True))
    assert plain.returncode == 0 and "epoch 3/3" in plain.stderr and "loss" in plain.stderr
    pytest.importorskip("tqdm")
    bar = run_python(code.format(hide=False))
    assert bar.returncode == 0 and "3/3" in bar.stderr and "epoch 3/3" not in bar.stderr


def test_nothing_is_left_over():
    done = run_python("import heed; m = heed.SequenceClassifier(); import gc; gc.collect()")
    assert done.returncode == 0 and done.stderr == ""


@pytest.mark.parametrize("work", ["model.fit(x, y)", "while True: model.predict_proba(x)"])
def test_python_may_end_while_a_daemon_works(work):
    program = f"""
        import threading, time, numpy as np, heed
        x = np.random.default_rng(0).normal(size=(64, 20, 3)).astype(np.float32)
        y = np.arange(64) % 2
        model = heed.SequenceClassifier(hidden_size=16, epochs=1).fit(x, y)
        model.set_params(epochs=100000)
        def run():
            {work}
        for _ in range(2):
            threading.Thread(target=run, daemon=True).start()
        time.sleep(0.3)
    """
    for _ in range(3):
        done = subprocess.run([sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True, timeout=120)
        assert (done.returncode, done.stderr) == (0, "")
