"""The tagger: one pass, its gradients, and the losses of 20 epochs of full-batch Adam, for each kind of output."""

import torch
from torch import nn

import reference_file
from torch_case import array
from torch_modules import run_recurrent, valid_steps

GROUP = "tagger"
N, STEPS, CLASSES, HIDDEN, HEADS = 12, 6, 4, 3, 2
TOKENS, SIZES = (9, 5), (3, 2)
EPOCHS, LEARNING_RATE = 20, 0.01
IGNORED = -100


class Tagger(nn.Module):
    """Embeddings > BiLSTM > attention > Linear. Logits of each step, or (`sequence`) of the whole."""

    def __init__(self, attention, sequence=False):
        super().__init__()
        self.kind, self.sequence, width = attention, sequence, 2 * HIDDEN
        self.embed = nn.ModuleList(nn.Embedding(n, size, padding_idx=0) for n, size in zip(TOKENS, SIZES))
        self.bilstm = nn.LSTM(sum(SIZES), HIDDEN, batch_first=True, bidirectional=True)
        if attention == "pool":
            self.attention = nn.Linear(width, 1)
        if attention == "multihead":
            self.attention = nn.MultiheadAttention(width, HEADS, batch_first=True)
        self.classifier = nn.Linear(width if sequence or attention == "none" else 2 * width, CLASSES)

    def forward(self, tokens, lengths):
        valid = valid_steps(lengths, STEPS)
        vectors = torch.cat([table(tokens[:, :, k]) for k, table in enumerate(self.embed)], dim=2)
        states, _ = run_recurrent(self.bilstm, vectors, lengths)
        if self.kind == "none":
            return self.classifier(states)
        if self.kind == "multihead":
            attended, _ = self.attention(states, states, states, key_padding_mask=~valid)
        else:
            scores = self.attention(states).squeeze(2).masked_fill(~valid, -torch.inf)
            attended = (torch.softmax(scores, dim=1).unsqueeze(2) * states).sum(dim=1)
            if self.sequence:
                return self.classifier(attended)
            attended = attended.unsqueeze(1).expand_as(states)
        return self.classifier(torch.cat([states, attended], dim=2))


def data():
    """Tokens that say what the labels are, but for a few; some labels do not count."""
    torch.manual_seed(reference_file.seed_of(GROUP, "data"))
    lengths = torch.randint(1, STEPS + 1, (N,))
    labels = torch.randint(CLASSES, (N, STEPS))
    words = 1 + 2 * labels + torch.randint(2, (N, STEPS))
    tokens = torch.stack([words, torch.randint(1, TOKENS[1], (N, STEPS))], dim=2)
    labels[torch.rand(N, STEPS) < 0.1] = IGNORED
    labels[~valid_steps(lengths, STEPS)] = IGNORED
    tokens = tokens * valid_steps(lengths, STEPS).unsqueeze(2)
    return tokens, labels, torch.randint(CLASSES, (N,)), lengths


def write(name, attention, sequence=False):
    tokens, labels, of_sequences, lengths = data()
    torch.manual_seed(reference_file.seed_of(GROUP, name))
    model = Tagger(attention, sequence)
    inputs = {"tokens": tokens, "labels": of_sequences if sequence else labels, "lengths": lengths}
    tensors = {f"input.{key}": array(value) for key, value in inputs.items()}
    tensors |= {f"weight.{key}": array(value).copy() for key, value in model.state_dict().items()}

    optimizer = torch.optim.Adam(model.parameters(), lr=LEARNING_RATE)
    losses = []
    for epoch in range(EPOCHS):
        optimizer.zero_grad()
        logits = model(tokens, lengths)
        loss = nn.functional.cross_entropy(logits.reshape(-1, CLASSES), inputs["labels"].reshape(-1), ignore_index=IGNORED)
        loss.backward()
        if epoch == 0:
            tensors["output.logits"] = array(logits).copy()
            tensors |= {f"dweight.{key}": array(value.grad).copy() for key, value in model.named_parameters()}
        optimizer.step()
        losses.append(loss.detach())
    tensors["output.losses"] = array(torch.stack(losses))
    settings = {"torch": torch.__version__, "attention": attention, "output": "sequence" if sequence else "tokens",
                "hidden": HIDDEN, "heads": HEADS, "classes": CLASSES, "learning_rate": LEARNING_RATE}
    reference_file.write(GROUP, name, tensors, settings)


def write_all():
    write("sequence", "pool", sequence=True)
    write("pool", "pool")
    write("multihead", "multihead")
    write("none", "none")
