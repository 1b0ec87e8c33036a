"""Reference files of the classifier: one pass, training curves, and files as PyTorch users have them."""

import torch
from safetensors.torch import save_file

import reference_file
from torch_case import Case, array
from torch_modules import CLASSIFIERS, Classifier

STEPS, FEATURES, CLASSES = 10, 5, 10
SMALL = {"hidden": 8, "dense": 6}
DEFAULT = {"hidden": 32, "dense": 16}
HEADS = 2
ATTENTIONS = ["pool", "multihead", "additive", "none"]
LENGTHS = [10, 3, 0, 7, 1, 9, 4]


def write_all():
    for name, choice in CLASSIFIERS.items():
        gradients(name, choice, None)
        gradients(f"{name}_ragged", choice, LENGTHS)
    gradients("single_ragged", {"attention": "pool"}, LENGTHS, dense=0)
    for name in ATTENTIONS:
        default_size(name)
    curves()
    adamw_curve()
    state_dicts()


def options(choice, sizes):
    return {**choice, **sizes, "heads": HEADS, "features": FEATURES, "classes": CLASSES}


def gradients(name, choice, lengths, **sizes):
    """Mean cross-entropy of seven sequences and every gradient, small sizes, all weights random."""
    settings = options(choice, {**SMALL, **sizes})
    case = Case("classifier", name, **settings)
    model = case.module(Classifier(**settings))
    x = case.input("x", 7, STEPS, FEATURES)
    labels = case.constant("labels", torch.randint(CLASSES, (7,)))
    logits, weights = model.explain(x, lengths and case.constant("lengths", lengths))
    case.observe("logits", logits)
    if weights is not None:
        case.observe("attention", weights)
    case.write_loss(torch.nn.functional.cross_entropy(logits, labels))


def round_to_float(tensor):
    return tensor.float().double()


def round_weights(model, dtype=torch.float32):
    """Make the weights representable in dtype; they stay doubles."""
    for weight in model.parameters():
        weight.data = weight.data.to(dtype).double()
    return model


def all_logits(model, x):
    """The logits of x; of a multi-head model those of both poolings, since the weights do not tell which is meant."""
    tensors = {"output.logits": array(model(x))}
    if model.kind == "multihead":
        model.pooling = "mean"
        tensors["output.logits_mean"] = array(model(x))
    return tensors


def default_size(attention):
    """Double logits of the default model from weights and inputs that floats hold exactly."""
    settings = options({"attention": attention}, DEFAULT)
    case = f"{attention}_default"
    torch.manual_seed(reference_file.seed_of("classifier", case))
    model = round_weights(Classifier(**settings))
    x = round_to_float(torch.randn(7, STEPS, FEATURES))
    tensors = {f"weight.{key}": array(value) for key, value in model.state_dict().items()}
    tensors |= {"input.x": array(x), **all_logits(model, x)}
    reference_file.write("classifier", case, tensors, {"torch": torch.__version__, **settings})


# Training curves


def curve_data(n=512):
    """Ten classes: each a smooth random path through the channels, under noise. Exact in float."""
    torch.manual_seed(reference_file.seed_of("curve", "data"))
    paths = torch.randn(CLASSES, 4, FEATURES)
    paths = torch.nn.functional.interpolate(paths.transpose(1, 2), STEPS, mode="linear").transpose(1, 2)
    labels = torch.randint(CLASSES, (n,))
    return round_to_float(paths[labels] + 0.8 * torch.randn(n, STEPS, FEATURES)), labels


def train(model, x, labels, epochs, learning_rate):
    """Full-batch Adam; the loss of every epoch's forward pass, before its update."""
    optimizer = torch.optim.Adam(model.parameters(), lr=learning_rate)
    losses = []
    for _ in range(epochs):
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(model(x), labels)
        loss.backward()
        optimizer.step()
        losses.append(loss.detach())
    return torch.stack(losses)


def curve_model(name):
    """The model at its start, in doubles that floats hold exactly, and what it was built with."""
    settings = options(CLASSIFIERS[name], DEFAULT)
    torch.manual_seed(reference_file.seed_of("curve", name))
    return round_weights(Classifier(**settings)), settings


def curves(epochs=50, learning_rate=0.01):
    """data: x and labels of all curves, F32. <kind>: start weights F32, loss F64."""
    x, labels = curve_data()
    data = {"input.x": array(x.float()), "input.labels": array(labels.float())}
    reference_file.write("curve", "data", data, {"torch": torch.__version__})
    for name in CLASSIFIERS:
        model, settings = curve_model(name)
        tensors = {f"weight.{key}": array(value.float()) for key, value in model.state_dict().items()}
        tensors["output.loss"] = array(train(model, x, labels, epochs, learning_rate))
        settings = {"torch": torch.__version__, "epochs": epochs, "learning_rate": learning_rate, **settings}
        reference_file.write("curve", name, tensors, settings)


def adamw_curve(epochs=30, learning_rate=0.02, weight_decay=0.1, max_norm=0.3, warmup=5, last=1e-4):
    """As the curves: AdamW, the gradient's norm clipped, a cosine with a warm-up. Also the norm before each clipping."""
    x, labels = curve_data()
    model, settings = curve_model("pool")
    tensors = {f"weight.{key}": array(value.float()) for key, value in model.state_dict().items()}
    optimizer = torch.optim.AdamW(model.parameters(), lr=learning_rate, weight_decay=weight_decay)
    rates = torch.optim.lr_scheduler
    rise = rates.LinearLR(optimizer, start_factor=0.2, total_iters=warmup)
    fall = rates.CosineAnnealingLR(optimizer, T_max=epochs - warmup, eta_min=last)
    schedule = rates.SequentialLR(optimizer, [rise, fall], milestones=[warmup])
    losses, norms = [], []
    for _ in range(epochs):
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(model(x), labels)
        loss.backward()
        norms.append(torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm))
        optimizer.step()
        schedule.step()
        losses.append(loss.detach())
    tensors["output.loss"] = array(torch.stack(losses))
    tensors["output.norm"] = array(torch.stack(norms))
    choices = {"weight_decay": weight_decay, "max_norm": max_norm, "warmup": warmup, "warmup_start": 0.2, "last": last}
    settings = {"torch": torch.__version__, "epochs": epochs, "learning_rate": learning_rate, **choices, **settings}
    reference_file.write("training", "adamw_clip_cosine", tensors, settings)


# Files of the safetensors package, without metadata, and beside each the logits it should give


def state_dicts():
    for name in ATTENTIONS:
        torch.manual_seed(reference_file.seed_of("seeds", name))
        model = Classifier(**options({"attention": name}, SMALL))
        for weight in model.parameters():
            torch.nn.init.uniform_(weight, -0.5, 0.5)  # no bias is zero
        write_state_dict(name, model, torch.float32)
        if name == "pool":
            write_state_dict("pool_f16", model, torch.float16)
            write_state_dict("pool_bf16", model, torch.bfloat16)


def write_state_dict(name, model, dtype):
    """<name>: the state_dict in dtype. <name>.reference: inputs and the double logits of the stored weights."""
    model = round_weights(model, dtype)
    path = reference_file.DATA / "seeds" / f"{name}.safetensors"
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file({key: value.to(dtype) for key, value in model.state_dict().items()}, path)

    torch.manual_seed(reference_file.seed_of("seeds", f"{name}.reference"))
    x = round_to_float(torch.randn(4, STEPS, FEATURES))
    tensors = {"input.x": array(x), **all_logits(model, x)}
    settings = {"torch": torch.__version__, **options({"attention": model.kind}, SMALL)}
    reference_file.write("seeds", f"{name}.reference", tensors, settings)
