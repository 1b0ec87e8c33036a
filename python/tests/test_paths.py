"""Names of files: texts, bytes and paths, and those that are none."""

import os
import pathlib

import heed
import pytest

ODD = b"\xff.safetensors"  # no UTF-8


@pytest.fixture
def model(bumps):
    return heed.SequenceClassifier(hidden_size=4, epochs=1).fit(*bumps)


@pytest.mark.parametrize("kind", [str, os.fsencode, pathlib.Path])
def test_paths_of_all_types(bumps, model, tmp_path, kind):
    x, y = bumps
    path = kind(str(tmp_path / "é.safetensors"))
    model.save(path)
    assert os.listdir(tmp_path) == ["é.safetensors"]
    assert heed.load(path).to_bytes() == heed.SequenceClassifier.load(path).to_bytes() == model.to_bytes()
    with pytest.raises(heed.Error, match="é.safetensors: expected a model of Tagger"):
        heed.Tagger.load(path)
    assert heed.SequenceClassifier(init=path, epochs=1).fit(x, y).classes_.tolist() == [0, 1, 2]
    model.to_onnx(kind(str(tmp_path / "m.onnx")))
    (tmp_path / "t.csv").write_text("1,2,a\n3,4,b\n")
    assert heed.load_sequences(kind(str(tmp_path / "t.csv")))[0].shape == (2, 2, 1)
    heed.SequenceClassifier(hidden_size=4, epochs=2, checkpoint=kind(str(tmp_path / "run.ckpt"))).fit(x, y)
    heed.SequenceClassifier(recipe="rocket+fcn", epochs=1, checkpoint=kind(str(tmp_path / "two.ckpt"))).fit(x, y)
    assert sorted(os.listdir(tmp_path)) == ["m.onnx", "run.ckpt", "t.csv", "two-fcn.ckpt", "é.safetensors"]


def test_names_that_are_no_utf_8(bumps, model, tmp_path):
    path = os.path.join(os.fsencode(tmp_path), ODD)
    try:
        with open(path, "wb") as file:
            file.write(model.to_bytes())
    except OSError:
        pytest.skip("this file system has names in UTF-8 alone")
    for one in (path, os.fsdecode(path), pathlib.Path(os.fsdecode(path))):
        assert heed.load(one).to_bytes() == model.to_bytes()
        assert heed.SequenceClassifier(init=one, epochs=1).fit(*bumps).n_iter_ == 1
        for call in (model.save, model.to_onnx, heed.load_sequences):
            with pytest.raises(heed.Error, match="path: expected a path that is valid UTF-8"):
                call(one)
        with pytest.raises(heed.Error, match="checkpoint: expected a path that is valid UTF-8"):
            heed.SequenceClassifier(epochs=1, checkpoint=one).fit(*bumps)
    with pytest.raises(heed.Error, match="�.no: cannot be read"):
        heed.load(path.replace(ODD, b"\xff.no"))


@pytest.mark.parametrize(
    "path, said",
    [("a\0b", "NUL"), (b"a\0b", "NUL"), ("\ud800", "no file has this name"), (3, "expected the path"), (None, "expected the path")],
)
def test_what_is_no_path(bumps, model, path, said):
    for call in (model.save, model.to_onnx, heed.load, heed.load_sequences, heed.Tagger.load):
        with pytest.raises(heed.Error, match="path: .*" + said):
            call(path)
    if path is not None:
        for what in ("init", "checkpoint"):
            with pytest.raises(heed.Error, match=what + ": .*" + said):
                heed.SequenceClassifier(epochs=1, **{what: path}).fit(*bumps)
        with pytest.raises(heed.Error, match="checkpoint: .*" + said):
            heed.SequenceClassifier(recipe="rocket+fcn", epochs=1, checkpoint=path).fit(*bumps)
