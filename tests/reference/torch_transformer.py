"""Reference files of the transformer's parts and blocks."""

import copy

import torch
from torch import nn

from torch_case import Case
from torch_modules import valid_steps


def write_all():
    layer_norm()
    embedding()
    positions()
    encoder_blocks()
    encoders()
    decoder_blocks()
    decoders()


def valid(y, lengths):
    """Zeros past the ends of the sequences of (n, steps, features)."""
    return y if lengths is None else y * valid_steps(lengths, y.shape[1])[:, :, None]


def layer_norm():
    for name, lengths, bias, eps in [
        ("full", None, True, 1e-5),
        ("ragged", [3, 0, 4, 1, 2], True, 1e-5),
        ("no_bias", None, False, 1e-5),
        ("eps", None, True, 0.3),
    ]:
        case = Case("layer_norm", name, bias=bias, eps=eps)
        module = nn.LayerNorm(6, eps=eps)
        if not bias:
            module.bias = None
        module = case.module(module)
        lengths = lengths and case.constant("lengths", lengths)
        case.output("y", valid(module(case.input("x", 5, 4, 6)), lengths))
        case.write()


def embedding():
    for name, lengths, padding in [("full", None, None), ("padding", None, 2), ("ragged", [4, 1, 0, 3], 0)]:
        case = Case("embedding", name, padding=-1 if padding is None else padding)
        module = case.module(nn.Embedding(6, 5, padding_idx=padding))
        tokens = case.constant("tokens", torch.randint(6, (4, 4)))
        lengths = lengths and case.constant("lengths", lengths)
        case.output("y", valid(module(tokens), lengths))
        case.write()


def sinusoids(steps, features, stretch=1.0):
    """(steps, features) of Vaswani et al. 2017; stretch: of the angles, as ConvTran's."""
    even = torch.arange(0, features, 2)
    angle = torch.arange(steps)[:, None] / 10000 ** (even / features) * stretch
    return torch.stack((torch.sin(angle), torch.cos(angle)), dim=-1).flatten(1)[:, :features]


def positions():
    for name, features in {"sinusoidal": 6, "sinusoidal_odd": 5}.items():
        case = Case("positions", name)
        x = case.input("x", 3, 4, features)
        case.output("y", x + sinusoids(4, features))
        case.write()
    for name, features in {"tape": 6, "tape_odd": 5}.items():  # ConvTran's, for sequences of 7 steps
        case = Case("positions", name, length=7)
        x = case.input("x", 3, 4, features)
        case.output("y", x + sinusoids(4, features, stretch=features / 7))
        case.write()
    for name, lengths in {"learned": None, "learned_ragged": [4, 0, 2]}.items():
        case = Case("positions", name)
        module = case.module(nn.Embedding(5, 6))
        x = case.input("x", 3, 4, 6)
        lengths = lengths and case.constant("lengths", lengths)
        case.output("y", valid(x + module(torch.arange(4)), lengths))
        case.write()


def ignored(lengths, steps):
    """What torch calls a padding mask. Of an empty sequence, which would give NaN, the first step is left."""
    return None if lengths is None else ~valid_steps(lengths.clamp(min=1), steps)


def later(steps, causal):
    """True where a step would see a later one."""
    return torch.ones(steps, steps, dtype=torch.bool).triu(1) if causal else None


def make_block(kind, norm, activation):
    block = kind(6, 2, 7, dropout=0.0, activation=activation, batch_first=True, norm_first=norm == "pre")
    if norm == "none":
        for name in [name for name, _ in block.named_children() if name.startswith("norm")]:
            setattr(block, name, nn.Identity())
    return block


def make_stack(kind, block, last):
    stack = kind(block, 2, nn.LayerNorm(6) if last else None)
    stack.layers = nn.ModuleList([copy.deepcopy(block), copy.deepcopy(block)])
    return stack


def watch(attention):
    """A function that gives the weights (n, heads, query steps, memory steps) of the attention's last pass."""
    run, seen = attention.forward, {}

    def forward(*inputs, **options):
        seen["weights"] = run(*inputs, **{**options, "need_weights": True, "average_attn_weights": False})[1]
        return run(*inputs, **options)

    attention.forward = forward
    return lambda: seen["weights"]


def observe_attention(case, weights, lengths):
    if lengths is not None:
        weights = weights * valid_steps(lengths, weights.shape[2])[:, None, :, None]
    case.observe("attention", weights)


def write_encoder(case, encoder, lengths, causal):
    module = case.module(encoder)
    weights = watch(module.self_attn) if isinstance(encoder, nn.TransformerEncoderLayer) else None
    x = case.input("x", 5, 4, 6)
    lengths = lengths and case.constant("lengths", lengths)
    mask = {"src_mask" if isinstance(encoder, nn.TransformerEncoderLayer) else "mask": later(4, causal)}
    case.output("y", valid(module(x, src_key_padding_mask=ignored(lengths, 4), **mask), lengths))
    if weights:
        observe_attention(case, weights(), lengths)
    case.write()


def encoder_blocks():
    for norm, activation, lengths, causal in [
        ("post", "relu", None, False),
        ("post", "gelu", [4, 2, 0, 1, 3], False),
        ("post", "relu", [4, 2, 0, 1, 3], True),
        ("pre", "relu", [4, 2, 0, 1, 3], False),
        ("pre", "gelu", None, True),
        ("none", "relu", [4, 2, 0, 1, 3], False),
        ("none", "gelu", None, False),
    ]:
        name = "_".join([norm, activation] + ["ragged"] * bool(lengths) + ["causal"] * causal)
        case = Case("encoder_block", name, norm=norm, activation=activation, causal=causal)
        write_encoder(case, make_block(nn.TransformerEncoderLayer, norm, activation), lengths, causal)


def encoders():
    for name, norm, last, lengths in [
        ("post_ragged", "post", False, [4, 2, 0, 1, 3]),
        ("pre_norm_ragged", "pre", True, [4, 2, 0, 1, 3]),
        ("post_norm", "post", True, None),
    ]:
        case = Case("encoder", name, norm=norm, last=last)
        block = make_block(nn.TransformerEncoderLayer, norm, "relu")
        write_encoder(case, make_stack(nn.TransformerEncoder, block, last), lengths, False)


def write_decoder(case, decoder, lengths, memory_lengths):
    module = case.module(decoder)
    weights = watch(module.multihead_attn) if isinstance(decoder, nn.TransformerDecoderLayer) else None
    x, memory = case.input("query", 4, 3, 6), case.input("memory", 4, 5, 6)
    lengths = lengths and case.constant("query_lengths", lengths)
    memory_lengths = memory_lengths and case.constant("memory_lengths", memory_lengths)
    y = module(
        x,
        memory,
        tgt_mask=later(3, True),
        tgt_key_padding_mask=ignored(lengths, 3),
        memory_key_padding_mask=ignored(memory_lengths, 5),
    )
    case.output("y", valid(y, lengths))
    if weights:
        observe_attention(case, weights(), lengths)
    case.write()


def decoder_blocks():
    for norm, activation, lengths, memory_lengths in [
        ("post", "relu", None, None),
        ("post", "gelu", [3, 1, 0, 2], [2, 5, 3, 4]),
        ("pre", "relu", [3, 1, 0, 2], [2, 5, 3, 4]),
        ("none", "relu", [3, 1, 0, 2], [2, 5, 3, 4]),
    ]:
        name = "_".join([norm, activation] + ["ragged"] * bool(lengths))
        case = Case("decoder_block", name, norm=norm, activation=activation)
        write_decoder(case, make_block(nn.TransformerDecoderLayer, norm, activation), lengths, memory_lengths)


def decoders():
    for name, norm, last in [("post_ragged", "post", False), ("pre_norm_ragged", "pre", True)]:
        case = Case("decoder", name, norm=norm, last=last)
        block = make_block(nn.TransformerDecoderLayer, norm, "relu")
        write_decoder(case, make_stack(nn.TransformerDecoder, block, last), [3, 1, 0, 2], [2, 5, 3, 4])
