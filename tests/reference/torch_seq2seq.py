"""Sequence to sequence with attention: one pass, and 20 steps of training from the same weights."""

import torch
from torch import nn

import reference_file
from torch_case import Case, array
from torch_modules import AdditiveAttention, DotAttention, masked_softmax, run_recurrent, valid_steps

GROUP = "seq2seq"
N, STEPS, SOURCE, TARGET = 10, 6, 7, 6
STEPS_OF_TRAINING, LEARNING_RATE = 20, 0.02


class PlainDotAttention(nn.Module):
    """Of the states themselves."""

    def __init__(self, scaled):
        super().__init__()
        self.scaled = scaled

    def forward(self, query, memory, query_lengths=None, memory_lengths=None):
        scores = query @ memory.transpose(1, 2)
        if self.scaled:
            scores = scores / query.shape[-1] ** 0.5
        weights = masked_softmax(scores, valid_steps(memory_lengths, memory.shape[1])[:, None, :])
        return weights @ memory, weights


class GeneralAttention(nn.Module):
    def __init__(self, query_size, memory_size):
        super().__init__()
        self.attn = nn.Linear(query_size, memory_size, bias=False)

    def forward(self, query, memory, query_lengths=None, memory_lengths=None):
        scores = self.attn(query) @ memory.transpose(1, 2)
        weights = masked_softmax(scores, valid_steps(memory_lengths, memory.shape[1])[:, None, :])
        return weights @ memory, weights


def attention_of(score, hidden, memory):
    if score == "additive":
        return AdditiveAttention(hidden, memory, hidden)
    if score == "general":
        return GeneralAttention(hidden, memory)
    scaled = score == "scaled_dot"
    return PlainDotAttention(scaled) if hidden == memory else DotAttention(hidden, memory, hidden, scaled)


class Encoder(nn.Module):
    def __init__(self, embedding, hidden, layers, bidirectional, bridge):
        super().__init__()
        self.embedding = nn.Embedding(SOURCE, embedding, padding_idx=0)
        self.rnn = nn.LSTM(embedding, hidden, layers, bidirectional=bidirectional, batch_first=True)
        self.bridge = bridge if bidirectional else "direct"
        if self.bridge == "dense":
            self.fc_hidden = nn.Linear(2 * hidden, hidden)
            self.fc_cell = nn.Linear(2 * hidden, hidden)

    def cross(self, name, state):
        if self.bridge == "direct":
            return state
        forward, backward = state[0::2], state[1::2]
        if self.bridge == "sum":
            return forward + backward
        return torch.tanh(getattr(self, name)(torch.cat((forward, backward), dim=-1)))

    def forward(self, tokens, lengths):
        memory, (h, c) = run_recurrent(self.rnn, self.embedding(tokens), lengths)
        return memory, (self.cross("fc_hidden", h), self.cross("fc_cell", c))


class Decoder(nn.Module):
    def __init__(self, embedding, hidden, layers, memory, score):
        super().__init__()
        self.attention = attention_of(score, hidden, memory)
        context = hidden if score in ("dot", "scaled_dot") else memory
        self.embedding = nn.Embedding(TARGET, embedding, padding_idx=0)
        self.rnn = nn.LSTM(embedding + context, hidden, layers, batch_first=True)
        self.fc_out = nn.Linear(hidden + context + embedding, TARGET)

    def forward(self, tokens, memory, lengths, state):
        logits, weights = [], []
        for token in tokens.unbind(1):
            embedded = self.embedding(token)[:, None]
            context, attended = self.attention(state[0][-1][:, None], memory, memory_lengths=lengths)
            output, state = self.rnn(torch.cat((embedded, context), dim=-1), state)
            logits.append(self.fc_out(torch.cat((output, context, embedded), dim=-1)))
            weights.append(attended)
        return torch.cat(logits, dim=1), torch.cat(weights, dim=1)


class Seq2Seq(nn.Module):
    """With teacher forcing: x (n, steps, 2) holds the source's tokens and what the decoder is told; 0 is padding."""

    def __init__(self, score, layers, bidirectional, bridge="dense", embedding=3, hidden=4):
        super().__init__()
        self.encoder = Encoder(embedding, hidden, layers, bidirectional, bridge)
        self.decoder = Decoder(embedding, hidden, layers, hidden * (2 if bidirectional else 1), score)

    def forward(self, x):
        source, target = x[:, :, 0], x[:, :, 1]
        lengths = (source != 0).sum(dim=1)
        memory, state = self.encoder(source, lengths)
        return self.decoder(target, memory, lengths, state)


def pairs():
    """The source without its end and turned round, shifted by one token: something to learn."""
    x = torch.zeros(N, STEPS, 2, dtype=torch.long)
    labels = torch.full((N, STEPS), -100)
    for i in range(N):
        words = int(torch.randint(1, STEPS - 1, ()))
        source = torch.randint(4, SOURCE, (words,))
        target = source.flip(0)[: max(words - i % 2, 0)] - 1  # 3 to 5: others than the marks, but for the end
        x[i, :words, 0] = source
        x[i, words, 0] = 3
        told = torch.cat((torch.tensor([2]), target))
        x[i, : len(told), 1] = told
        labels[i, : len(told)] = torch.cat((target, torch.tensor([1])))
    lengths = torch.maximum((x[:, :, 0] != 0).sum(dim=1), (x[:, :, 1] != 0).sum(dim=1))
    return x, labels, lengths


def loss_of(model, x, labels):
    logits, _ = model(x)
    return nn.functional.cross_entropy(logits.flatten(0, 1), labels.flatten(), ignore_index=-100)


def write(name, **options):
    case = Case(GROUP, name, learning_rate=LEARNING_RATE, hidden=4, embedding=3, **options)
    x, labels, lengths = pairs()
    case.constant("x", x)
    case.constant("labels", labels)
    case.constant("lengths", lengths)
    model = case.module(Seq2Seq(**options))
    with torch.no_grad():
        for table in (model.encoder.embedding, model.decoder.embedding):
            table.weight[0] = 0
    weights = {key: value.clone() for key, value in model.state_dict().items()}
    logits, attention = model(x)
    told = (x[:, :, 1] != 0)[:, :, None]
    case.observe("logits", logits * told)
    case.observe("attention", attention * told)

    trained = Seq2Seq(**options)
    trained.load_state_dict(weights)
    optimizer = torch.optim.Adam(trained.parameters(), lr=LEARNING_RATE)
    losses = []
    for _ in range(STEPS_OF_TRAINING):
        optimizer.zero_grad()
        loss = loss_of(trained, x, labels)
        loss.backward()
        optimizer.step()
        losses.append(loss.detach())
    case.observe("curve", torch.stack(losses))
    case.write_loss(loss_of(model, x, labels))


def write_all():
    write("additive", score="additive", layers=2, bidirectional=False)
    write("scaled_dot_bidirectional", score="scaled_dot", layers=2, bidirectional=True)
    write("dot", score="dot", layers=1, bidirectional=False)
    write("general_bidirectional_sum", score="general", layers=1, bidirectional=True, bridge="sum")


if __name__ == "__main__":
    write_all()
