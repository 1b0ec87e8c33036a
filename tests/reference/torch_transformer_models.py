"""The transformer models: one pass with all gradients, and the losses of 20 steps of training, on ragged sequences."""

import torch
from torch import nn

import reference_file
from torch_attention import MultiHead
from torch_case import array
from torch_modules import mean_over_steps

GROUP = "transformer_model"
N, STEPS, FEATURES, CLASSES, TOKENS = 12, 7, 3, 4, 9
SIZE, HEADS, HIDDEN, BLOCKS = 6, 2, 7, 2
EPOCHS, LEARNING_RATE = 20, 0.01


class SelfAttention(MultiHead):
    """`MultiHead` as nn.TransformerEncoderLayer calls its attention."""

    def forward(self, query, key, value, attn_mask=None, key_padding_mask=None, need_weights=False):
        n, steps, _ = query.shape
        padding = torch.zeros(n, steps, dtype=torch.bool) if key_padding_mask is None else key_padding_mask
        return self.attend(query, key, value, ~padding[:, None, :].expand(n, steps, steps))


def make_encoder(norm, activation="relu", **attention):
    block = nn.TransformerEncoderLayer(
        SIZE, HEADS, HIDDEN, dropout=0.0, activation=activation, batch_first=True, norm_first=norm == "pre"
    )
    if norm == "none":
        block.norm1, block.norm2 = nn.Identity(), nn.Identity()
    if attention:
        block.self_attn = SelfAttention(SIZE, HEADS, **attention)
    return nn.TransformerEncoder(block, BLOCKS, nn.LayerNorm(SIZE) if norm == "pre" else None)


def sinusoids(steps):
    rate = 10000 ** (-torch.arange(0, SIZE, 2) / SIZE)
    angle = torch.arange(steps)[:, None] * rate
    return torch.stack((torch.sin(angle), torch.cos(angle)), dim=-1).flatten(1)


class Classifier(nn.Module):
    def __init__(self, norm, learned, **attention):
        super().__init__()
        self.input = nn.Linear(FEATURES, SIZE)
        self.positions = nn.Embedding(STEPS, SIZE) if learned else None
        self.added = not attention.get("relative")
        self.encoder = make_encoder(norm, **attention)
        self.output = nn.Linear(SIZE, CLASSES)

    def forward(self, x, lengths):
        steps = torch.arange(x.shape[1])
        y = self.input(x)
        if self.added:
            y = y + (self.positions(steps) if self.positions else sinusoids(x.shape[1]))
        y = self.encoder(y, src_key_padding_mask=steps >= lengths[:, None])
        return self.output(mean_over_steps(y, lengths))


class LanguageModel(nn.Module):
    def __init__(self, tied):
        super().__init__()
        self.embedding = nn.Embedding(TOKENS, SIZE)
        self.positions = nn.Embedding(STEPS, SIZE)
        self.encoder = make_encoder("pre", "gelu")
        self.output = nn.Linear(SIZE, TOKENS)
        if tied:
            self.output.weight = self.embedding.weight

    def forward(self, x, lengths):
        steps = torch.arange(x.shape[1])
        y = self.embedding(x) + self.positions(steps)
        later = steps[None, :] > steps[:, None]
        return self.output(self.encoder(y, mask=later, src_key_padding_mask=steps >= lengths[:, None]))


def write_all():
    torch.manual_seed(reference_file.seed_of(GROUP, "data"))
    labels = torch.randint(CLASSES, (N,))
    lengths = torch.randint(1, STEPS + 1, (N,))
    lengths[0] = STEPS
    x = torch.randn(CLASSES, STEPS, FEATURES)[labels] + 0.5 * torch.randn(N, STEPS, FEATURES)
    text = (torch.randint(TOKENS, (N, 1)) + torch.cumsum(torch.randint(1, 3, (N, STEPS + 1)), 1)) % TOKENS
    later = torch.where(torch.arange(STEPS) < lengths[:, None], text[:, 1:], -100)
    for norm in ["none", "pre", "post"]:
        for learned in [False, True]:
            name = f"classifier_{norm}" + "_learned" * learned
            case(name, lambda: Classifier(norm, learned), x, lengths, labels, norm=norm, learned=learned)
    for attention in [{"relative": 2}, {"locality": True}]:
        options = {"norm": "pre", "learned": False, **attention}
        case(f"classifier_{'_'.join(attention)}", lambda: Classifier(**options), x, lengths, labels, **options)
    for tied in [False, True]:
        name = "language" + "_tied" * tied
        case(name, lambda: LanguageModel(tied), text[:, :-1], lengths, later, tied=tied)


def loss_of(logits, labels):
    return nn.functional.cross_entropy(logits.flatten(0, -2), labels.flatten())


def case(name, make, x, lengths, labels, **options):
    """Weights at the start, the gradients there, and the loss of every epoch's forward pass of full-batch Adam."""
    torch.manual_seed(reference_file.seed_of(GROUP, name))
    model = make()
    for weight in model.parameters():
        nn.init.uniform_(weight, -0.6, 0.6)
    tensors = {f"input.{key}": array(value) for key, value in (("x", x), ("lengths", lengths), ("labels", labels))}
    weights = dict(model.named_parameters())
    tensors |= {f"weight.{key}": array(value).copy() for key, value in weights.items()}
    optimizer = torch.optim.Adam(model.parameters(), lr=LEARNING_RATE)
    losses = []
    for epoch in range(EPOCHS):
        optimizer.zero_grad()
        loss = loss_of(model(x, lengths), labels)
        loss.backward()
        if epoch == 0:
            tensors |= {f"dweight.{key}": array(value.grad).copy() for key, value in weights.items()}
        optimizer.step()
        losses.append(loss.detach())
    tensors["output.loss"] = array(torch.stack(losses))
    settings = {"torch": torch.__version__, "learning_rate": LEARNING_RATE, **options}
    reference_file.write(GROUP, name, tensors, settings)


if __name__ == "__main__":
    write_all()
