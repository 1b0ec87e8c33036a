"""The label of each sequence of a table, by onnxruntime and NumPy alone.

python onnx_labels.py MODEL.onnx DATA [LABELS]: a row of DATA is a sequence and its label, separated by commas. Prints a
label a line. With LABELS, which `classifier predict --output` wrote, says how many are the same, and fails if not all are.
"""

import sys

import numpy as np
import onnxruntime


def main(model, data, expected=None):
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    names = session.get_modelmeta().custom_metadata_map["labels"].splitlines()
    rows = np.loadtxt(data, delimiter=",", dtype=np.float64)[:, :-1]
    sequences = session.get_inputs()[0]
    x = rows.reshape(len(rows), -1, sequences.shape[2])
    x = x.astype(np.float64 if sequences.type == "tensor(double)" else np.float32)
    (probabilities,) = session.run(["probabilities"], {sequences.name: x})
    labels = [names[i] for i in probabilities.argmax(1)]
    if expected is None:
        print("\n".join(labels))
        return 0
    with open(expected) as file:
        wanted = [line.strip() for line in file][1:]
    same = sum(a == b for a, b in zip(labels, wanted))
    print(f"{same} of {len(wanted)} labels are the same")
    return int(labels != wanted)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
