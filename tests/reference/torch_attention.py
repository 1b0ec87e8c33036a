"""Reference files of attention with its options, and of the family of scores."""

import torch
from torch import nn

import torch_modules
from torch_case import Case


def write_all():
    multihead()
    scores()


def allowed(query_steps, memory_steps, lengths, memory_lengths, causal, mask, n):
    """(n, query_steps, memory_steps): true where a query may attend to a key."""
    result = torch.ones(n, query_steps, memory_steps, dtype=torch.bool)
    if causal:
        result = result & torch.ones(query_steps, memory_steps, dtype=torch.bool).tril()
    if mask is not None:
        result = result & mask
    valid = torch_modules.attention_mask(n, query_steps, memory_steps, lengths, memory_lengths)
    return result if valid is None else result & valid


class MultiHead(nn.MultiheadAttention):
    """Torch's weights, each step written out. relative: the farthest distance of Shaw, Uszkoreit and Vaswani 2018;
    locality: the learnt temperatures and the missing diagonal of Lee, Lee and Song 2021; erpe: the farthest offset of
    ConvTran's scalars behind the softmax; alibi: the slopes of Press, Smith and Lewis 2022."""

    def __init__(self, size, heads, kdim=None, vdim=None, relative=0, locality=False, erpe=0, alibi=False):
        super().__init__(size, heads, kdim=kdim, vdim=vdim, batch_first=True)
        self.relative = relative
        if relative:
            self.relative_keys = nn.Parameter(torch.empty(2 * relative + 1, size // heads))
            self.relative_values = nn.Parameter(torch.empty(2 * relative + 1, size // heads))
        self.erpe, self.alibi = erpe, alibi
        if erpe:
            self.relative_bias = nn.Parameter(torch.empty(2 * erpe + 1, heads))
        self.temperature = nn.Parameter(torch.full((heads,), self.head_dim**-0.5)) if locality else None

    def attend(self, query, key, value, meets, added=None):
        """Output (n, Tq, E) and weights (n, heads, Tq, Tk). A query that meets no key gives zeros. added: to the scores,
        as a float mask; -inf excludes."""
        if added is not None:
            meets = meets & torch.isfinite(added)
        if self.in_proj_weight is not None:
            weights = self.in_proj_weight.chunk(3)
        else:
            weights = self.q_proj_weight, self.k_proj_weight, self.v_proj_weight
        biases = self.in_proj_bias.chunk(3)
        q, k, v = (
            nn.functional.linear(x, w, b).unflatten(-1, (self.num_heads, self.head_dim)).transpose(1, 2)
            for x, w, b in zip((query, key, value), weights, biases)
        )
        scores = q @ k.transpose(-1, -2)
        distances = torch.arange(key.shape[1])[None, :] - torch.arange(query.shape[1])[:, None]
        if self.relative:
            rows = distances.clamp(-self.relative, self.relative) + self.relative
            scores = scores + torch.einsum("nhid,ijd->nhij", q, self.relative_keys[rows])
        scale = self.head_dim**-0.5
        if self.temperature is not None:
            scale = self.temperature[:, None, None]
            meets = meets & ~torch.eye(query.shape[1], key.shape[1], dtype=torch.bool)
        scores = scores * scale
        bias = torch.zeros(1, 1, *distances.shape)
        if self.alibi:
            bias = bias - alibi_slopes(self.num_heads)[:, None, None] * distances.abs()
        if added is not None:
            bias = bias + added.masked_fill(~torch.isfinite(added), 0.0).reshape(-1, 1, *distances.shape)
        a = torch_modules.masked_softmax(scores + bias, meets[:, None])
        if self.erpe:
            a = a + self.relative_bias[distances.clamp(-self.erpe, self.erpe) + self.erpe].permute(2, 0, 1) * meets[:, None]
        z = a @ v
        if self.relative:
            z = z + torch.einsum("nhij,ijd->nhid", a, self.relative_values[rows])
        y = self.out_proj(z.transpose(1, 2).flatten(-2)) * meets.any(dim=-1, keepdim=True)
        if not (self.relative or self.erpe) and self.temperature is None and meets.any(dim=-1).all():  # torch's own
            mask = bias.expand(len(query), self.num_heads, -1, -1).masked_fill(~meets[:, None], float("-inf"))
            theirs, _ = self(query, key, value, attn_mask=mask.flatten(0, 1))
            torch.testing.assert_close(y, theirs, rtol=1e-12, atol=1e-12)
        return y, a


def alibi_slopes(heads):
    """Those of the paper's own program."""

    def of_power(n):
        return [2 ** (-8 * (i + 1) / n) for i in range(n)]

    power = 2 ** (heads.bit_length() - 1)
    return torch.tensor(of_power(power) + of_power(2 * power)[0::2][: heads - power])


# (queries x keys) for three queries and five keys; the second query may attend to nothing
MASK = [[1, 0, 1, 1, 0], [0, 0, 0, 0, 0], [0, 0, 0, 1, 1]]
SELF_MASK = [[1, 1, 0, 1], [0, 1, 1, 1], [0, 0, 0, 0], [1, 0, 0, 1]]


def masks(queries, keys):
    """One for each of four sequences, about a third of it false."""
    return torch.rand(4, queries, keys, generator=torch.Generator().manual_seed(queries)) > 0.35


def added_scores(queries, keys):
    """(4, queries, keys), about a quarter of it -inf."""
    generator = torch.Generator().manual_seed(keys)
    scores = torch.randn(4, queries, keys, generator=generator)
    return scores.masked_fill(torch.rand(4, queries, keys, generator=generator) < 0.25, float("-inf"))


def multihead():
    size, n, ragged = 6, 4, {"lengths": [4, 2, 0, 3]}
    both = {"query_lengths": [3, 1, 2, 3], "memory_lengths": [2, 5, 0, 4]}
    for name, heads, form, options, lengths in [
        ("causal_self", 2, "self", {"causal": True}, {}),
        ("causal_self_ragged", 3, "self", {"causal": True}, ragged),
        ("causal_cross", 2, "cross", {"causal": True}, {}),
        ("causal_cross_both_ragged", 2, "cross", {"causal": True}, both),
        ("causal_many_queries", 2, "many", {"causal": True}, {}),
        ("mask_self", 2, "self", {"mask": SELF_MASK}, {}),
        ("mask_self_ragged", 2, "self", {"mask": SELF_MASK}, ragged),
        ("mask_causal_self_ragged", 1, "self", {"mask": SELF_MASK, "causal": True}, ragged),
        ("mask_cross_both_ragged", 2, "cross", {"mask": MASK}, both),
        ("memory_size", 2, "cross", {"kdim": 4, "vdim": 4}, {}),
        ("memory_size_ragged", 2, "cross", {"kdim": 4, "vdim": 4}, both),
        ("three_inputs", 2, "three", {"kdim": 6, "vdim": 6}, {}),
        ("three_inputs_ragged", 2, "three", {"kdim": 6, "vdim": 6}, ragged),
        ("three_sizes", 3, "three", {"kdim": 3, "vdim": 5}, {}),
        ("three_sizes_ragged", 2, "three", {"kdim": 3, "vdim": 5, "causal": True}, ragged),
        ("relative_self", 2, "self", {"relative": 2}, {}),
        ("relative_self_ragged", 3, "self", {"relative": 1}, ragged),
        ("relative_causal_ragged", 2, "self", {"relative": 2, "causal": True}, ragged),
        ("relative_mask_cross", 2, "cross", {"relative": 2, "mask": MASK}, both),
        ("relative_far", 2, "cross", {"relative": 7}, {}),
        ("relative_sizes", 2, "three", {"relative": 2, "kdim": 3, "vdim": 5}, ragged),
        ("locality_self", 2, "self", {"locality": True}, {}),
        ("locality_self_ragged", 3, "self", {"locality": True}, {"lengths": [4, 1, 0, 3]}),
        ("locality_relative_causal", 2, "self", {"locality": True, "relative": 1, "causal": True}, ragged),
        ("locality_mask_cross", 2, "cross", {"locality": True, "mask": MASK}, both),
        ("erpe_self", 2, "self", {"erpe": 5}, {}),
        ("erpe_self_ragged", 3, "self", {"erpe": 1}, ragged),
        ("erpe_causal_ragged", 2, "self", {"erpe": 2, "causal": True}, ragged),
        ("erpe_relative_mask_cross", 2, "cross", {"erpe": 2, "relative": 1, "mask": MASK}, both),
        ("alibi_self", 2, "self", {"alibi": True}, {}),
        ("alibi_causal_ragged", 3, "self", {"alibi": True, "causal": True}, ragged),
        ("alibi_cross", 6, "cross", {"alibi": True}, both),
        ("masks_self_ragged", 2, "self", {"mask": masks(4, 4)}, ragged),
        ("masks_cross_both_ragged", 2, "cross", {"mask": masks(3, 5), "erpe": 2}, both),
        ("scores_self", 2, "self", {"added": added_scores(4, 4)[0]}, {}),
        ("scores_cross_ragged", 2, "cross", {"added": added_scores(3, 5)[0], "alibi": True}, both),
        ("scores_each_self_ragged", 3, "self", {"added": added_scores(4, 4), "erpe": 3}, ragged),
        ("scores_each_cross", 2, "cross", {"added": added_scores(3, 5), "mask": MASK}, {}),
    ]:
        kdim, vdim = options.get("kdim", size), options.get("vdim", size)
        causal, relative = options.get("causal", False), options.get("relative", 0)
        locality = {"locality": True} if "locality" in options else {}
        bias = {option: options[option] for option in ("erpe", "alibi") if option in options}
        case = Case("multihead_options", name, heads=heads, kdim=kdim, vdim=vdim, causal=causal, relative=relative, form=form, **locality, **bias)
        module = case.module(MultiHead(size, heads, kdim, vdim, relative, **locality, **bias))
        if form == "self":
            query = key = value = case.input("x", n, 4, size)
        elif form == "three":  # side by side
            query, key, value = case.input("x", n, 4, size + kdim + vdim).split((size, kdim, vdim), dim=-1)
        else:
            query = case.input("query", n, 6 if form == "many" else 3, size)
            key = value = case.input("memory", n, 3 if form == "many" else 5, kdim)
        lengths = {kind: case.constant(kind, values) for kind, values in lengths.items()}
        lengths = [lengths.get("lengths", lengths.get(kind)) for kind in ("query_lengths", "memory_lengths")]
        mask = None
        if "mask" in options:
            mask = case.constant("mask", torch.as_tensor(options["mask"], dtype=torch.bool))
        added = options.get("added")
        if added is not None:
            case.constant("scores", added.masked_fill(torch.isinf(added), -1e30))  # files hold finite numbers
        meets = allowed(query.shape[1], key.shape[1], *lengths, causal, mask, n)
        y, weights = module.attend(query, key, value, meets, added)
        case.output("y", y)
        case.observe("attention", weights)
        case.write()


class Plain(nn.Module):
    """q . k, without projections."""

    def scores(self, query, memory):
        return query @ memory.transpose(1, 2), memory


class Additive(torch_modules.AdditiveAttention):
    def scores(self, query, memory):
        queries = query[:, :, None, :].expand(-1, -1, memory.shape[1], -1)
        keys = memory[:, None, :, :].expand(-1, query.shape[1], -1, -1)
        return torch.tanh(self.attn(torch.cat((queries, keys), dim=-1))) @ self.v, memory


class Projected(torch_modules.DotAttention):
    def scores(self, query, memory):
        return self.query(query) @ self.key(memory).transpose(1, 2) * self.scale, self.value(memory)


class General(nn.Module):
    """q W k (Luong, Pham and Manning 2015)."""

    def __init__(self, query_size, memory_size):
        super().__init__()
        self.attn = nn.Linear(query_size, memory_size, bias=False)

    def scores(self, query, memory):
        return self.attn(query) @ memory.transpose(1, 2), memory


class Pool(nn.Module):
    """One learnt query asks all steps."""

    def __init__(self, attention, query_size):
        super().__init__()
        self.query = nn.Parameter(torch.empty(query_size))
        self.attention = attention


def scores():
    n, steps = 4, 4
    made = {  # from the sizes of query and memory
        "additive": lambda q, m: Additive(q, m, 5),
        "dot": lambda q, m: Plain(),
        "projected": lambda q, m: Projected(q, m, 5, scaled=False),
        "scaled": lambda q, m: Projected(q, m, 5, scaled=True),
        "general": General,
    }
    for score, make in made.items():
        for form, lengths, causal in [
            ("self", None, False),
            ("self_causal_ragged", [4, 2, 0, 3], True),
            ("cross_both_ragged", {"query_lengths": [3, 1, 2, 3], "memory_lengths": [2, 5, 0, 4]}, False),
            ("cross_mask", {"memory_lengths": [2, 5, 0, 4]}, False),
            ("pool", None, False),
            ("pool_ragged", [4, 2, 0, 3], False),
        ]:
            query_size = 3 if form.startswith("self") or score == "dot" else 4
            case = Case("attention_scores", f"{score}_{form}", causal=causal, query_size=query_size)
            module = make(query_size, 3)
            if form.startswith("pool"):
                pool = case.module(Pool(module, query_size))
                memory, query = case.input("x", n, steps, 3), pool.query.expand(n, 1, query_size)
            elif form.startswith("self"):
                case.module(module)
                query = memory = case.input("x", n, steps, 3)
            else:
                case.module(module)
                query, memory = case.input("query", n, 3, query_size), case.input("memory", n, 5, 3)
            query_lengths = memory_lengths = mask = None
            if isinstance(lengths, list):
                memory_lengths = case.constant("lengths", lengths)
                query_lengths = None if form.startswith("pool") else memory_lengths
            elif lengths:
                given = {kind: case.constant(kind, values) for kind, values in lengths.items()}
                query_lengths, memory_lengths = given.get("query_lengths"), given["memory_lengths"]
            if form == "cross_mask":
                mask = case.constant("mask", torch.tensor(MASK, dtype=torch.bool))
            meets = allowed(query.shape[1], memory.shape[1], query_lengths, memory_lengths, causal, mask, n)
            value, values = module.scores(query, memory)
            weights = torch_modules.masked_softmax(value, meets)
            y = weights @ values
            if form.startswith("pool"):
                y, weights = y[:, 0], weights[:, 0]
            case.output("y", y)
            case.observe("attention", weights)
            case.write()
