#!/usr/bin/env python3
"""Write the reference files of BLEU and of its tokenizer: sacrebleu's numbers. Needs sacrebleu and numpy alone."""

import random

import numpy as np
import sacrebleu
from sacrebleu.metrics import BLEU
from sacrebleu.tokenizers.tokenizer_13a import Tokenizer13a

import reference_file

GROUP = "bleu"

LINES = [
    "A man's dog, aged 3.5 years, jumps...",
    "Zwei junge weiße Männer (im Freien) in der Nähe vieler Büsche.",
    'He said: "no" & left; 10,000 people - 5-year-olds, 7-9 &quot;quoted&quot; &amp;lt;',
    "Ein T-Shirt, blau-weiß gestreift/kariert; 50% [neu] {alt} ~ ^x_y` $5.00!",
    "well.known,comma .leading ,also 1.x x.1 1,2 a.,b ..",
    "it´s 3rd-class @home #tag <skipped> <b>bold</b> a=b+c*d|e\\f",
    "été 12.-13. März 20-",
    "  blanks\tand\u00a0tabs  ",
]


def write(name, translations, references):
    score = BLEU(tokenize="none", force=True).corpus_score(translations, [references])
    tensors = {
        "output.score": [score.score],
        "output.precisions": score.precisions,
        "output.brevity": [score.bp],
        "output.words": [score.sys_len, score.ref_len],
    }
    texts = {"translations": "".join(line + "\n" for line in translations), "references": "".join(line + "\n" for line in references)}
    tensors = {key: np.array(value, dtype=np.float64) for key, value in tensors.items()}
    reference_file.write(GROUP, name, tensors, {"sacrebleu": sacrebleu.__version__, **texts})


def main():
    rng = random.Random(7)
    words = "the a man dog runs on grass near two red".split()
    sentence = lambda low, high: " ".join(rng.choice(words) for _ in range(rng.randint(low, high)))
    changed = lambda text, rate: " ".join(rng.choice(words) if rng.random() < rate else w for w in text.split())
    references = [sentence(4, 14) for _ in range(30)]
    write("corpus", [changed(r, 0.3) for r in references], references)
    write("shorter", [" ".join(changed(r, 0.2).split()[:-2]) for r in references], references)
    write("longer", [changed(r, 0.2) + " " + sentence(1, 3) for r in references], references)
    write("smoothed", ["the dog on red", "a b c d e"], ["the man on grass", "c x a"])
    write("equal", references, references)
    write("nothing", ["x y z w", ""], ["a b c d", "e"])
    write("few_words", ["the man", "dog"], ["the man", "dog"])
    tokenizer = Tokenizer13a()
    joined = lambda lines: "".join(line + "\n" for line in lines)
    reference_file.write(
        GROUP, "tokenizer_13a", {"output.count": np.array([len(LINES)], dtype=np.float64)},
        {"sacrebleu": sacrebleu.__version__, "lines": joined(LINES), "tokens": joined(tokenizer(line) for line in LINES)})


if __name__ == "__main__":
    main()
