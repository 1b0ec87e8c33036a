"""Training curves of models of ragged sequences: what the layers do to each other over 30 steps."""

import torch
from torch import nn

import reference_file
from torch_case import array
from torch_modules import AttentionPool, last_step, mean_over_steps, run_recurrent

GROUP = "ragged_curve"
N, STEPS, FEATURES, CLASSES, TOKENS = 48, 9, 5, 4, 12
EPOCHS, LEARNING_RATE = 30, 0.01


class Recurrent(nn.Module):
    """heed's classifier with attention pooling, or the last step, over a recurrent layer; tokens first where there is an
    embedding; one dense layer in the end where `single`."""

    def __init__(self, name, kind, embedding=None, attention=True, single=False, **options):
        super().__init__()
        hidden = 6
        if embedding:
            self.embedding = nn.Embedding(TOKENS, embedding, padding_idx=0)
        self.name = name
        setattr(self, name, kind(embedding or FEATURES, hidden, batch_first=True, **options))
        width = hidden * (2 if options.get("bidirectional") else 1)
        if attention:
            self.attention = AttentionPool(width)
        if single:
            self.fc = nn.Linear(width, CLASSES)
        else:
            self.fc1 = nn.Linear(width, 7)
            self.fc2 = nn.Linear(7, CLASSES)

    def forward(self, x, lengths):
        if hasattr(self, "embedding"):
            x = self.embedding(x)
        y, _ = run_recurrent(getattr(self, self.name), x, lengths)
        pooled = self.attention(y, lengths)[0] if hasattr(self, "attention") else last_step(y, lengths)
        if hasattr(self, "fc"):
            return self.fc(pooled)
        return self.fc2(torch.relu(self.fc1(pooled)))


class Encoder(nn.Module):
    """Linear > two encoder blocks with key padding > mean over valid steps > Linear, named by their places."""

    def __init__(self):
        super().__init__()
        size = 8
        block = nn.TransformerEncoderLayer(size, 2, dim_feedforward=12, dropout=0, batch_first=True)
        self.add_module("0", nn.Linear(FEATURES, size))
        self.add_module("1", nn.TransformerEncoder(block, 2))
        self.add_module("3", nn.Linear(size, CLASSES))

    def forward(self, x, lengths):
        padding = torch.arange(STEPS) >= lengths[:, None]
        first, encoder, last = self.children()
        y = encoder(first(x), src_key_padding_mask=padding)
        return last(mean_over_steps(y, lengths))


def write_all():
    torch.manual_seed(reference_file.seed_of(GROUP, "data"))
    labels = torch.randint(CLASSES, (N,))
    lengths = torch.randint(1, STEPS + 1, (N,))
    x = torch.randn(CLASSES, STEPS, FEATURES)[labels] + 0.5 * torch.randn(N, STEPS, FEATURES)
    tokens = (torch.randint(TOKENS, (CLASSES, STEPS))[labels] + torch.randint(3, (N, STEPS))) % TOKENS
    valid = torch.arange(STEPS) < lengths[:, None]
    x, tokens = x * valid[:, :, None], tokens * valid
    data = {"x": x, "tokens": tokens, "labels": labels, "lengths": lengths}
    reference_file.write(GROUP, "data", {f"input.{k}": array(v) for k, v in data.items()}, {"torch": torch.__version__})
    deep = {"num_layers": 2, "bidirectional": True}
    curve("lstm", lambda: Recurrent("lstm", nn.LSTM, **deep), x, lengths, labels)
    curve("gru", lambda: Recurrent("gru", nn.GRU), x, lengths, labels)
    curve("embedding", lambda: Recurrent("lstm", nn.LSTM, embedding=5), tokens, lengths, labels)
    curve("encoder", Encoder, x, lengths, labels)
    curve("rnn", lambda: Recurrent("rnn", nn.RNN, attention=False, num_layers=2), x, lengths, labels)
    curve("sentences", lambda: Recurrent("lstm", nn.LSTM, embedding=5, single=True), tokens, lengths, labels)


def curve(name, make, x, lengths, labels):
    """Weights at the start, and the loss of every epoch's forward pass of full-batch Adam."""
    torch.manual_seed(reference_file.seed_of(GROUP, name))
    model = make()
    tensors = {f"weight.{key}": array(value).copy() for key, value in model.state_dict().items()}
    optimizer = torch.optim.Adam(model.parameters(), lr=LEARNING_RATE)
    losses = []
    for _ in range(EPOCHS):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x, lengths), labels)
        loss.backward()
        optimizer.step()
        losses.append(loss.detach())
    tensors["output.loss"] = array(torch.stack(losses))
    settings = {"torch": torch.__version__, "learning_rate": LEARNING_RATE}
    reference_file.write(GROUP, name, tensors, settings)
