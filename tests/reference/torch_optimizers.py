"""Reference files of the optimizers: two parameters, ten steps on gradients drawn beforehand."""

import torch

import reference_file
from torch_case import array

SHAPES = {"w1": (4, 3), "w2": (5,)}

# The gradients' sizes: they fall far enough for the second moment of Adam to fall, which is where amsgrad differs.
SCALES = [1.0, 2.0, 0.5, 0.01, 0.02, 0.01, 1.0, 0.1, 3.0, 0.3]

OPTIMIZERS = {
    "adam": (torch.optim.Adam, {}),
    "adam_options": (torch.optim.Adam, {"lr": 0.02, "betas": (0.8, 0.95), "eps": 1e-5, "weight_decay": 0.1}),
    "adam_amsgrad": (torch.optim.Adam, {"lr": 0.01, "amsgrad": True}),
    "adamw": (torch.optim.AdamW, {}),
    "adamw_options": (
        torch.optim.AdamW,
        {"lr": 0.02, "betas": (0.8, 0.95), "eps": 1e-5, "weight_decay": 0.1, "amsgrad": True},
    ),
    "sgd": (torch.optim.SGD, {"lr": 0.05}),
    "sgd_momentum": (torch.optim.SGD, {"lr": 0.05, "momentum": 0.9}),
    "sgd_dampening": (torch.optim.SGD, {"lr": 0.05, "momentum": 0.8, "dampening": 0.3, "weight_decay": 0.1}),
    "sgd_nesterov": (torch.optim.SGD, {"lr": 0.05, "momentum": 0.9, "nesterov": True}),
}


def write_all():
    for name, (optimizer, options) in OPTIMIZERS.items():
        write_optimizer(name, optimizer, options)
    write_clipping("clips", 0.75)
    write_clipping("keeps", 50.0)


def random_tensors(scale=1.0):
    return {name: scale * torch.randn(shape) for name, shape in SHAPES.items()}


def write_optimizer(case, optimizer, options):
    torch.manual_seed(reference_file.seed_of("optimizer", case))
    parameters = {name: value.requires_grad_() for name, value in random_tensors().items()}
    stepper = optimizer(parameters.values(), **options)
    tensors = {}

    def store(kind, step, values):
        tensors.update({f"{kind}.{step}.{name}": array(value).copy() for name, value in values.items()})

    store("param", 0, parameters)
    for step, scale in enumerate(SCALES, start=1):
        gradients = random_tensors(scale)
        for name, gradient in gradients.items():
            parameters[name].grad = gradient.clone()
        stepper.step()
        store("grad", step, gradients)
        store("param", step, parameters)
    reference_file.write("optimizer", case, tensors, settings(optimizer, stepper))


def settings(optimizer, stepper):
    """Every number the optimizer works with, the defaults included, in the order of torch's names."""
    wanted = ["lr", "betas", "eps", "weight_decay", "amsgrad", "momentum", "dampening", "nesterov"]
    used = {name: stepper.defaults[name] for name in wanted if name in stepper.defaults}
    if "betas" in used:
        used["beta1"], used["beta2"] = used.pop("betas")
    return {"torch": torch.__version__, "optimizer": optimizer.__name__, **used}


def write_clipping(name, max_norm):
    """torch.nn.utils.clip_grad_norm_: the gradients before and after, and the norm before."""
    case = f"clip_grad_norm_{name}"
    torch.manual_seed(reference_file.seed_of("optimizer", case))
    before = random_tensors()
    parameters = {key: torch.zeros_like(value).requires_grad_() for key, value in before.items()}
    for key, parameter in parameters.items():
        parameter.grad = before[key].clone()
    norm = torch.nn.utils.clip_grad_norm_(parameters.values(), max_norm)
    tensors = {f"before.{key}": array(value) for key, value in before.items()}
    tensors |= {f"after.{key}": array(value.grad) for key, value in parameters.items()}
    tensors["norm"] = array(norm.reshape(1))
    reference_file.write("optimizer", case, tensors, {"torch": torch.__version__, "max_norm": max_norm})
