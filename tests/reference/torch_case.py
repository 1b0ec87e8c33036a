"""One reference case of PyTorch: collects inputs, weights and outputs, runs backward, writes the file."""

import torch

import reference_file

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)  # sums in one order


def array(tensor):
    """The values of a tensor as NumPy has them; integers and booleans as float64."""
    tensor = tensor.detach()
    return (tensor if tensor.is_floating_point() else tensor.double()).numpy()


class Case:
    """A forward and a backward pass of loss = sum over outputs of sum(output * upstream).

    Starts torch's generator from a seed of the case's own, so build the module after the case.
    """

    def __init__(self, group, name, **options):
        self.group, self.name = group, name
        self.options = {"torch": torch.__version__, **options}
        self.tensors = {}
        self.inputs, self.weights, self.outputs = {}, {}, {}
        torch.manual_seed(reference_file.seed_of(group, name))

    def input(self, name, *shape):
        """A normal input whose gradient is stored."""
        self.inputs[name] = torch.randn(*shape).requires_grad_()
        return self.inputs[name]

    def constant(self, name, values):
        """An input without a gradient: lengths, labels, class weights."""
        values = torch.as_tensor(values)
        self.tensors[f"input.{name}"] = array(values)
        return values

    def module(self, module, random=True):
        """Take the module's weights; unless told otherwise draw all of them anew, so that no bias is zero."""
        for name, weight in module.named_parameters():
            if random:
                torch.nn.init.uniform_(weight, -0.7, 0.7)
            self.weights[name] = weight
        return module

    def output(self, name, value):
        """An output through which the gradient flows."""
        self.outputs[name] = value

    def observe(self, name, value):
        """An output that is only looked at: it takes no upstream gradient."""
        self.tensors[f"output.{name}"] = array(value)

    def write(self):
        upstream = {name: torch.randn_like(value) for name, value in self.outputs.items()}
        sum((self.outputs[name] * upstream[name]).sum() for name in upstream).backward()
        self._add("upstream", upstream)
        self._finish()

    def write_loss(self, loss):
        """Write a case whose only output with a gradient is this scalar."""
        loss.backward()
        self.outputs["loss"] = loss.reshape(1)
        self._finish()

    def _finish(self):
        self._add("input", self.inputs)
        self._add("weight", self.weights)
        self._add("output", self.outputs)
        self._add("dinput", {name: value.grad for name, value in self.inputs.items()})
        self._add("dweight", {name: value.grad for name, value in self.weights.items()})
        reference_file.write(self.group, self.name, self.tensors, self.options)

    def _add(self, kind, values):
        self.tensors.update({f"{kind}.{name}": array(value) for name, value in values.items()})
