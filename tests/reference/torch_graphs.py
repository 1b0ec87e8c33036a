"""Reference files of graph attention: heads side by side, adjacency as a dense mask."""

import torch
from torch import nn

from torch_case import Case

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
