"""The attentions and the classifier in PyTorch, for batch-first sequences that may be ragged.

`lengths` (n) counts the valid steps of each sequence; None means all. Steps past the length give zeros and take no
gradient, and so does whatever attends to nothing.
"""

import torch
from torch import nn


def valid_steps(lengths, steps):
    """(n, steps): true where a step lies within its sequence."""
    return torch.arange(steps) < lengths[:, None]


def masked_softmax(scores, valid):
    """Softmax over the last axis among the valid entries. A row without any gives zeros, where torch gives NaN."""
    if valid is None:
        return torch.softmax(scores, dim=-1)
    some = valid.any(dim=-1, keepdim=True)
    return torch.softmax(scores.masked_fill(~valid & some, -torch.inf), dim=-1) * valid


def attention_mask(n, query_steps, memory_steps, query_lengths, memory_lengths):
    """(n, query_steps, memory_steps): true where a valid query meets a valid key; None if everything is valid."""
    if query_lengths is None and memory_lengths is None:
        return None
    mask = torch.ones(n, query_steps, memory_steps, dtype=torch.bool)
    if query_lengths is not None:
        mask = mask & valid_steps(query_lengths, query_steps)[:, :, None]
    if memory_lengths is not None:
        mask = mask & valid_steps(memory_lengths, memory_steps)[:, None, :]
    return mask


def mask_of(query, memory, query_lengths, memory_lengths):
    return attention_mask(query.shape[0], query.shape[1], memory.shape[1], query_lengths, memory_lengths)


def run_recurrent(layer, x, lengths=None, state=None):
    """Outputs and the final state. An empty sequence gives zeros; torch refuses it, so it runs as one step that is dropped."""
    if lengths is None:
        return layer(x, state)
    packed = nn.utils.rnn.pack_padded_sequence(x, lengths.clamp(min=1), batch_first=True, enforce_sorted=False)
    packed, final = layer(packed, state)
    y, _ = nn.utils.rnn.pad_packed_sequence(packed, batch_first=True, total_length=x.shape[1])
    some = (lengths > 0)[:, None]
    final = tuple(part * some for part in final) if isinstance(final, tuple) else final * some
    return y * some[:, :, None], final


def last_step(x, lengths=None):
    """(n, features) of the last valid step."""
    if lengths is None:
        return x[:, -1]
    rows = torch.arange(x.shape[0])
    return x[rows, (lengths - 1).clamp(min=0)] * (lengths > 0)[:, None]


def mean_over_steps(x, lengths=None):
    if lengths is None:
        return x.mean(dim=1)
    valid = valid_steps(lengths, x.shape[1])[:, :, None]
    return (x * valid).sum(dim=1) / lengths.clamp(min=1)[:, None]


def max_over_steps(x, lengths=None):
    if lengths is None:
        return x.amax(dim=1)
    valid = valid_steps(lengths.clamp(min=1), x.shape[1])[:, :, None]
    return x.masked_fill(~valid, -torch.inf).amax(dim=1) * (lengths > 0)[:, None]


class AttentionPool(nn.Module):
    """score_t = w . h_t + b, softmax over the valid steps, weighted sum."""

    def __init__(self, size):
        super().__init__()
        self.attention = nn.Linear(size, 1)

    def forward(self, x, lengths=None):
        valid = None if lengths is None else valid_steps(lengths, x.shape[1])
        weights = masked_softmax(self.attention(x)[:, :, 0], valid)
        return (x * weights[:, :, None]).sum(dim=1), weights


class AdditiveAttention(nn.Module):
    """score(q, k) = v . tanh(W [q; k] + b) for every pair of a query step and a memory step."""

    def __init__(self, query_size, memory_size, attention_size):
        super().__init__()
        self.attn = nn.Linear(query_size + memory_size, attention_size)
        self.v = nn.Parameter(torch.rand(attention_size))

    def forward(self, query, memory, query_lengths=None, memory_lengths=None):
        queries = query[:, :, None, :].expand(-1, -1, memory.shape[1], -1)
        keys = memory[:, None, :, :].expand(-1, query.shape[1], -1, -1)
        scores = torch.tanh(self.attn(torch.cat((queries, keys), dim=-1))) @ self.v
        weights = masked_softmax(scores, mask_of(query, memory, query_lengths, memory_lengths))
        return weights @ memory, weights


class DotAttention(nn.Module):
    """softmax(Q K^T * scale) V of three projections; scale 1 or 1/sqrt(output_size)."""

    def __init__(self, query_size, memory_size, output_size, scaled):
        super().__init__()
        self.query = nn.Linear(query_size, output_size)
        self.key = nn.Linear(memory_size, output_size)
        self.value = nn.Linear(memory_size, output_size)
        self.scale = output_size**-0.5 if scaled else 1.0

    def forward(self, query, memory, query_lengths=None, memory_lengths=None):
        scores = self.query(query) @ self.key(memory).transpose(1, 2) * self.scale
        weights = masked_softmax(scores, mask_of(query, memory, query_lengths, memory_lengths))
        return weights @ self.value(memory), weights


def run_multihead(attention, query, memory, query_lengths=None, memory_lengths=None):
    """Output (n, Tq, E) and weights (n, heads, Tq, Tk) of a torch.nn.MultiheadAttention.

    An empty memory gives zeros, the output projection's bias left out. Torch would give NaN, so that it runs as one step
    whose result is dropped.
    """
    mask = mask_of(query, memory, query_lengths, memory_lengths)
    ignored = None
    if memory_lengths is not None:
        ignored = ~valid_steps(memory_lengths.clamp(min=1), memory.shape[1])  # in torch's masks true means ignore
    y, weights = attention(query, memory, memory, key_padding_mask=ignored, average_attn_weights=False)
    if mask is not None:
        y, weights = y * mask.any(dim=-1, keepdim=True), weights * mask[:, None]
    return y, weights


class Classifier(nn.Module):
    """LSTM, attention, Dense + ReLU, Dense. Its state_dict is what heed's classifier writes.

    attention: pool | multihead | additive | none; pooling (of multihead): last | mean. dense 0: one Dense, fc, in the end.
    """

    def __init__(self, attention, pooling="last", features=5, classes=10, hidden=32, dense=16, heads=2):
        super().__init__()
        self.kind, self.pooling = attention, pooling
        self.lstm = nn.LSTM(features, hidden, batch_first=True)
        if attention == "pool":
            self.attention = AttentionPool(hidden)
        elif attention == "multihead":
            self.attention = nn.MultiheadAttention(hidden, heads, batch_first=True)
        elif attention == "additive":
            self.attention = AdditiveAttention(hidden, hidden, hidden)
        elif attention != "none":
            raise ValueError(f"unknown attention {attention}")
        if dense:
            self.fc1 = nn.Linear(hidden, dense)
            self.fc2 = nn.Linear(dense, classes)
        else:
            self.fc = nn.Linear(hidden, classes)

    def pooled(self, y, lengths):
        """(n, hidden) and the attention weights, if there are any."""
        if self.kind == "pool":
            return self.attention(y, lengths)
        if self.kind == "additive":
            query = last_step(y, lengths)[:, None]
            context, weights = self.attention(query, y, memory_lengths=lengths)
            return context[:, 0], weights[:, 0]
        if self.kind == "multihead":
            attended, weights = run_multihead(self.attention, y, y, lengths, lengths)
            pool = {"last": last_step, "mean": mean_over_steps}[self.pooling]
            return pool(attended, lengths), weights
        return last_step(y, lengths), None

    def forward(self, x, lengths=None):
        return self.explain(x, lengths)[0]

    def explain(self, x, lengths=None):
        """The logits and the attention weights."""
        y, _ = run_recurrent(self.lstm, x, lengths)
        features, weights = self.pooled(y, lengths)
        if hasattr(self, "fc"):
            return self.fc(features), weights
        return self.fc2(torch.relu(self.fc1(features))), weights


# The classifiers that have reference files: name -> what the module is built with.
CLASSIFIERS = {
    "pool": {"attention": "pool"},
    "multihead_last": {"attention": "multihead", "pooling": "last"},
    "multihead_mean": {"attention": "multihead", "pooling": "mean"},
    "additive": {"attention": "additive"},
    "none": {"attention": "none"},
}
