"""Entity scores of seqeval (default mode): tags by hand where they are easily read two ways, and random ones.

pip install seqeval==1.2.2; python write_seqeval.py
"""

import random
import warnings
from importlib.metadata import version

import numpy
from seqeval.metrics import classification_report

import reference_file

GROUP = "entity_f1"

# name: (truth, prediction), sentences of tags
HARD = {
    "i_without_b": ("I-a I-a O | O I-a I-b O | I-b | O O", "B-a I-a O | O B-a B-b O | I-a | I-a O"),
    "type_changes": ("B-a I-b I-b O B-b I-a | B-a I-a I-b", "B-a B-b I-b O B-b I-b | B-a I-a I-a"),
    "adjacent": ("B-a B-a I-a B-b | B-a I-a B-a I-a | B-b I-b", "B-a I-a I-a B-b | B-a I-a I-a I-a | B-b B-b"),
    "ends": ("O B-a I-a | B-b O | B-a", "O B-a I-a | B-b I-b | I-a"),
    "nothing_predicted": ("B-a O B-b", "O O O"),
    "nothing_true": ("O O O", "B-a O I-a"),
    "no_type": ("B I O B-a", "B I O I"),
    "hyphens": ("B-creative-work I-creative-work O B-work", "B-creative-work I-work O B-creative"),
    "only_predicted_type": ("B-a I-a O", "B-a B-c B-a"),
}


def sentences(text):
    return [sentence.split() for sentence in text.split("|")]


def noisy():
    """Forty random sentences, and the same with a fifth of the tags drawn anew."""
    draw = random.Random(5)
    tags = ["O", "O", "O", "B-a", "I-a", "I-a", "B-b", "I-b", "B-c-d", "I-c-d"]
    truth = [[draw.choice(tags) for _ in range(draw.randint(1, 12))] for _ in range(40)]
    return truth, [[draw.choice(tags) if draw.random() < 0.2 else tag for tag in row] for row in truth]


def write(name, truth, prediction):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what would be 0 / 0
        report = classification_report(truth, prediction, output_dict=True, zero_division=0)
    columns = ("precision", "recall", "f1-score", "support")
    row = lambda key: [float(report[key][column]) for column in columns]
    types = sorted(key for key in report if not key.endswith(" avg"))
    tensors = {
        "output.all": numpy.array(row("micro avg")),
        "output.macro_f1": numpy.array([report["macro avg"]["f1-score"]], dtype=numpy.float64),
        "output.types": numpy.array([row(key) for key in types]),
    }
    lines = lambda rows: "".join(" ".join(tags) + "\n" for tags in rows)
    settings = {"seqeval": version("seqeval"), "truth": lines(truth), "prediction": lines(prediction),
                "types": "".join(key + "\n" for key in types)}
    reference_file.write(GROUP, name, tensors, settings)


def write_all():
    for name, (truth, prediction) in HARD.items():
        write(name, sentences(truth), sentences(prediction))
    write("noisy", *noisy())


if __name__ == "__main__":
    write_all()
