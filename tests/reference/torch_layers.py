"""Reference files of the layers."""

import torch
from torch import nn

import torch_modules
from torch_case import Case


def write_all():
    dense()
    activations()
    recurrent()
    attention_pool()
    additive_attention()
    dot_attention()
    multihead()
    poolings()


def dense():
    for name, bias in {"bias": True, "no_bias": False}.items():
        case = Case("dense", name, bias=bias)
        module = case.module(nn.Linear(4, 6, bias=bias))
        case.output("y", module(case.input("x", 5, 3, 4)))
        case.write()


def activations():
    functions = {
        "relu": torch.relu,
        "tanh": torch.tanh,
        "sigmoid": torch.sigmoid,
        "gelu": nn.functional.gelu,  # x/2 (1 + erf(x/sqrt 2))
        "leaky_relu": lambda x: nn.functional.leaky_relu(x, 0.2),
        "elu": lambda x: nn.functional.elu(x, 1.5),
        "softmax": lambda x: torch.softmax(x, dim=-1),  # over the features of a step
    }
    for name, function in functions.items():
        case = Case("activation", name)
        case.output("y", function(case.input("x", 4, 3, 5)))
        case.write()


def recurrent():
    single = [
        ("zero_state", False, None, {}),
        ("zero_state_ragged", False, [3, 0, 4, 1], {}),
        ("given_state", True, None, {}),
        ("given_state_ragged", True, [2, 4, 1, 3], {}),
    ]
    deep = {"num_layers": 2, "bidirectional": True}
    stacks = [
        ("two_layers", True, None, {"num_layers": 2}),
        ("bidirectional_ragged", True, [2, 4, 1, 3], {"bidirectional": True}),
        ("stack", False, None, deep),
        ("stack_ragged", True, [3, 0, 4, 1], deep),
    ]
    relu = {"nonlinearity": "relu"}
    for group, kind, cases in [
        ("lstm", nn.LSTM, single + stacks),
        ("gru", nn.GRU, single + stacks),
        ("rnn", nn.RNN, single + stacks + [("relu", True, None, relu), ("relu_stack_ragged", True, [3, 0, 4, 1], deep | relu)]),
    ]:
        for name, given_state, lengths, options in cases:
            write_recurrent(group, kind, name, given_state, lengths, options)


def write_recurrent(group, kind, name, given_state, lengths, options):
    """States are (layers x directions, n, hidden), as torch has them."""
    n, steps, features, hidden = 4, 4, 3, 5
    case = Case(group, name, **options)
    module = case.module(kind(features, hidden, batch_first=True, **options))
    x = case.input("x", n, steps, features)
    rows = options.get("num_layers", 1) * (2 if options.get("bidirectional") else 1)
    parts = ["h", "c"] if kind is nn.LSTM else ["h"]
    state = None
    if given_state:
        state = tuple(case.input(f"{part}0", rows, n, hidden) for part in parts)
        state = state if len(parts) == 2 else state[0]
    lengths = lengths and case.constant("lengths", lengths)
    y, final = torch_modules.run_recurrent(module, x, lengths, state)
    case.output("y", y)
    for part, value in zip(parts, final if len(parts) == 2 else [final]):
        case.output(f"{part}_n", value)
    case.write()


def attention_pool():
    for name, lengths in {"full": None, "ragged": [4, 0, 2, 1, 3]}.items():
        case = Case("attention_pool", name)
        module = case.module(torch_modules.AttentionPool(6))
        x = case.input("x", 5, 4, 6)
        y, weights = module(x, lengths and case.constant("lengths", lengths))
        case.output("y", y)
        case.observe("attention", weights)
        case.write()


def write_cross(case, attend, query, memory, query_lengths=None, memory_lengths=None):
    """Write a case of attend(query, memory, query_lengths, memory_lengths)."""
    query_lengths = query_lengths and case.constant("query_lengths", query_lengths)
    memory_lengths = memory_lengths and case.constant("memory_lengths", memory_lengths)
    y, weights = attend(query, memory, query_lengths, memory_lengths)
    case.output("y", y)
    case.observe("attention", weights)
    case.write()


def write_self(case, attend, x, lengths=None):
    """Write a case of attend(x, x, lengths, lengths)."""
    lengths = lengths and case.constant("lengths", lengths)
    y, weights = attend(x, x, lengths, lengths)
    case.output("y", y)
    case.observe("attention", weights)
    case.write()


def additive_attention():
    for name, query_size, memory_size, attention_size, query_steps, lengths in [
        ("one_query", 5, 5, 5, 1, {}),
        ("one_query_ragged", 5, 5, 5, 1, {"memory_lengths": [4, 0, 1, 3]}),
        ("queries", 5, 5, 5, 3, {}),
        ("queries_ragged", 5, 5, 5, 3, {"memory_lengths": [2, 4, 0, 3]}),
        ("queries_both_ragged", 5, 5, 5, 3, {"query_lengths": [3, 1, 2, 0], "memory_lengths": [2, 4, 0, 3]}),
        ("sizes", 3, 6, 5, 2, {}),
    ]:
        case = Case("additive_attention", name, query_size=query_size, memory_size=memory_size, attention_size=attention_size)
        module = case.module(torch_modules.AdditiveAttention(query_size, memory_size, attention_size))
        query = case.input("query", 4, query_steps, query_size)
        memory = case.input("memory", 4, 4, memory_size)
        write_cross(case, module, query, memory, **lengths)


def dot_attention():
    for kind, scaled in {"plain": False, "scaled": True}.items():
        for name, lengths in {
            "cross": {},
            "cross_ragged": {"memory_lengths": [5, 2, 0, 1]},
            "cross_both_ragged": {"query_lengths": [1, 3, 2, 0], "memory_lengths": [5, 2, 0, 1]},
        }.items():
            case = Case("dot_attention", f"{kind}_{name}", scaled=scaled)
            module = case.module(torch_modules.DotAttention(4, 4, 6, scaled))
            write_cross(case, module, case.input("query", 4, 3, 4), case.input("memory", 4, 5, 4), **lengths)
        for name, lengths in {"self": None, "self_ragged": [3, 5, 0, 1]}.items():
            case = Case("dot_attention", f"{kind}_{name}", scaled=scaled)
            module = case.module(torch_modules.DotAttention(4, 4, 6, scaled))
            write_self(case, module, case.input("x", 4, 5, 4), lengths)
    case = Case("dot_attention", "scaled_sizes", scaled=True)
    module = case.module(torch_modules.DotAttention(3, 5, 6, scaled=True))
    write_cross(case, module, case.input("query", 4, 2, 3), case.input("memory", 4, 5, 5))


def multihead():
    size = 6

    def start(name, heads):
        case = Case("multihead", f"{name}_{heads}", heads=heads)
        attention = case.module(nn.MultiheadAttention(size, heads, batch_first=True))

        def attend(query, memory, query_lengths, memory_lengths):
            return torch_modules.run_multihead(attention, query, memory, query_lengths, memory_lengths)

        return case, attend

    for heads in [1, 2, 3]:
        for name, lengths in {"self": None, "self_ragged": [4, 2, 0, 1, 3]}.items():
            case, attend = start(name, heads)
            write_self(case, attend, case.input("x", 5, 4, size), lengths)
        for name, lengths in {
            "cross": {},
            "cross_ragged": {"memory_lengths": [2, 5, 0, 4]},
            "cross_both_ragged": {"query_lengths": [3, 1, 0, 2], "memory_lengths": [2, 5, 0, 4]},
        }.items():
            case, attend = start(name, heads)
            write_cross(case, attend, case.input("query", 4, 3, size), case.input("memory", 4, 5, size), **lengths)


def poolings():
    functions = {
        "last": torch_modules.last_step,
        "mean": torch_modules.mean_over_steps,
        "max": torch_modules.max_over_steps,
    }
    for name, function in functions.items():
        for suffix, lengths in {"": None, "_ragged": [2, 4, 0, 1, 3]}.items():
            case = Case("pooling", name + suffix)
            x = case.input("x", 5, 4, 3)
            case.output("y", function(x, lengths and case.constant("lengths", lengths)))
            case.write()
