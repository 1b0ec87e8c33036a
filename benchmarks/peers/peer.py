"""What the Python peers share. A peer is a process that reads commands from its standard input, a line each, and answers
each by a line of JSON; an answer {"error": text} says what went wrong.

    hello                       {"version": text}
    case ATTENTION FOLDER       reads data and weights, builds the model; true
    probabilities               of the first sequences, [[...], ...]
    losses EPOCHS [keras]       from the weights of the case: the loss of each epoch before its update, full batch. With
                                "keras" the LSTM has one bias and Adam its epsilon as in Keras
    epochs COUNT [BATCH]        the seconds of each epoch, after one that is not timed; of a full batch, or of
                                shuffled batches
    one COUNT [cpu]             the seconds of each prediction of one sequence, after some that are not timed
    all COUNT                   the same of all sequences at once

Seconds are the process' CPU time where it has one thread: then other work on the machine does not count. With several
they are what a clock on the wall shows. `one` alone always looks at the wall, as that takes less time itself, unless
"cpu" is said. heed_peer.cpp and onednn_peer.cpp speak the same.
"""

import argparse
import json
import os
import sys
import time

from case import read_case


def now():
    return time.process_time() if os.environ["OMP_NUM_THREADS"] == "1" else time.perf_counter()


def seconds(clock, work, *arguments):
    start = clock()
    work(*arguments)
    return clock() - start


class Peer:
    """A framework overrides what follows; `epoch` and `predict` return when the work is done."""

    def version(self):
        raise NotImplementedError

    def start(self):
        """Builds the model from self.attention and self.weights."""
        raise NotImplementedError

    def epoch(self):
        """Forward and backward pass and update on all of self.x, self.labels; returns the loss."""
        raise NotImplementedError

    def tensor(self, x):
        """An input of `predict`, in the framework's own memory."""
        return x

    def predict(self, x):
        """Probabilities"""
        raise NotImplementedError

    # commands

    def hello(self):
        return {"version": self.version()}

    def case(self, attention, folder):
        self.attention = attention
        self.x, self.labels, self.weights = read_case(folder, attention)
        self.start()
        return True

    def probabilities(self):
        return [[float(p) for p in row] for row in self.predict(self.tensor(self.x[:8]))]

    def losses(self, epochs):
        self.start()
        return [float(self.epoch()) for _ in range(int(epochs))]

    def epochs(self, count):
        self.epoch()
        return [seconds(now, self.epoch) for _ in range(int(count))]

    def one(self, count, clock="wall"):
        inputs = [self.tensor(self.x[i : i + 1]) for i in range(1000)]
        for x in inputs[:100]:
            self.predict(x)
        clock = now if clock == "cpu" else time.perf_counter
        return [seconds(clock, self.predict, inputs[i % 1000]) for i in range(int(count))]

    def all(self, count):
        x = self.tensor(self.x)
        self.predict(x)
        return [seconds(now, self.predict, x) for _ in range(int(count))]


def arguments(**options):
    """The command line: --threads N, and an option for each of `options` (name: what it does)."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--threads", type=int, default=1)
    for name, help_text in options.items():
        parser.add_argument(f"--{name}", action="store_true", help=help_text)
    return parser.parse_args()


def serve(peer):
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a framework prints is no answer
    for line in sys.stdin:
        command, *words = line.split()
        try:
            answer = getattr(peer, command)(*words)
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), file=answers, flush=True)
