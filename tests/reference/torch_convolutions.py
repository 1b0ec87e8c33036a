"""Reference files of convolutions over time."""

import torch
from torch import nn

from torch_case import Case

STEPS = 7


def write_all():
    for name, (channels, out), options in [
        ("same", (3, 5), {"kernel_size": 5, "padding": "same"}),
        ("same_even", (2, 3), {"kernel_size": 4, "padding": "same"}),
        ("same_dilated", (3, 2), {"kernel_size": 4, "padding": "same", "dilation": 3}),
        ("causal", (2, 4), {"kernel_size": 3, "padding": "causal", "dilation": 2}),
        ("causal_stride", (2, 4), {"kernel_size": 3, "padding": "causal", "stride": 2}),
        ("valid", (3, 4), {"kernel_size": 3, "padding": "valid", "bias": False}),
        ("valid_stride", (3, 4), {"kernel_size": 2, "padding": "valid", "stride": 3}),
        ("number", (2, 3), {"kernel_size": 3, "padding": 4, "stride": 2, "dilation": 2}),
        ("groups", (4, 6), {"kernel_size": 3, "padding": "same", "groups": 2}),
        ("depthwise", (3, 3), {"kernel_size": 5, "padding": "same", "groups": 3}),
        ("depthwise_twice", (3, 6), {"kernel_size": 3, "padding": 1, "groups": 3, "stride": 2}),
    ]:
        for suffix, lengths in {"": None, "_ragged": [3, 0, 7, 1, 2]}.items():
            case = Case("conv1d", name + suffix, **{"in": channels, "out": out, **options})
            x = case.input("x", 5, STEPS, channels)
            if lengths:
                case.constant("lengths", lengths)
            causal = options["padding"] == "causal"
            module = case.module(nn.Conv1d(channels, out, **{**options, "padding": 0 if causal else options["padding"]}))
            case.output("y", each_alone(module, x, lengths or [STEPS] * 5, causal))
            case.write()


def each_alone(module, x, lengths, causal):
    """Every sequence cut to its length; zeros behind it and in place of those too short for one window."""
    reach = module.dilation[0] * (module.kernel_size[0] - 1)
    padding = module.padding[0] if isinstance(module.padding, tuple) else 0
    short = 0 if causal or module.padding == "same" else reach - 2 * padding
    rows = []
    for sequence, length in zip(x, lengths):
        if length == 0 or length <= short:
            rows.append(x.new_zeros(0, module.out_channels))
            continue
        steps = sequence[:length].T[None]
        rows.append(module(nn.functional.pad(steps, (reach if causal else 0, 0)))[0].T)
    return nn.utils.rnn.pad_sequence(rows, batch_first=True)
