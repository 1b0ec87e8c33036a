#!/usr/bin/env python3
"""Time PyTorch on the classifier's training epoch: 10,000 sequences of ten steps and five features, hidden size 32,
attention pool, ten classes, full batch, Adam at 0.01, float.

Prints one line of JSON: {"version", "threads", "median", "all"}; times in milliseconds, a warm-up epoch not counted.
"""

import argparse
import json
import statistics
import time

import torch
from torch import nn


class Classifier(nn.Module):
    def __init__(self, features=5, classes=10, hidden=32, dense=16):
        super().__init__()
        self.lstm = nn.LSTM(features, hidden, batch_first=True)
        self.score = nn.Linear(hidden, 1)
        self.fc1 = nn.Linear(hidden, dense)
        self.fc2 = nn.Linear(dense, classes)

    def forward(self, x):
        y, _ = self.lstm(x)
        weights = torch.softmax(self.score(y), dim=1)
        pooled = (y * weights).sum(dim=1)
        return self.fc2(torch.relu(self.fc1(pooled)))


def epoch(model, optimizer, x, labels):
    optimizer.zero_grad()
    loss = nn.functional.cross_entropy(model(x), labels)
    loss.backward()
    optimizer.step()
    return loss.item()


def milliseconds(work):
    start = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - start)


def positive(text):
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is not positive")
    return value


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=positive, default=1)
    parser.add_argument("--epochs", type=positive, default=10)
    options = parser.parse_args()

    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    x, labels = torch.randn(10000, 10, 5), torch.randint(10, (10000,))
    model = Classifier()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    epoch(model, optimizer, x, labels)
    times = [milliseconds(lambda: epoch(model, optimizer, x, labels)) for _ in range(options.epochs)]
    print(
        json.dumps(
            {
                "version": torch.__version__,
                "threads": options.threads,
                "median": round(statistics.median(times), 3),
                "all": [round(value, 3) for value in times],
            }
        )
    )


if __name__ == "__main__":
    main()
