#!/usr/bin/env python3
"""The language model of examples/language_model.cpp in PyTorch: the same tokens, sizes, optimizer, batches and epochs.

    python3 torch_language_model.py --train train.en --validation val.en --test test_2016_flickr.en --epochs 6
"""

import argparse
import collections
import math
import time

import torch
from torch import nn

BOUNDARY = "</s>"


def sentences(path):
    with open(path, encoding="utf-8") as file:
        lines = [line.translate({c: c + 32 for c in range(65, 91)}).split() for line in file]
    return [words for words in lines if words]


def vocabulary(text, least):
    counts = collections.Counter(word for words in text for word in words)
    words = [word for word in sorted(counts, key=lambda w: (-counts[w], w.encode())) if counts[word] >= least]
    return {word: i for i, word in enumerate(["<pad>", "<unk>", BOUNDARY] + words)}


def tokens(text, known, steps):
    """Each sentence between two boundaries."""
    return [[2] + [known.get(word, 1) for word in words][: steps - 1] + [2] * (len(words) < steps) for words in text]


def batch_of(rows):
    longest = max(map(len, rows)) - 1
    x = torch.zeros(len(rows), longest, dtype=torch.long)
    y = torch.full((len(rows), longest), -100)
    for i, row in enumerate(rows):
        x[i, : len(row) - 1] = torch.tensor(row[:-1])
        y[i, : len(row) - 1] = torch.tensor(row[1:])
    return x, y


def batches(rows, size):
    """Of about one length each, in a random order."""
    order = torch.randperm(len(rows)).tolist()
    pool = 50 * size
    for first in range(0, len(order), pool):
        part = sorted(order[first : first + pool], key=lambda i: len(rows[i]))
        parts = [part[i : i + size] for i in range(0, len(part), size)]
        for i in torch.randperm(len(parts)).tolist():
            yield batch_of([rows[k] for k in parts[i]])


class LanguageModel(nn.Module):
    def __init__(self, words, steps, args):
        super().__init__()
        size = args.size
        self.embedding = nn.Embedding(words, size)
        self.positions = nn.Embedding(steps, size)
        block = nn.TransformerEncoderLayer(
            size, args.heads, args.feedforward, args.dropout, "gelu", batch_first=True, norm_first=True
        )
        self.encoder = nn.TransformerEncoder(block, args.layers, nn.LayerNorm(size))
        for layer in self.encoder.layers:  # copies of one: each starts by itself
            layer.self_attn._reset_parameters()
            layer.linear1.reset_parameters()
            layer.linear2.reset_parameters()
        self.drop = nn.Dropout(args.dropout)
        self.output = nn.Linear(size, words)
        self.output.weight = self.embedding.weight
        nn.init.zeros_(self.output.bias)
        nn.init.normal_(self.embedding.weight, std=size**-0.5)
        nn.init.normal_(self.positions.weight, std=0.02)

    def forward(self, x):
        steps = torch.arange(x.shape[1])
        later = steps[None, :] > steps[:, None]  # what is padded comes last: no valid step sees it
        h = self.drop(self.embedding(x) + self.positions(steps))
        return self.output(self.encoder(h, mask=later))


def perplexity(model, rows):
    model.eval()
    loss, count = 0.0, 0
    order = sorted(range(len(rows)), key=lambda i: len(rows[i]))
    with torch.no_grad():
        for first in range(0, len(order), 64):
            x, y = batch_of([rows[i] for i in order[first : first + 64]])
            loss += nn.functional.cross_entropy(model(x).flatten(0, 1), y.flatten(), reduction="sum").item()
            count += (y >= 0).sum().item()
    model.train()
    return math.exp(loss / count)


def main():
    parser = argparse.ArgumentParser()
    for name in ["train", "validation", "test"]:
        parser.add_argument(f"--{name}", required=True)
    whole = {"epochs": 6, "batch": 64, "size": 128, "heads": 4, "layers": 3, "feedforward": 512}
    for name, value in {**whole, "min-count": 2, "threads": 2, "seed": 0}.items():
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--dropout", type=float, default=0.1)
    parser.add_argument("--learning-rate", type=float, default=1e-3)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)

    text = sentences(args.train)
    known = vocabulary(text, args.min_count)
    steps = max(map(len, text)) + 1
    train, validation, test = (tokens(t, known, steps) for t in (text, sentences(args.validation), sentences(args.test)))
    model = LanguageModel(len(known), steps, args)
    print(len(train), "sentences,", sum(p.numel() for p in model.parameters()), "parameters, torch", torch.__version__)

    matrices = [p for p in model.parameters() if p.dim() > 1]
    others = [p for p in model.parameters() if p.dim() == 1]
    groups = [{"params": matrices, "weight_decay": 0.01}, {"params": others, "weight_decay": 0.0}]
    adam = torch.optim.AdamW(groups, lr=args.learning_rate)
    total = args.epochs * math.ceil(len(train) / args.batch)
    warmup = min(200, total // 10)
    rise = torch.optim.lr_scheduler.LinearLR(adam, 1 / 3, total_iters=warmup)
    fall = torch.optim.lr_scheduler.CosineAnnealingLR(adam, total - warmup, eta_min=1e-5)
    schedule = torch.optim.lr_scheduler.SequentialLR(adam, [rise, fall], [warmup])
    seconds = cpu = 0.0
    best, weights = math.inf, None
    for epoch in range(args.epochs):
        begin, cpu_begin = time.time(), time.process_time()
        loss, count = 0.0, 0
        for x, y in batches(train, args.batch):
            adam.zero_grad()
            here = nn.functional.cross_entropy(model(x).flatten(0, 1), y.flatten())
            here.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            adam.step()
            schedule.step()
            valid = (y >= 0).sum().item()
            loss += here.item() * valid
            count += valid
        seconds += time.time() - begin
        cpu += time.process_time() - cpu_begin
        now = perplexity(model, validation)
        if now < best:
            best, weights = now, {key: value.clone() for key, value in model.state_dict().items()}
        print(
            f"epoch {epoch + 1}/{args.epochs}  perplexity {math.exp(loss / count):.2f}  validation {now:.2f}"
            f"  {seconds:.1f} s, {cpu:.1f} s of processors",
            flush=True,
        )
    model.load_state_dict(weights)
    print(f"test perplexity {perplexity(model, test):.2f}")


if __name__ == "__main__":
    main()
