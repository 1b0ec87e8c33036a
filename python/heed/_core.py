"""The extension, of the builds in the package the best that this processor runs.

HEED_ISA forces one: baseline, v3 (x86-64-v3: AVX2) or v4 (x86-64-v4: AVX-512).
"""

import copyreg
import importlib
import importlib.machinery
import os

from ._cpu import level
from ._errors import BuildError, Error

_levels = {"baseline": 1, "v3": 3, "v4": 4}


def _built():
    here = os.path.dirname(__file__)  # no pathlib: half of the time of an import would be its own
    suffixes = importlib.machinery.EXTENSION_SUFFIXES
    return [name for name in _levels if any(os.path.exists(f"{here}/_core_{name}{suffix}") for suffix in suffixes)]


def _chosen():
    built, most = _built(), level()
    runs = [name for name in built if _levels[name] <= most]
    forced = os.environ.get("HEED_ISA", "").strip()
    if not forced:
        if not runs:
            raise BuildError(f"this package has no build that this processor runs: it has {', '.join(built) or 'none'}")
        return runs[-1]
    name = forced.lower().removeprefix("x86-64-")
    name = "baseline" if name == "x86-64" else name
    if name not in built:
        raise BuildError(f"HEED_ISA: no such build (expected one of {', '.join(built)}, got {forced!r})")
    if name not in runs:
        raise BuildError(f"HEED_ISA: this processor does not run that build (expected one of {', '.join(runs)}, got {forced!r})")
    return name


isa = _chosen()
_extension = importlib.import_module(f"._core_{isa}", __package__)
_extension.set_error_class(Error)

version = _extension.version
Model = _extension.Model
fit_sequences = _extension.fit_sequences
fit_rocket = _extension.fit_rocket
fit_text = _extension.fit_text
fit_tagger = _extension.fit_tagger
read_series = _extension.read_series
split_sentences = _extension.split_sentences
recipe_settings = _extension.recipe_settings
recipe_names = _extension.recipe_names
strong_recipes = _extension.strong_recipes
make_folds = _extension.make_folds
make_forward_folds = _extension.make_forward_folds
fill_missing = _extension.fill_missing
together = _extension.together


def model_of_bytes(data, name="memory", hints=None, rename=(), partial=False, self_test=True, prefix=""):
    """The model that the bytes of a file hold."""
    return _extension.model_of_bytes(data, name, hints or {}, list(rename), partial, self_test, prefix)


def save_onnx(model, path, lengths):
    """Writes a model as an ONNX file. One build of what does it serves all processors."""
    from . import _onnx

    _onnx.set_error_class(Error)
    _onnx.save_onnx(model.bytes(), path, lengths)


# A pickled model is its file: one that was pickled on a processor with AVX-512 loads on any other.
copyreg.pickle(Model, lambda model: (model_of_bytes, (model.bytes(),)))
