"""Reference files of the losses: the loss and its gradient."""

import torch
from torch import nn

from torch_case import Case
from torch_modules import valid_steps

IGNORE_INDEX = -100


def write_all():
    cross_entropy()
    cross_entropy_of_steps()
    mean_squared_error()
    huber()
    binary_cross_entropy()


def cross_entropy():
    all_three = {"weighted": True, "label_smoothing": 0.15, "ignored": [1, 4]}
    for name, choice in {
        "plain": {},
        "class_weights": {"weighted": True},
        "label_smoothing": {"label_smoothing": 0.1},
        "ignore_index": {"ignored": [0, 3]},
        "weights_smoothing_ignore": all_three,
    }.items():
        write_cross_entropy(name, (6, 4), **choice)


def cross_entropy_of_steps():
    """Logits (n, steps, classes), a label per step."""
    ragged = {"lengths": [3, 0, 1, 4]}
    write_cross_entropy("steps", (4, 3, 5))
    write_cross_entropy("steps_ragged", (4, 4, 3), **ragged)
    write_cross_entropy("steps_ragged_weights_smoothing", (4, 4, 3), **ragged, weighted=True, label_smoothing=0.2)


def write_cross_entropy(name, shape, weighted=False, label_smoothing=0.0, ignored=(), lengths=None):
    """The labels past a length are drawn like the others: only the length says that they do not count."""
    case = Case("cross_entropy", name, label_smoothing=label_smoothing, ignore_index=IGNORE_INDEX)
    classes = shape[-1]
    logits = case.input("logits", *shape)
    labels = torch.randint(classes, shape[:-1])
    labels[list(ignored)] = IGNORE_INDEX
    case.constant("labels", labels)
    if lengths:
        valid = valid_steps(case.constant("lengths", lengths), shape[1])
        labels = labels.masked_fill(~valid, IGNORE_INDEX)
    weights = case.constant("class_weights", torch.rand(classes) + 0.3) if weighted else None
    criterion = nn.CrossEntropyLoss(weight=weights, ignore_index=IGNORE_INDEX, label_smoothing=label_smoothing)
    case.write_loss(criterion(logits.reshape(-1, classes), labels.reshape(-1)))


def mean_squared_error():
    """The mean over every element; of a ragged batch, over the elements of valid steps."""
    for name, shape in {"features": (5, 3), "steps": (4, 3, 2)}.items():
        case = Case("mse", name)
        predictions = case.input("predictions", *shape)
        case.write_loss(nn.functional.mse_loss(predictions, case.constant("targets", torch.randn(shape))))

    case = Case("mse", "steps_ragged")
    predictions = case.input("predictions", 4, 3, 2)
    targets = case.constant("targets", torch.randn(4, 3, 2))
    valid = valid_steps(case.constant("lengths", [2, 0, 3, 1]), 3)
    case.write_loss(nn.functional.mse_loss(predictions[valid], targets[valid]))


def huber():
    """Differences on both sides of delta."""
    for name, delta in {"default": 1.0, "delta": 0.4}.items():
        case = Case("huber", name, delta=delta)
        predictions = case.input("predictions", 7, 3)
        targets = case.constant("targets", torch.randn(7, 3))
        case.write_loss(nn.functional.huber_loss(predictions, targets, delta=delta))


def binary_cross_entropy():
    """Targets between 0 and 1, the ends among them; one logit is large."""
    for name, weighted in {"plain": False, "pos_weight": True}.items():
        case = Case("bce", name)
        logits = case.input("predictions", 7, 3)
        with torch.no_grad():
            logits[0, 0], logits[1, 1] = 30, -25
        targets = torch.rand(7, 3)
        targets[2:] = (targets[2:] > 0.5).double()
        weight = case.constant("pos_weight", torch.rand(3) + 0.5) if weighted else None
        targets = case.constant("targets", targets)
        case.write_loss(nn.functional.binary_cross_entropy_with_logits(logits, targets, pos_weight=weight))
