"""The types of heed's public names are those of the code."""

import ast
import inspect
import pathlib
import subprocess
import sys
import textwrap

import heed
import pytest

STUB = pathlib.Path(heed.__file__).with_name("__init__.pyi")


def parameters_of(node):
    """[(name, default or None)] of a function of the stub; "*" where those by name begin."""
    a = node.args
    plain = a.posonlyargs + a.args
    defaults = [None] * (len(plain) - len(a.defaults)) + a.defaults
    found = [(arg.arg, default) for arg, default in zip(plain, defaults) if arg.arg not in ("self", "cls")]
    if a.kwonlyargs:
        found.append(("*", None))
    found += [(arg.arg, default) for arg, default in zip(a.kwonlyargs, a.kw_defaults)]
    return found + ([("**" + a.kwarg.arg, None)] if a.kwarg else [])


def parameters(function):
    found, by_name = [], False
    for p in inspect.signature(function).parameters.values():
        if p.name in ("self", "cls"):
            continue
        if p.kind == p.KEYWORD_ONLY and not by_name:
            found.append(("*", inspect.Parameter.empty))
            by_name = True
        found.append(("**" + p.name if p.kind == p.VAR_KEYWORD else p.name, p.default))
    return found


def check(node, function):
    said, real = parameters_of(node), parameters(function)
    assert [name for name, _ in said] == [name for name, _ in real], node.name
    for (name, default), (_, value) in zip(said, real):
        assert (default is None) == (value is inspect.Parameter.empty), (node.name, name)
        if default is not None and not (isinstance(default, ast.Constant) and default.value is ...):
            assert ast.literal_eval(default) == value, (node.name, name)


def test_signatures():
    tree = ast.parse(STUB.read_text())
    seen = set()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            check(node, getattr(heed, node.name))
        elif isinstance(node, ast.ClassDef):
            real, said = getattr(heed, node.name), {}
            for member in node.body:
                if isinstance(member, ast.FunctionDef):
                    said[member.name] = member
                    if not any(getattr(d, "id", "") == "property" for d in member.decorator_list):
                        check(member, getattr(real, member.name))
            public = {name for name in dir(real) if not name.startswith("_") and not hasattr(Exception, name)}
            assert node.name == "Error" or {n for n in public if callable(getattr(real, n))} <= set(said), node.name
        else:
            continue
        seen.add(node.name)
    assert seen == {name for name in heed.__all__ if not name.startswith("_") and name != "isa"}


def test_a_program_is_checked_strictly(tmp_path):
    pytest.importorskip("mypy")
    program = tmp_path / "program.py"
    program.write_text(
        textwrap.dedent("""
            import numpy as np
            import heed

            x = np.zeros((8, 5, 2), dtype=np.float32)
            model = heed.SequenceClassifier(hidden_size=4, epochs=1, kernels=(5, 3)).fit(x, [0, 1] * 4)
            model.save("m.safetensors")
            again: heed.SequenceClassifier = heed.SequenceClassifier.load("m.safetensors")
            share: float = again.score(x, [0, 1] * 4)
            step = heed.Stream(again).step([1.0, 2.0])
            print(share, step.shape, again.predict_proba(x).shape, again.explain(x)[0].top(2))
            print(heed.TextClassifier(epochs=1).fit(["a b", "b a"] * 4, [0, 1] * 4).predict(["a"]))
            print(heed.Forecaster(window=3).fit([1.0, 2, 3, 4, 5, 6]).predict([1.0, 2, 3]))
        """)
    )
    done = subprocess.run([sys.executable, "-m", "mypy", "--strict", str(program)], capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    program.write_text(program.read_text().replace("hidden_size=4", "hidden_size='four'"))
    wrong = subprocess.run([sys.executable, "-m", "mypy", "--strict", str(program)], capture_output=True, text=True, cwd=tmp_path)
    assert 'has incompatible type "str"' in wrong.stdout, wrong.stdout + wrong.stderr
