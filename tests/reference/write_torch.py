#!/usr/bin/env python3
"""Write the reference files that come from PyTorch. See README.md."""

import torch_attention
import torch_captions
import torch_classifiers
import torch_curves
import torch_control
import torch_conv_classifiers
import torch_convolutions
import torch_graphs
import torch_images
import torch_layers
import torch_losses
import torch_multimodal
import torch_optimizers
import torch_tagger
import torch_seq2seq
import torch_steps
import torch_transformer
import torch_written_out
import torch_transformer_models

if __name__ == "__main__":
    torch_layers.write_all()
    torch_steps.write_all()
    torch_attention.write_all()
    torch_written_out.write_all()
    torch_images.write_all()
    torch_convolutions.write_all()
    torch_graphs.write_all()
    torch_transformer.write_all()
    torch_transformer_models.write_all()
    torch_losses.write_all()
    torch_optimizers.write_all()
    torch_classifiers.write_all()
    torch_conv_classifiers.write_all()
    torch_curves.write_all()
    torch_tagger.write_all()
    torch_seq2seq.write_all()
    torch_multimodal.write_all()
    torch_control.write_all()
    torch_captions.write_all()
