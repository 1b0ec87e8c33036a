"""Image captioning with attention over regions: one pass, and 20 steps of training from the same weights."""

import torch
from torch import nn

from torch_case import Case
from torch_images import to_torch
from torch_seq2seq import STEPS_OF_TRAINING, TARGET, Decoder

GROUP, LEARNING_RATE = "image_captioner", 0.02
CHANNELS, HEIGHT, WIDTH = 2, 4, 6
N, STEPS = 10, 4
MAPS, FEATURES, EMBEDDING, HIDDEN = 3, 5, 3, 4


class ImageCaptioner(nn.Module):
    """With teacher forcing: tokens (n, STEPS) are what the decoder is told; 0 is padding."""

    def __init__(self, score):
        super().__init__()
        self.cnn = nn.Sequential(
            nn.Conv2d(CHANNELS, MAPS, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(MAPS, MAPS, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(MAPS, FEATURES, 3, padding=1),
            nn.ReLU(),
        )
        self.positions = nn.Embedding(HEIGHT * WIDTH // 4, FEATURES)
        self.fc_hidden = nn.Linear(FEATURES, HIDDEN)
        self.fc_cell = nn.Linear(FEATURES, HIDDEN)
        self.decoder = Decoder(EMBEDDING, HIDDEN, 1, FEATURES, score)

    def forward(self, images, tokens):
        regions = self.cnn(images).flatten(2).transpose(1, 2) + self.positions.weight
        mean = regions.mean(dim=1)
        state = torch.tanh(self.fc_hidden(mean))[None], torch.tanh(self.fc_cell(mean))[None]
        return self.decoder(tokens, regions, None, state)


def captions():
    """Images of three kinds; what is said of them is as long as the kind's number, and begins with it."""
    kinds = torch.arange(N) % 3
    images = torch.randn(3, CHANNELS * HEIGHT * WIDTH)[kinds] + 0.3 * torch.randn(N, CHANNELS * HEIGHT * WIDTH)
    tokens = torch.zeros(N, STEPS, dtype=torch.long)
    labels = torch.full((N, STEPS), -100)
    for i, kind in enumerate(kinds.tolist()):
        said = torch.tensor([3 + kind] * (kind + 1))
        tokens[i, : kind + 2] = torch.cat((torch.tensor([2]), said))
        labels[i, : kind + 2] = torch.cat((said, torch.tensor([1])))
    return images, tokens, labels


def loss_of(model, images, tokens, labels):
    logits, _ = model(to_torch(images, CHANNELS, HEIGHT, WIDTH), tokens)
    return nn.functional.cross_entropy(logits.flatten(0, 1), labels.flatten(), ignore_index=-100)


def write(score):
    case = Case(GROUP, score, learning_rate=LEARNING_RATE, score=score)
    images, tokens, labels = captions()
    case.constant("x", torch.cat((images, tokens), dim=1)[:, None])
    case.constant("labels", labels)
    model = case.module(ImageCaptioner(score))
    with torch.no_grad():
        model.decoder.embedding.weight[0] = 0
    weights = {key: value.clone() for key, value in model.state_dict().items()}
    logits, attention = model(to_torch(images, CHANNELS, HEIGHT, WIDTH), tokens)
    told = (tokens != 0)[:, :, None]
    case.observe("logits", logits * told)
    case.observe("attention", attention * told)

    trained = ImageCaptioner(score)
    trained.load_state_dict(weights)
    optimizer = torch.optim.Adam(trained.parameters(), lr=LEARNING_RATE)
    losses = []
    for _ in range(STEPS_OF_TRAINING):
        optimizer.zero_grad()
        loss = loss_of(trained, images, tokens, labels)
        loss.backward()
        optimizer.step()
        losses.append(loss.detach())
    case.observe("curve", torch.stack(losses))
    case.write_loss(loss_of(model, images, tokens, labels))


def write_all():
    for score in ("additive", "scaled_dot"):
        write(score)


if __name__ == "__main__":
    write_all()
