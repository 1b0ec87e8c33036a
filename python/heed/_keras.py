"""Models of a Keras that is there: through arrays, without files."""

import json

import numpy as np

from . import _core
from ._errors import Error

_CELLS = {"LSTM": "lstm", "GRU": "gru", "SimpleRNN": "rnn"}
_IDLE = ("InputLayer", "Masking", "Dropout", "SpatialDropout1D", "GaussianDropout", "AlphaDropout", "GaussianNoise")
_IDLE += ("ActivityRegularization", "Identity")
_POOLS = {"GlobalAveragePooling1D": "mean", "GlobalMaxPooling1D": "max"}


def from_keras(model, *, attention_layers=("AttentionLayer",)):
    """The estimator of a Keras model: recurrent layers, a pooling or an attention, and one or two dense layers.

    The class of a layer in attention_layers is one's own and computes sum(x * softmax(Dense(1)(x), axis=1), axis=1). A
    layer that makes the model another one is an error that names it; heed/convert/keras.hpp and `classifier import` read
    more of them, from files.
    """
    layers = _chain(model)
    found = _Reader(layers, attention_layers)
    found.read()
    data = _safetensors(found.tensors, found.metadata(model))
    from . import _sequences

    read = _core.model_of_bytes(data, "model")
    kind = _sequences.SequenceRegressor if read.gives_numbers else _sequences.SequenceClassifier
    return kind._of_model(read)


def _kind(layer):
    """The name of a class of Keras. One's own has none, whatever it is called."""
    module = type(layer).__module__
    own = not any(module == k or module.startswith(k + ".") for k in ("keras", "tf_keras", "tensorflow.python.keras"))
    return None if own else type(layer).__name__


def _name(layer):
    return f"layer {layer.name!r} ({type(layer).__name__})"


def _chain(model):
    """The layers in order. Of functional models, each reads the one before it."""
    if not hasattr(model, "layers") or not hasattr(model, "get_config"):
        raise Error(f"model: expected a model of Keras, got {type(model).__name__}")
    layers = list(model.layers)
    if _kind(model) == "Sequential":
        return layers
    if _kind(model) not in ("Functional", "Model"):
        raise Error(f"model: expected a Sequential or functional model of Keras, got {type(model).__name__}")
    configs = {entry["name"]: entry for entry in model.get_config().get("layers", [])}
    before = None
    masked = False
    for layer in layers:
        for call in configs.get(layer.name, {}).get("inbound_nodes", []):
            _check_call(layer, call, masked)
        masked = masked or _kind(layer) == "Masking"
        read = set(_references(configs.get(layer.name, {}).get("inbound_nodes", [])))
        if len(configs.get(layer.name, {}).get("inbound_nodes", [])) > 1 or not read <= {before}:
            raise Error(f"model: {_name(layer)} stands in no chain: it reads {', '.join(sorted(map(str, read)))}")
        before = layer.name
    return layers


def _check_call(layer, call, masked):
    """Refuses arguments that would make the layer compute something else, as heed/convert/keras.hpp does."""
    if isinstance(call, dict):  # of Keras 3
        named = [call.get("kwargs", {})]
        given = list(call.get("args", ()))
    else:  # of Keras 2
        entries = [call] if call and isinstance(call[0], str) else list(call)
        named = [entry[3] for entry in entries if len(entry) > 3]
        given = [entry[:3] for entry in entries]
    for arguments in named:
        for name, value in arguments.items():
            if value is None or value is False or (name == "mask" and masked):
                continue
            if name not in ("inputs", "sequences", "query", "value", "key"):
                raise Error(f"model: {_name(layer)} is called with {name}, which heed does not read")
            given.append(value)
    for value in given:
        if value is not None and value is not False and not _is_tensor(value):
            raise Error(f"model: {_name(layer)} is called with an argument that heed does not read: {value!r:.60}")


def _is_tensor(value):
    if isinstance(value, dict):
        return value.get("class_name") == "__keras_tensor__"
    if isinstance(value, (list, tuple)) and value:
        if isinstance(value[0], str):
            return value[0] != "_CONSTANT_VALUE"
        return all(map(_is_tensor, value))
    return hasattr(value, "_keras_history")


def _references(value):
    """The names of the layers that an entry of a configuration reads; those of masks are none."""
    if isinstance(value, dict):
        if value.get("class_name") == "__keras_tensor__":
            yield value["config"]["keras_history"][0]
        else:
            for key, part in value.items():
                if key != "mask":
                    yield from _references(part)
    elif isinstance(value, (list, tuple)):
        if len(value) >= 3 and isinstance(value[0], str) and all(isinstance(n, int) for n in value[1:3]):
            yield value[0]
            value = value[3:]
        for part in value:
            yield from _references(part)


class _Reader:
    """Reads the layers one after the other, and names the first that does not fit."""

    def __init__(self, layers, attention_layers):
        self.masked = any(_kind(layer) == "Masking" for layer in layers)
        self.layers = [layer for layer in layers if _kind(layer) not in _IDLE]
        self.attention_layers = tuple(attention_layers)
        self.at = 0
        self.tensors, self.options = {}, {"layers": 0, "bidirectional": "false", "cell": "none"}
        self.outputs = None

    def _next(self):
        return self.layers[self.at] if self.at < len(self.layers) else None

    def _refuse(self, layer, expected):
        got = "no more layers" if layer is None else _name(layer)
        raise Error(f"model: expected {expected}, got {got}")

    def read(self):
        while self._cell(self._next()):
            self.at += 1
        self._pool()
        hidden = self._dense("fc1")
        if self._next() is None:
            for part in ("weight", "bias"):
                self.tensors[f"fc.{part}"] = self.tensors.pop(f"fc1.{part}")
            self._end(hidden, 0)
            return
        if _activation(hidden) != "relu":
            self._refuse(hidden, "relu between two dense layers")
        self._end(self._dense("fc2"), self.tensors["fc1.weight"].shape[0])
        if self._next() is not None:
            self._refuse(self._next(), "no layer behind the last Dense")

    def _cell(self, layer):
        both = _kind(layer) == "Bidirectional"
        inner = layer.forward_layer if both else layer
        kind = _CELLS.get(_kind(inner))
        if kind is None:
            return False
        for part in (inner, layer.backward_layer) if both else (inner,):
            self._check_cell(part, layer)
        if both and layer.merge_mode != "concat":
            self._refuse(layer, "merge_mode concat")
        now = {"cell": kind, "hidden": inner.units, "bidirectional": str(both).lower()}
        if self.options["layers"] and any(self.options[key] != value for key, value in now.items()):
            self._refuse(layer, "recurrent layers that are alike")
        if self.options["layers"] and not self.sequences:
            self._refuse(layer, "return_sequences=True before another recurrent layer")
        self.options.update(now)
        self.sequences = inner.return_sequences
        self.repeats = not both and not inner.get_config().get("zero_output_for_mask", False)
        weights = layer.get_weights()
        half = len(weights) // 2 if both else len(weights)
        for end, part in (("", weights[:half]), ("_reverse", weights[half:])):
            if part:
                self._put_cell(kind, f"l{self.options['layers']}{end}", part)
        self.options["layers"] += 1
        return True

    def _check_cell(self, cell, layer):
        config = cell.get_config()
        wanted = {"activation": "tanh", "stateful": False, "time_major": False}
        if not isinstance(cell.get_config().get("recurrent_activation", "sigmoid"), str):
            self._refuse(layer, "recurrent_activation sigmoid")
        if "recurrent_activation" in config:
            wanted["recurrent_activation"] = "sigmoid"
        if "reset_after" in config:
            wanted["reset_after"] = True
        if cell is layer:
            wanted["go_backwards"] = False
        for key, value in wanted.items():
            if config.get(key, value) != value:
                self._refuse(layer, f"{key}={value!r}")

    def _put_cell(self, kind, end, weights):
        gates = {"lstm": (0, 1, 2, 3), "gru": (1, 0, 2), "rnn": (0,)}[kind]  # Keras' z r h is heed's r z n
        order = lambda array: np.concatenate([np.split(array, len(gates), -1)[g] for g in gates], -1)
        size = weights[0].shape[1]
        bias = np.zeros((2, size), np.float32)
        if len(weights) > 2:
            bias[: 1 if weights[2].ndim == 1 else 2] = weights[2]
        tensors = {"weight_ih": order(weights[0]).T, "weight_hh": order(weights[1]).T}
        tensors |= {"bias_ih": order(bias[0]), "bias_hh": order(bias[1])}
        self.tensors.update({f"{kind}.{name}_{end}": value for name, value in tensors.items()})

    def _pool(self):
        layer = self._next()
        name = _kind(layer)
        if self.options["layers"] and not self.sequences:
            self.options["attention"] = "none"
            return
        if layer is not None and name is None and type(layer).__name__ in self.attention_layers:
            if self.masked:
                self._refuse(layer, "no Masking before a layer that does not know masks")
            kernel, *bias = layer.get_weights()
            if kernel.ndim != 2 or kernel.shape[1] != 1 or len(bias) > 1:
                self._refuse(layer, "the weights of one Dense(1)")
            self.options["attention"] = "pool"
            self._put("attention.attention", kernel.T, bias[0] if bias else np.zeros(1))
        elif name == "MultiHeadAttention":
            self._heads(layer)
            self.at += 1
            if _kind(self._next()) != "GlobalAveragePooling1D":
                self._refuse(self._next(), "GlobalAveragePooling1D behind MultiHeadAttention")
        elif name in _POOLS:
            repeats = self.options["layers"] and self.repeats  # masked steps have the last one's outputs
            if name == "GlobalMaxPooling1D" and self.masked and not repeats:
                self._refuse(layer, "no Masking before a layer that does not know masks")
            self.options["attention"] = _POOLS[name]
        else:
            self._refuse(layer, "a pooling or an attention over the steps")
        self.at += 1

    def _heads(self, layer):
        weights = layer.get_weights()
        if len(weights) != 8:
            self._refuse(layer, "use_bias=True")
        features, heads, size = weights[0].shape
        if heads * size != features or weights[6].shape != (heads, size, features):
            self._refuse(layer, f"num_heads * key_dim = {features}, the number of features")
        flat = lambda array: array.reshape(features, -1).T
        self.tensors["attention.in_proj_weight"] = np.concatenate([flat(weights[i]) for i in (0, 2, 4)])
        self.tensors["attention.in_proj_bias"] = np.concatenate([weights[i].ravel() for i in (1, 3, 5)])
        self._put("attention.out_proj", weights[6].reshape(-1, features).T, weights[7])
        self.options.update(attention="multihead", heads=heads, pooling="mean")

    def _dense(self, name):
        layer = self._next()
        if _kind(layer) != "Dense":
            self._refuse(layer, "Dense")
        kernel, *bias = layer.get_weights()
        self._put(name, kernel.T, bias[0] if bias else np.zeros(kernel.shape[1]))
        self.at += 1
        return layer

    def _put(self, name, weight, bias):
        self.tensors[f"{name}.weight"], self.tensors[f"{name}.bias"] = weight, bias

    def _end(self, layer, dense):
        kinds = {"softmax": "classes", "sigmoid": "flags", "linear": None}
        activation = _activation(layer)
        if activation not in kinds:
            self._refuse(layer, "softmax, sigmoid or no activation at the end")
        self.outputs = kinds[activation]
        self.options["dense"] = dense

    def metadata(self, model):
        first = next(iter(self.tensors.values()))
        last = self.tensors.get("fc2.weight", self.tensors.get("fc.weight"))
        options = {key: str(value) for key, value in self.options.items()}
        if options["cell"] == "none":
            first = self.tensors.get("fc1.weight", self.tensors.get("fc.weight"))
            options |= {"layers": "1", "hidden": "32"}
        if options["bidirectional"] == "true":
            options["last_state"] = "final"  # of both directions, as Keras' Bidirectional has it
        options |= {"features": str(first.shape[1]), "classes": str(last.shape[0])}
        options["output_kind"] = self.outputs or _outputs(getattr(model, "loss", None))
        return {"format": "heed", "format_version": "1", "architecture": "SequenceClassifier", **options}


def _activation(layer):
    activation = layer.get_config()["activation"]
    return activation if isinstance(activation, str) else "linear" if activation is None else str(activation)


def _outputs(loss):
    """What a linear end gives, by the loss that the model was compiled with."""
    if isinstance(loss, (list, tuple, dict)) and len(loss) == 1:
        loss = next(iter(loss.values() if isinstance(loss, dict) else loss))
    name = (loss if isinstance(loss, str) else getattr(loss, "name", None) or getattr(loss, "__name__", "")).lower()
    if "binary" in name:
        return "flags"
    return "classes" if "crossentropy" in name else "numbers"


def _safetensors(tensors, metadata):
    """The bytes of a file with these tensors."""
    header, parts, end = {"__metadata__": metadata}, [], 0
    for name, value in tensors.items():
        array = np.ascontiguousarray(value, "<f4")
        header[name] = {"dtype": "F32", "shape": list(array.shape), "data_offsets": [end, end + array.nbytes]}
        parts.append(array.tobytes())
        end += array.nbytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return b"".join([len(text).to_bytes(8, "little"), text, *parts])
