"""PyTorch: eager, or with --compile by torch.compile."""

import torch
from torch import nn

from case import HEADS, LEARNING_RATE
from peer import Peer, arguments, serve


class Pool(nn.Module):
    def __init__(self, hidden):
        super().__init__()
        self.attention = nn.Linear(hidden, 1)

    def forward(self, y):
        return (y * torch.softmax(self.attention(y), dim=1)).sum(dim=1)


class MultiHead(nn.MultiheadAttention):
    def __init__(self, hidden):
        super().__init__(hidden, HEADS, batch_first=True)

    def forward(self, y):
        return super().forward(y, y, y, need_weights=False)[0][:, -1]


class Classifier(nn.Module):
    def __init__(self, attention, features, hidden, dense, classes):
        super().__init__()
        self.lstm = nn.LSTM(features, hidden, batch_first=True)
        self.attention = {"pool": Pool, "multihead": MultiHead}[attention](hidden)
        self.fc1 = nn.Linear(hidden, dense)
        self.fc2 = nn.Linear(dense, classes)

    def forward(self, x):
        y, _ = self.lstm(x)
        return self.fc2(torch.relu(self.fc1(self.attention(y))))


class TorchPeer(Peer):
    def __init__(self, options):
        torch.set_num_threads(options.threads)
        torch.set_num_interop_threads(1)
        self.compile = options.compile

    def version(self):
        return torch.__version__.split("+")[0]

    def start(self):
        w = {name: torch.from_numpy(values) for name, values in self.weights.items()}
        (hidden, features), (classes, dense) = (w["lstm.weight_hh_l0"].shape[1], w["lstm.weight_ih_l0"].shape[1]), w["fc2.weight"].shape
        self.model = Classifier(self.attention, features, hidden, dense, classes)
        self.model.load_state_dict(w)
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=LEARNING_RATE)
        self.inputs, self.targets = torch.from_numpy(self.x), torch.from_numpy(self.labels)
        self.loss_of, self.probabilities_of = self.loss, self.softmax
        if self.compile:
            torch._dynamo.reset()
            torch._dynamo.config.allow_rnn = False  # in training it runs eagerly: compiled, its backward pass fails
            self.loss_of, self.probabilities_of = torch.compile(self.loss), torch.compile(self.softmax)

    def loss(self, x, labels):
        return nn.functional.cross_entropy(self.model(x), labels)

    def softmax(self, x):
        return torch.softmax(self.model(x), dim=1)

    def epoch(self):
        self.model.train()
        self.optimizer.zero_grad()
        loss = self.loss_of(self.inputs, self.targets)
        loss.backward()
        self.optimizer.step()
        return loss.item()

    def tensor(self, x):
        self.model.eval()
        torch._dynamo.config.allow_rnn = True
        return torch.from_numpy(x)

    @torch.inference_mode()
    def predict(self, x):
        return self.probabilities_of(x)

    def lstm(self):
        """What the LSTM alone gives, and its gradients where that of every state is 1: sums of magnitudes."""
        self.start()
        lstm = self.model.lstm
        y, _ = lstm(self.inputs)
        y.sum().backward()
        values = [y, lstm.weight_ih_l0.grad, lstm.weight_hh_l0.grad, lstm.bias_ih_l0.grad]
        return [v.detach().double().abs().sum().item() for v in values]


if __name__ == "__main__":
    serve(TorchPeer(arguments(compile="use torch.compile")))
