"""Reference files of classifiers with convolutions in front: one pass, and ten steps of training."""

import torch
from torch import nn

import reference_file
from torch_case import Case, array
from torch_modules import last_step, max_over_steps, mean_over_steps, run_recurrent, valid_steps

STEPS, FEATURES, CLASSES = 12, 3, 4
LENGTHS = [12, 3, 0, 7, 1, 9, 4]
SMALL = {"channels": [6, 5, 8], "kernels": [8, 5, 3]}


class ConvBlock(nn.Module):
    """Convolution over time, LayerNorm over the features of a step, ReLU; beside its input where it is residual."""

    def __init__(self, inputs, outputs, kernel, causal=False, residual=False, norm="step"):
        super().__init__()
        self.before = kernel - 1 if causal else (kernel - 1) // 2
        self.after = kernel - 1 - self.before
        self.residual = residual
        self.conv = nn.Conv1d(inputs, outputs, kernel)
        self.norm = nn.LayerNorm(outputs) if norm == "step" else nn.GroupNorm(1, outputs)
        if residual and inputs != outputs:
            self.shortcut = nn.Conv1d(inputs, outputs, 1)

    def normalised(self, y, valid):
        if isinstance(self.norm, nn.LayerNorm):
            return self.norm(y)
        rows = []  # each sequence cut to its length
        for row, length in zip(y, valid.sum(dim=1)[:, 0].tolist()):
            cut = self.norm(row[None, :length].transpose(1, 2)).transpose(1, 2)[0] if length else row[:0]
            rows.append(nn.functional.pad(cut, (0, 0, 0, len(row) - length)))
        return torch.stack(rows)

    def forward(self, x, valid):
        """(n, steps, inputs) to (n, steps, outputs); steps past the end count as zeros."""
        padded = nn.functional.pad((x * valid).transpose(1, 2), (self.before, self.after))
        y = self.normalised(self.conv(padded).transpose(1, 2), valid)
        if hasattr(self, "shortcut"):
            y = y + self.shortcut(x.transpose(1, 2)).transpose(1, 2)
        elif self.residual:
            y = y + x
        return torch.relu(y)


class ConvClassifier(nn.Module):
    """Blocks, a recurrent layer or none, a pool, one Dense or two. Its state_dict is what heed's classifier writes."""

    def __init__(self, kernels, channels, attention, cell="none", hidden=5, bidirectional=False, dense=0, **block):
        super().__init__()
        sizes = [FEATURES, *channels]
        self.front = nn.ModuleList(ConvBlock(i, o, k, **block) for i, o, k in zip(sizes, channels, kernels))
        width = channels[-1]
        self.cell, self.kind = cell, attention
        if cell != "none":
            layer = {"lstm": nn.LSTM, "gru": nn.GRU, "rnn": nn.RNN}[cell]
            setattr(self, cell, layer(width, hidden, batch_first=True, bidirectional=bidirectional))
            width = (2 if bidirectional else 1) * hidden
        width *= 2 if attention == "meanmax" else 1
        if dense:
            self.fc1, self.fc2 = nn.Linear(width, dense), nn.Linear(dense, CLASSES)
        else:
            self.fc = nn.Linear(width, CLASSES)

    def forward(self, x, lengths=None):
        full = torch.full((len(x),), x.shape[1])
        valid = valid_steps(full if lengths is None else lengths, x.shape[1])[:, :, None]
        for block in self.front:
            x = block(x, valid)
        if self.cell != "none":
            x, _ = run_recurrent(getattr(self, self.cell), x, lengths)
        pools = {"mean": [mean_over_steps], "max": [max_over_steps], "meanmax": [mean_over_steps, max_over_steps]}
        pools["none"] = [last_step]
        pooled = torch.cat([pool(x, lengths) for pool in pools[self.kind]], dim=-1)
        return self.fc(pooled) if hasattr(self, "fc") else self.fc2(torch.relu(self.fc1(pooled)))


CHOICES = {
    "meanmax": {"attention": "meanmax"},
    "causal_max": {"attention": "max", "causal": True, "dense": 6},
    "residual_mean": {"attention": "mean", "residual": True},
    "sequence_norm": {"attention": "meanmax", "residual": True, "norm": "sequence"},
    "lstm_last": {"attention": "none", "cell": "lstm"},
    "gru_meanmax": {"attention": "meanmax", "cell": "gru", "bidirectional": True, "residual": True, "dense": 7},
}


def write_all():
    for name, choice in CHOICES.items():
        gradients(name, choice, None)
        gradients(f"{name}_ragged", choice, LENGTHS)
        training(name, choice)


def stored(settings):
    """The options as heed's files have them."""
    commas = {name: ",".join(map(str, settings[name])) for name in ("kernels", "channels")}
    return {"cell": "none", "dense": 0, "hidden": 5, **settings, **commas, "features": FEATURES, "classes": CLASSES}


def gradients(name, choice, lengths):
    """Mean cross-entropy of seven sequences and every gradient, all weights random."""
    settings = {**SMALL, **choice}
    case = Case("conv_classifier", name, **stored(settings))
    model = case.module(ConvClassifier(**settings))
    x = case.input("x", 7, STEPS, FEATURES)
    labels = case.constant("labels", torch.randint(CLASSES, (7,)))
    logits = model(x, None if lengths is None else case.constant("lengths", lengths))
    case.observe("logits", logits)
    case.write_loss(nn.functional.cross_entropy(logits, labels))


def training(name, choice, steps=10, learning_rate=0.003, weight_decay=0.01, max_norm=1, smoothing=0.05):
    """Losses of ten steps on the full batch: AdamW, a one-cycle rate, the norm clipped, labels smoothed."""
    settings = {**SMALL, **choice}
    torch.manual_seed(reference_file.seed_of("conv_classifier_training", name))
    model = ConvClassifier(**settings)
    x, labels = torch.randn(20, STEPS, FEATURES), torch.randint(CLASSES, (20,))
    tensors = {"input.x": array(x), "input.labels": array(labels)}
    tensors |= {f"weight.{key}": array(value).copy() for key, value in model.state_dict().items()}
    matrices = [p for p in model.parameters() if p.dim() > 1]
    vectors = [p for p in model.parameters() if p.dim() == 1]
    groups = [{"params": matrices, "weight_decay": weight_decay}, {"params": vectors, "weight_decay": 0}]
    optimizer = torch.optim.AdamW(groups, lr=learning_rate)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, max_lr=learning_rate, total_steps=steps, cycle_momentum=False
    )
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x), labels, label_smoothing=smoothing)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), max_norm)
        optimizer.step()
        schedule.step()
        losses.append(loss.detach())
    tensors["output.loss"] = array(torch.stack(losses))
    choices = {"learning_rate": learning_rate, "weight_decay": weight_decay, "clip_norm": max_norm, "smoothing": smoothing}
    options = {"torch": torch.__version__, **choices, **stored(settings)}
    reference_file.write("conv_classifier_training", name, tensors, options)
