import os
import pathlib
import re
import subprocess
import sys

import heed
import pytest
from heed import _core

HERE = pathlib.Path(heed.__file__).parent
BUILDS = [name for name in ("baseline", "v3", "v4") if list(HERE.glob(f"_core_{name}.*"))]


def python(code, **environment):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env={**os.environ, **environment})


def test_takes_the_best_build():
    names = {1: "baseline", 3: "v3", 4: "v4"}
    runs = [name for name in BUILDS if name in [names[i] for i in names if i <= _core.level()]]
    assert python("import heed; print(heed._core.isa)", HEED_ISA="").stdout.split() == [runs[-1]]


FIT = """
import numpy as np, heed, hashlib
x = np.random.default_rng(0).normal(size=(30, 6, 2)).astype(np.float32)
m = heed.SequenceClassifier(hidden_size=4, epochs=5).fit(x, np.arange(30) % 2)
print(heed._core.isa, m.predict_proba(x)[:3].round(4).tolist())
"""


@pytest.mark.parametrize("name", BUILDS)
def test_each_build_runs_where_the_processor_does(name):
    done = python(FIT, HEED_ISA=name)
    if {"baseline": 1, "v3": 3, "v4": 4}[name] > _core.level():
        assert done.returncode != 0 and "does not run that build" in done.stderr
    else:
        assert done.stdout.startswith(name), done.stderr
        assert done.stdout.split(" ", 1)[1] == python(FIT, HEED_ISA="").stdout.split(" ", 1)[1]


def test_long_names_of_builds():
    name = BUILDS[0]
    long = "x86-64" if name == "baseline" else f"x86-64-{name}"
    assert python("import heed; print(heed._core.isa)", HEED_ISA=long).stdout.split() == [name]


def test_no_such_build():
    done = python("import heed", HEED_ISA="v9")
    assert done.returncode != 0
    assert "HEED_ISA: no such build" in done.stderr and "got 'v9'" in done.stderr
    caught = python("try:\n import heed\nexcept (ImportError) as e:\n print(isinstance(e, ValueError))", HEED_ISA="v9")
    assert caught.stdout.split() == ["True"]


def test_imports_no_numpy_and_nothing_else():
    done = python("import sys; import heed; print([m for m in ('numpy', 'sklearn', 'tqdm', 'scipy') if m in sys.modules])")
    assert done.stdout.split() == ["[]"]
    done = python("import sys; import heed; print([m for m in sys.modules if m.startswith('heed._onnx')])")
    assert done.stdout.split() == ["[]"]
    done = python(FIT.replace("print", "import sys; print([m for m in ('sklearn', 'tqdm', 'scipy') if m in sys.modules]) #"))
    assert done.stdout.split() == ["[]"]


def test_imports_soon():
    # the processor's time, whatever else the machine does
    code = "import time; t = time.process_time(); import heed; print((time.process_time() - t) * 1000)"
    assert min(float(python(code).stdout) for _ in range(5)) < 50


def test_needs_numpy_alone():
    from importlib import metadata

    needs = [one for one in metadata.requires("heed") if "extra ==" not in one]
    assert sorted(re.match(r"[\w-]+", one)[0] for one in needs) == ["nanobind-backend", "numpy"]


def test_types():
    assert (HERE / "py.typed").exists() and (HERE / "_core.pyi").exists()
    said = (HERE / "__init__.pyi").read_text()
    for name in heed.__all__:
        assert re.search(rf"\b{name}\b", said), name
        assert getattr(heed, name) is not None
    assert set(heed.__all__) <= set(dir(heed))
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        heed.Nothing


def test_errors_are_value_errors(tmp_path):
    with pytest.raises(ValueError):
        heed.load(tmp_path / "nothing.safetensors")
    (tmp_path / "no.safetensors").write_bytes(b"not a model")
    with pytest.raises(heed.Error, match="no.safetensors"):
        heed.load(tmp_path / "no.safetensors")
