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
    "adamw_matrices": (torch.optim.AdamW, {"lr": 0.02, "weight_decay": 0.3}, "w1"),
    "adam_matrices": (torch.optim.Adam, {"lr": 0.02, "weight_decay": 0.3}, "w1"),
    "sgd_matrices": (torch.optim.SGD, {"lr": 0.05, "weight_decay": 0.3}, "w1"),
    "sgd": (torch.optim.SGD, {"lr": 0.05}),
    "sgd_momentum": (torch.optim.SGD, {"lr": 0.05, "momentum": 0.9}),
    "sgd_dampening": (torch.optim.SGD, {"lr": 0.05, "momentum": 0.8, "dampening": 0.3, "weight_decay": 0.1}),
    "sgd_nesterov": (torch.optim.SGD, {"lr": 0.05, "momentum": 0.9, "nesterov": True}),
}


def write_all():
    for name, (optimizer, options, *decayed) in OPTIMIZERS.items():
        write_optimizer(name, optimizer, options, *decayed)
    write_clipping("clips", 0.75)
    write_clipping("keeps", 50.0)
    write_clipping_by_value(0.75)
    write_schedules()


def random_tensors(scale=1.0):
    return {name: scale * torch.randn(shape) for name, shape in SHAPES.items()}


def write_optimizer(case, optimizer, options, decayed=None):
    """Where `decayed` names a parameter, no other decays."""
    torch.manual_seed(reference_file.seed_of("optimizer", case))
    parameters = {name: value.requires_grad_() for name, value in random_tensors().items()}
    groups = list(parameters.values())
    if decayed:
        groups = [{"params": [value], **({} if name == decayed else {"weight_decay": 0})} for name, value in parameters.items()]
    stepper = optimizer(groups, **options)
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
    matrices = {"decay_matrices_only": True} if decayed else {}
    reference_file.write("optimizer", case, tensors, {**settings(optimizer, stepper), **matrices})


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


def write_clipping_by_value(most):
    """torch.nn.utils.clip_grad_value_"""
    torch.manual_seed(reference_file.seed_of("optimizer", "clip_grad_value"))
    before = random_tensors()
    parameters = {key: torch.zeros_like(value).requires_grad_() for key, value in before.items()}
    for key, parameter in parameters.items():
        parameter.grad = before[key].clone()
    torch.nn.utils.clip_grad_value_(parameters.values(), most)
    tensors = {f"before.{key}": array(value) for key, value in before.items()}
    tensors |= {f"after.{key}": array(value.grad) for key, value in parameters.items()}
    reference_file.write("optimizer", "clip_grad_value", tensors, {"torch": torch.__version__, "most": most})


def write_schedules(base=0.05):
    """The rates of 40 steps. `losses` is what ReduceLROnPlateau is told after each."""
    rates = torch.optim.lr_scheduler
    torch.manual_seed(reference_file.seed_of("optimizer", "schedules"))
    losses = torch.cat([torch.linspace(2, 1, 12), 1 + 0.01 * torch.randn(28)])

    def warm_cosine(optimizer):
        rise = rates.LinearLR(optimizer, start_factor=0.2, total_iters=5)
        fall = rates.CosineAnnealingLR(optimizer, T_max=35, eta_min=0.002)
        return rates.SequentialLR(optimizer, [rise, fall], milestones=[5])

    cases = {
        "step": lambda o: rates.StepLR(o, step_size=7, gamma=0.3),
        "cosine": lambda o: rates.CosineAnnealingLR(o, T_max=40, eta_min=0.001),
        "cosine_warmup": warm_cosine,
        "one_cycle": lambda o: rates.OneCycleLR(o, max_lr=base, total_steps=40),
        "one_cycle_options": lambda o: rates.OneCycleLR(
            o, max_lr=base, total_steps=40, pct_start=0.45, div_factor=10, final_div_factor=100
        ),
        "plateau": lambda o: rates.ReduceLROnPlateau(o, patience=2, factor=0.5),
        "plateau_options": lambda o: rates.ReduceLROnPlateau(
            o, patience=1, factor=0.3, threshold=0.005, threshold_mode="abs", cooldown=2, min_lr=0.002
        ),
    }
    tensors = {"losses": array(losses)}
    for name, make in cases.items():
        optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=base)
        schedule = make(optimizer)
        seen = []
        for loss in losses:
            seen.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            schedule.step(*([float(loss)] if name.startswith("plateau") else []))
        tensors[name] = array(torch.tensor(seen))
    reference_file.write("optimizer", "schedules", tensors, {"torch": torch.__version__, "base": base})
