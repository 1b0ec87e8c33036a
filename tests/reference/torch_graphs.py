"""Reference files of graph attention: heads side by side, adjacency as a dense mask."""

import torch
from torch import nn

import reference_file
from torch_case import Case, array

EDGES = [(0, 1), (1, 2), (2, 3), (3, 0), (4, 1), (5, 5), (6, 2), (6, 3), (6, 4)]
NODES = 8  # the last one sees only itself


class GraphAttention(nn.Module):
    def __init__(self, features, out, heads, mean, slope=0.2):
        super().__init__()
        self.heads, self.out, self.mean, self.slope = heads, out, mean, slope
        self.weight = nn.Parameter(torch.empty(heads * out, features))
        self.source = nn.Parameter(torch.empty(heads, out))
        self.target = nn.Parameter(torch.empty(heads, out))
        self.bias = nn.Parameter(torch.empty(out if mean else heads * out))

    def forward(self, x, sees):
        """x (nodes, features), sees (nodes, nodes) of bool -> y, weights (heads, nodes, nodes)"""
        z = nn.functional.linear(x, self.weight).view(len(x), self.heads, self.out).transpose(0, 1)
        of_node = torch.einsum("hnf,hf->hn", z, self.source)
        of_seen = torch.einsum("hnf,hf->hn", z, self.target)
        e = nn.functional.leaky_relu(of_node[:, :, None] + of_seen[:, None, :], self.slope)
        a = torch.softmax(e.masked_fill(~sees, -torch.inf), dim=-1)
        y = torch.matmul(a, z)
        y = y.mean(0) if self.mean else y.transpose(0, 1).reshape(len(x), -1)
        return y + self.bias, a


def adjacency():
    sees = torch.eye(NODES, dtype=torch.bool)
    for u, v in EDGES:
        sees[u, v] = sees[v, u] = True
    return sees


def write_all():
    sees = adjacency()
    for name, heads, mean in [("heads", 3, False), ("mean", 2, True), ("one", 1, False)]:
        case = Case("graph_attention", name, heads=heads, mean=int(mean))
        module = case.module(GraphAttention(5, 4, heads, mean))
        x = case.input("x", NODES, 5)
        case.constant("edges", EDGES)
        y, a = module(x, sees)
        case.observe("attention", torch.stack([a[:, i, j] for i in range(NODES) for j in range(NODES) if sees[i, j]]))
        case.output("y", y)
        case.write()
    curve()


class Network(nn.Module):
    def __init__(self, features, hidden, heads, classes, output_heads):
        super().__init__()
        self.hidden = GraphAttention(features, hidden, heads, False)
        self.output = GraphAttention(hidden * heads, classes, output_heads, True)

    def forward(self, x, sees):
        return self.output(nn.functional.elu(self.hidden(x, sees)[0]), sees)[0]


def curve():
    """Losses of 20 steps of Adam, weight decay of matrices alone, on the labels of five nodes."""
    case = Case("graph_attention", "network", learning_rate=0.02, weight_decay=0.01)
    module = case.module(Network(6, 4, 3, 3, 2))
    x = torch.rand(NODES, 6) * (torch.rand(NODES, 6) < 0.5)
    labels = torch.arange(NODES) % 3
    training = torch.tensor([0, 2, 3, 5, 6])
    case.constant("edges", EDGES)
    case.constant("features", x)
    case.constant("labels", labels)
    case.constant("training", training)
    for name, weight in module.named_parameters():
        case.tensors[f"weight.{name}"] = array(weight).copy()
    matrices = [w for w in module.parameters() if w.dim() > 1]
    others = [w for w in module.parameters() if w.dim() == 1]
    optimizer = torch.optim.Adam([{"params": matrices, "weight_decay": 0.01}, {"params": others}], lr=0.02)
    losses = []
    for _ in range(20):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(module(x, adjacency())[training], labels[training])
        loss.backward()
        optimizer.step()
        losses.append(loss.detach())
    case.tensors["output.loss"] = array(torch.stack(losses))
    reference_file.write(case.group, case.name, case.tensors, case.options)
