"""Makes single headers of heed: single_header.py --root SOURCE --output FOLDER --version X.Y.Z --description TEXT

FOLDER/heed/heed.hpp has all that include/heed/heed.hpp includes. Each opt-in header stands apart under its own name
(FOLDER/heed/io/safetensors.hpp, ...) and includes heed/heed.hpp: a program that was written for heed's headers compiles
with these as it is. quom puts the files together; which file goes where is decided here.
"""

import argparse
import importlib.metadata
import io
import pathlib
import re
import tempfile

import quom

UMBRELLA = "heed/heed.hpp"
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*"(heed/[^"]+)".*$', re.MULTILINE)
CONDITIONAL = re.compile(r'^[ \t]*#[ \t]*(if|else|elif|endif|include[ \t]*")(.*)$', re.MULTILINE)


def read_tree(include):
    """The text of each header by its name."""
    return {path.relative_to(include).as_posix(): path.read_text(encoding="utf-8") for path in include.rglob("*.hpp")}


def closure(tree, name):
    """The header and all that it includes."""
    found, pending = set(), [name]
    while pending:
        header = pending.pop()
        if header not in found:
            found.add(header)
            pending += INCLUDE.findall(tree[header])
    return found


def opt_in_headers(tree):
    """What heed.hpp does not have and users include: no header of its own folder includes it."""
    outside = set(tree) - closure(tree, UMBRELLA)
    inner = {
        other
        for name in outside
        for other in INCLUDE.findall(tree[name])
        if pathlib.PurePosixPath(other).parts[1] == pathlib.PurePosixPath(name).parts[1]
    }
    return sorted(name for name in outside - inner if "/detail/" not in name)


def owners(tree):
    """The single header that each header goes to; those of opt-in headers that no other opt-in header needs come last."""
    core = closure(tree, UMBRELLA)
    owner = dict.fromkeys(core, UMBRELLA)
    needs = {name: closure(tree, name) - core for name in opt_in_headers(tree)}
    folders = {name: {other.split("/")[1] for other in needs[name]} for name in needs}
    for name in sorted(needs, key=lambda name: (len(folders[name]), -len(needs[name]), name)):
        for other in needs[name]:
            owner.setdefault(other, name)
    return owner


def check_conditions(name, text):
    """quom puts a header in where it is first included: that must not be where a condition may leave it out."""
    conditions = []
    for directive, rest in CONDITIONAL.findall(text):
        if directive == "if":
            conditions.append(rest.strip())
        elif directive == "endif":
            conditions.pop()
        elif directive.startswith("include") and any(condition != "HEED_BODIES" for condition in conditions):
            raise SystemExit(f"{name}: includes a header of heed under the condition {conditions[-1]}")


def apart(text, name, owner):
    """The text without what other single headers have."""
    return INCLUDE.sub(lambda line: line[0] if owner[line[1]] == owner[name] else "", text)


def banner(args, name, needs):
    licence = (args.root / "LICENSE").read_text(encoding="utf-8").strip()
    lines = [
        f"heed {args.version}: {args.description[0].lower()}{args.description[1:]}",
        "",
        f"This is {name} as a single header, with all that it includes. quom {importlib.metadata.version('quom')} made it: do not edit it.",
        f"It needs C++20 and {'Eigen 3.4 or 5' if name == UMBRELLA else ' and '.join(needs) + ' beside it'}.",
        "",
        "SPDX-License-Identifier: MIT",
        "",
        *licence.splitlines(),
    ]
    text = "".join(f"// {line}".rstrip() + "\n" for line in lines)
    text += "\n#pragma once\n\n"
    if name == UMBRELLA:
        text += '#if defined(HEED_COMPILED)\n#error "heed as a single header has no compiled library: link nothing of heed"\n#endif\n'
    return text + "".join(f"#include <{other}>\n" for other in needs)


def write_single_header(args, tree, owner, name):
    needs = sorted({owner[other] for other in closure(tree, name)} - {name})
    with tempfile.TemporaryDirectory() as folder:
        stage = pathlib.Path(folder)
        for other in closure(tree, name):
            path = stage / other
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(apart(tree[other], other, owner), encoding="utf-8")
        stream = io.StringIO()
        # quom adds the sources of headers where it finds some: heed has none
        quom.Quom(stage / name, stream, include_directories=[stage], source_directories=[stage / "sources"])
    text = stream.getvalue()
    text = re.sub(r"^#pragma once\n+", "", text, count=1, flags=re.MULTILINE)
    output = args.output / name
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(banner(args, name, needs) + "\n" + text, encoding="utf-8")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--root", type=pathlib.Path, required=True)
    parser.add_argument("--output", type=pathlib.Path, required=True)
    parser.add_argument("--version", required=True)
    parser.add_argument("--description", required=True)
    args = parser.parse_args()
    args.root, args.output = args.root.resolve(), args.output.resolve()
    tree = read_tree(args.root / "include")
    for name, text in tree.items():
        check_conditions(name, text)
    owner = owners(tree)
    for name in [UMBRELLA, *opt_in_headers(tree)]:
        write_single_header(args, tree, owner, name)


if __name__ == "__main__":
    main()
