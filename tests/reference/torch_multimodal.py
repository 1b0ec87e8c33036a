"""A question and an image: one pass, its gradients, and the losses of 20 steps of full-batch Adam."""

import torch
from torch import nn

import reference_file
from torch_case import array
from torch_images import to_torch

GROUP = "multimodal_classifier"
N, CLASSES = 12, 3
CHANNELS, HEIGHT, WIDTH = 2, 4, 4
WORDS, TOKENS = 4, 8  # of a question at most; of the vocabulary: 0 is padding
EMBEDDING, HIDDEN, HEADS, FILTERS = 3, 4, 2, 3
STEPS, LEARNING_RATE = 20, 0.01


class MultimodalAttentionModel(nn.Module):
    """An LSTM over words, an image by convolution as one more step, attention over both; the last step's answer."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(TOKENS, EMBEDDING)
        self.text_encoder = nn.LSTM(EMBEDDING, HIDDEN, batch_first=True)
        self.image_encoder = nn.Sequential(
            nn.Conv2d(CHANNELS, FILTERS, kernel_size=3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Linear(FILTERS * (HEIGHT // 2) * (WIDTH // 2), HIDDEN),
        )
        self.attention = nn.MultiheadAttention(HIDDEN, HEADS, batch_first=True)
        self.classifier = nn.Linear(HIDDEN, CLASSES)

    def forward(self, images, words):
        states, _ = self.text_encoder(self.embedding(words))
        steps = torch.cat([states, self.image_encoder(images).unsqueeze(1)], dim=1)
        missing = torch.cat([words == 0, torch.zeros(len(words), 1, dtype=torch.bool)], dim=1)
        attended, weights = self.attention(steps, steps, steps, key_padding_mask=missing, average_attn_weights=False)
        return self.classifier(attended[:, -1]), weights[:, :, -1]


def data():
    """The answer depends on the kind of image and on the first word; questions of 0 to WORDS words."""
    torch.manual_seed(reference_file.seed_of(GROUP, "data"))
    kinds, first = torch.arange(N) % 3, torch.randint(1, 4, (N,))
    pixels = CHANNELS * HEIGHT * WIDTH
    x = torch.randn(3, pixels)[kinds] + 0.5 * torch.randn(N, pixels)
    words = torch.randint(1, TOKENS, (N, WORDS))
    words[:, 0] = first
    lengths = torch.arange(N) % (WORDS + 1)
    words[torch.arange(WORDS) >= lengths.unsqueeze(1)] = 0
    return x, words, (kinds + first) % CLASSES


def write_all():
    x, words, labels = data()
    images = to_torch(x, CHANNELS, HEIGHT, WIDTH)
    torch.manual_seed(reference_file.seed_of(GROUP, "curve"))
    model = MultimodalAttentionModel()
    tensors = {"input.x": array(torch.cat([x, words], dim=1)), "input.labels": array(labels)}
    tensors |= {f"weight.{key}": array(value).copy() for key, value in model.state_dict().items()}

    optimizer = torch.optim.Adam(model.parameters(), lr=LEARNING_RATE)
    losses = []
    for step in range(STEPS):
        optimizer.zero_grad()
        logits, weights = model(images, words)
        loss = nn.functional.cross_entropy(logits, labels)
        loss.backward()
        if step == 0:
            tensors["output.logits"] = array(logits).copy()
            # heed has the image before the words
            tensors["output.attention"] = array(torch.roll(weights, 1, dims=2)).copy()
            tensors |= {f"dweight.{key}": array(value.grad).copy() for key, value in model.named_parameters()}
        optimizer.step()
        losses.append(loss.detach())
    tensors["output.losses"] = array(torch.stack(losses))
    settings = {"torch": torch.__version__, "channels": CHANNELS, "height": HEIGHT, "width": WIDTH, "words": WORDS,
                "heads": HEADS, "learning_rate": LEARNING_RATE}
    reference_file.write(GROUP, "curve", tensors, settings)

