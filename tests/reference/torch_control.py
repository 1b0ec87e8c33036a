"""The attention Q-network, and deep Q-learning with it."""

import copy
import math

import torch
from torch import nn

import reference_file
from torch_case import Case, array
from torch_modules import last_step, run_multihead

FEATURES, HIDDEN, ACTIONS, STEPS = 3, 8, 4, 5


def write_all():
    curve("none", ragged=True)
    curve("sinusoidal")
    curve("learned")
    updates("double", double=True, target_rate=0.05)
    updates("period", double=False, target_period=3)


class AttentionQNetwork(nn.Module):
    def __init__(self, positions):
        super().__init__()
        self.kind = positions
        self.state_encoder = nn.Sequential(nn.Linear(FEATURES, HIDDEN), nn.ReLU())
        if positions == "learned":
            self.positions = nn.Embedding(STEPS, HIDDEN)
        self.attention = nn.MultiheadAttention(HIDDEN, num_heads=4, batch_first=True)
        self.q_value = nn.Sequential(nn.Linear(HIDDEN, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, ACTIONS))

    def forward(self, states, lengths=None):
        """(n, steps, features) to (n, actions): attention of all steps to all valid ones, values of the last."""
        x = self.state_encoder(states)
        if self.kind == "learned":
            x = x + self.positions.weight
        if self.kind == "sinusoidal":
            x = x + torch.tensor([[wave(t, f) for f in range(HIDDEN)] for t in range(STEPS)])
        attended, _ = run_multihead(self.attention, x, x, lengths, lengths)
        return self.q_value(last_step(attended, lengths))


def wave(step, feature):
    angle = step / 10000 ** ((feature - feature % 2) / HIDDEN)
    return math.cos(angle) if feature % 2 else math.sin(angle)


def store_weights(case, module):
    for name, weight in module.named_parameters():
        case.tensors[f"weight.{name}"] = array(weight).copy()


def finish(case, losses):
    case.tensors["output.loss"] = array(torch.stack(losses))
    reference_file.write(case.group, case.name, case.tensors, case.options)


def taken(q, actions):
    return q.gather(1, actions[:, None])[:, 0]


def curve(positions, ragged=False):
    """Values at the start, and the losses of 20 full-batch steps of Adam on fixed values of the actions taken."""
    case = Case("attention_q_network", positions, learning_rate=0.01, positions=positions)
    n = 20
    states = case.constant("x", torch.randn(n, STEPS, FEATURES))
    actions = case.constant("actions", torch.randint(ACTIONS, (n,)))
    values = case.constant("values", 2 * torch.randn(n))
    lengths = case.constant("lengths", torch.randint(1, STEPS + 1, (n,))) if ragged else None
    module = AttentionQNetwork(positions)
    store_weights(case, module)
    case.observe("q", module(states, lengths))
    optimizer = torch.optim.Adam(module.parameters(), lr=0.01)
    losses = []
    for _ in range(20):
        optimizer.zero_grad()
        loss = nn.functional.huber_loss(taken(module(states, lengths), actions), values)
        loss.backward()
        optimizer.step()
        losses.append(loss.detach())
    finish(case, losses)


class Key:
    """The keys of random numbers of heed/core/rng.hpp."""

    mask = 2**64 - 1

    def __init__(self, value):
        self.value = value

    def bits(self, index):
        z = (self.value + 0x9E3779B97F4A7C15 * (index + 1)) & self.mask
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & self.mask
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & self.mask
        return z ^ (z >> 31)

    def child(self, site):
        return Key(self.bits(self.bits(site) ^ 0xD1B54A32D192ED03))

    def below(self, index, bound):
        return self.bits(index) * bound >> 64


def updates(name, double, target_rate=0.0, target_period=0):
    """Losses of 12 updates on batches drawn from a replay buffer, and the target network's values in the end."""
    batch, stored, most, seed = 12, 30, 0.5, 5
    case = Case(
        "q_update",
        name,
        learning_rate=0.01,
        double_q=double,
        target_rate=target_rate,
        target_period=target_period,
        batch_size=batch,
        clip_norm=most,
        delta=0.5,
        seed=seed,
    )
    states = case.constant("states", torch.randn(stored, STEPS, FEATURES))
    following = case.constant("next", torch.randn(stored, STEPS, FEATURES))
    actions = case.constant("actions", torch.randint(ACTIONS, (stored,)))
    rewards = case.constant("rewards", torch.randn(stored))
    discounts = case.constant("discounts", 0.9 * (torch.rand(stored) < 0.7))
    module = AttentionQNetwork("sinusoidal")
    target = copy.deepcopy(module)
    store_weights(case, module)
    optimizer = torch.optim.Adam(module.parameters(), lr=0.01)
    losses = []
    for step in range(12):
        draws = Key(seed).child(step).child(0)
        rows = torch.tensor([draws.below(i, stored) for i in range(batch)])
        with torch.no_grad():
            valued = target(following[rows])
            best = (module(following[rows]) if double else valued).argmax(dim=1)
            values = rewards[rows] + discounts[rows] * taken(valued, best)
        optimizer.zero_grad()
        loss = nn.functional.huber_loss(taken(module(states[rows]), actions[rows]), values, delta=0.5)
        loss.backward()
        nn.utils.clip_grad_norm_(module.parameters(), most)
        optimizer.step()
        with torch.no_grad():
            if target_period == 0:
                for old, new in zip(target.parameters(), module.parameters()):
                    old += target_rate * (new - old)
            elif (step + 1) % target_period == 0:
                target.load_state_dict(module.state_dict())
        losses.append(loss.detach())
    case.observe("q", target(states))
    finish(case, losses)
