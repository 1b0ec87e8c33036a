"""ONNX Runtime: prediction alone. The graph is that of ONNX' own LSTM operator."""

import numpy as np
import onnx
import onnxruntime
from onnx import numpy_helper, parser

from case import HEADS
from peer import Peer, arguments, serve

GRAPH = """
<ir_version: 8, opset_import: ["": 17]>
classifier (float[n, T, F] x) => (float[n, C] probabilities) {
  time_major = Transpose<perm = [1, 0, 2]>(x)
  directions, h, c = LSTM<hidden_size = %(hidden)d>(time_major, W, R, B)
  states = Squeeze(directions, one)
  %(attention)s
  fc1 = Gemm<transB = 1>(pooled, fc1.weight, fc1.bias)
  active = Relu(fc1)
  logits = Gemm<transB = 1>(active, fc2.weight, fc2.bias)
  probabilities = Softmax<axis = 1>(logits)
}
"""

POOL = """
  products = MatMul(states, score.weight)
  scores = Add(products, score.bias)
  weights = Softmax<axis = 0>(scores)
  weighted = Mul(states, weights)
  pooled = ReduceSum<keepdims = 0>(weighted, zero)
"""

# (T, n, E) to (n, heads, T, E / heads), and of what is attended the last step
MULTIHEAD = """
  products = MatMul(states, in_proj.weight)
  projected = Add(products, in_proj.bias)
  q0, k0, v0 = Split<axis = 2>(projected)
  q1 = Reshape(q0, split)
  k1 = Reshape(k0, split)
  v1 = Reshape(v0, split)
  q = Transpose<perm = [1, 2, 0, 3]>(q1)
  k = Transpose<perm = [1, 2, 3, 0]>(k1)
  v = Transpose<perm = [1, 2, 0, 3]>(v1)
  all_scores = MatMul(q, k)
  scores = Mul(all_scores, scale)
  weights = Softmax<axis = 3>(scores)
  heads = MatMul(weights, v)
  time_first = Transpose<perm = [2, 0, 1, 3]>(heads)
  attended = Reshape(time_first, merge)
  output = Gather<axis = 0>(attended, last)
  pooled = Gemm<transB = 1>(output, out_proj.weight, out_proj.bias)
"""


def gates(rows):
    """PyTorch's i, f, g, o as ONNX' i, o, f, c, with the axis of directions in front"""
    i, f, g, o = np.split(rows, 4)
    return np.concatenate([i, o, f, g])[None]


def model_of(attention, w):
    hidden = w["lstm.weight_hh_l0"].shape[1]
    tensors = {
        "W": gates(w["lstm.weight_ih_l0"]),
        "R": gates(w["lstm.weight_hh_l0"]),
        "B": np.concatenate([gates(w["lstm.bias_ih_l0"]), gates(w["lstm.bias_hh_l0"])], axis=1),
        "one": np.array([1]),
    } | {name: w[name] for name in ("fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias")}
    if attention == "pool":
        tensors |= {"score.weight": w["attention.attention.weight"].T, "score.bias": w["attention.attention.bias"]}
        tensors |= {"zero": np.array([0])}
    else:
        tensors |= {
            "in_proj.weight": w["attention.in_proj_weight"].T,
            "in_proj.bias": w["attention.in_proj_bias"],
            "out_proj.weight": w["attention.out_proj.weight"],
            "out_proj.bias": w["attention.out_proj.bias"],
            "scale": np.float32((hidden // HEADS) ** -0.5),
            "split": np.array([0, 0, HEADS, hidden // HEADS]),
            "merge": np.array([0, 0, hidden]),
            "last": np.array(-1),
        }
    # a name has no dots in ONNX' text
    text = GRAPH % {"hidden": hidden, "attention": POOL if attention == "pool" else MULTIHEAD}
    for name in tensors:
        text = text.replace(name, name.replace(".", "_"))
    model = parser.parse_model(text)
    for name, values in tensors.items():
        model.graph.initializer.append(numpy_helper.from_array(np.asarray(values, order="C"), name.replace(".", "_")))
    onnx.checker.check_model(model)
    return model.SerializeToString()


class OnnxPeer(Peer):
    def __init__(self, options):
        self.options = onnxruntime.SessionOptions()
        self.options.intra_op_num_threads = options.threads
        self.options.inter_op_num_threads = 1

    def version(self):
        return onnxruntime.__version__

    def start(self):
        model = model_of(self.attention, self.weights)
        self.session = onnxruntime.InferenceSession(model, self.options, providers=["CPUExecutionProvider"])

    def predict(self, x):
        return self.session.run(None, {"x": x})[0]


if __name__ == "__main__":
    serve(OnnxPeer(arguments()))
