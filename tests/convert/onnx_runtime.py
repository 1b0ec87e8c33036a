"""Checks that onnxruntime gives what heed gives: python onnx_runtime.py FOLDER [--all]. onnx_models wrote the folder.

Shows the models with a difference of more than 1e-6; with --all each model with its difference.
"""

import pathlib
import sys

import numpy as np
import onnx
import onnxruntime

TOLERANCE = 1e-6
FEATURES = 3  # of models that read any number


def session(path):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(path, options, ["CPUExecutionProvider"])


def batches(count, singles):
    """Slices of 64 sequences, and the first of one each."""
    yield from (slice(i, i + 1) for i in range(min(singles, count)))
    yield from (slice(i, min(i + 64, count)) for i in range(min(singles, count), count, 64))


def run(model, inputs, singles):
    count = len(next(iter(inputs.values())))
    parts = [model.run(None, {k: v[rows] for k, v in inputs.items()}) for rows in batches(count, singles)]
    return {o.name: np.concatenate(part) for o, part in zip(model.get_outputs(), zip(*parts))}


def difference(got, expected):
    """The largest difference, where numbers are large relative to the largest. NaN is where an answer means nothing."""
    expected = expected.reshape(got.shape)
    there = ~np.isnan(expected)
    assert there.any() and not np.isnan(got[there]).any()
    return float(np.abs(got - expected)[there].max() / max(1, np.abs(expected[there]).max()))


def probabilities_of(z, kind):
    if kind == "flags":
        return 1 / (1 + np.exp(-z.astype(np.float64)))
    e = np.exp(z.astype(np.float64) - np.where(np.isnan(z), 0, z).max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def ranks(model):
    return {o.name: len(o.shape) for o in model.get_outputs()}


def check(path, singles):
    onnx.checker.check_model(path, full_check=True)
    proto = onnx.load(path)
    assert (proto.ir_version, proto.opset_import[0].version) == (8, 17), path
    model = session(path)
    name = path[: -len(".onnx")]
    worst = 0.0
    cases = 0
    for file in sorted(pathlib.Path(path).parent.glob(f"{pathlib.Path(name).name}_*.npy")):
        steps = file.stem[len(pathlib.Path(name).name) + 1 :]
        if not steps.isdigit():
            continue
        first = model.get_inputs()[0]
        folder = file.parent
        width = first.shape[2] if isinstance(first.shape[2], int) else FEATURES
        inputs = {first.name: np.load(folder / f"{first.name}_{width}_{steps}.npy")}
        if len(model.get_inputs()) > 1:
            inputs["lengths"] = np.load(folder / f"lengths_{steps}.npy")
            if first.name == "sequences":  # what stands past an end does not matter
                past = np.arange(int(steps)) >= inputs["lengths"][:, None]
                inputs["sequences"] = np.where(past[:, :, None], np.float32("nan"), inputs["sequences"])
        got = run(model, inputs, singles)
        logits = got.get("logits", got.get("numbers"))
        worst = max(worst, difference(logits, np.load(file)))
        assert ranks(model) == {o: v.ndim for o, v in got.items()}
        answers = folder / f"{file.stem}_answers.npy"
        if answers.exists():
            worst = max(worst, difference(got.get("probabilities", got.get("numbers")), np.load(answers)))
        elif "probabilities" in got:
            kind = model.get_modelmeta().custom_metadata_map.get("output_kind", "classes")
            worst = max(worst, difference(got["probabilities"], probabilities_of(np.load(file), kind)))
        cases += 1
    assert cases > 0, path
    return worst


def main(folder, singles=50, everything=False):
    paths = sorted(map(str, pathlib.Path(folder).glob("*.onnx")))
    assert paths, "no models"
    failed = 0
    for path in paths:
        try:
            worst = check(path, singles)
        except Exception as error:  # all of them are shown
            print(f"{pathlib.Path(path).stem:45} {str(error)[:300]}")
            failed += 1
            continue
        if worst > TOLERANCE or everything:
            print(f"{pathlib.Path(path).stem:45} {worst:.1e}")
        failed += worst > TOLERANCE
    print(f"{len(paths)} models, {failed} failed")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], everything="--all" in sys.argv))
