"""Starts the peers and asks them (peer.py has the protocol). All run on the same CPUs, as many as threads are asked for."""

import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
BUILD = HERE.parent.parent / "build" / "peers"
PROGRAMS = {
    "heed": [BUILD / "programs" / "heed_peer"],
    "PyTorch": [sys.executable, HERE / "torch_peer.py"],
    "torch.compile": [sys.executable, HERE / "torch_peer.py", "--compile"],
    "JAX": [sys.executable, HERE / "jax_peer.py"],
    "Keras": [sys.executable, HERE / "keras_peer.py"],
    "ONNX Runtime": [sys.executable, HERE / "onnx_peer.py"],
    "oneDNN": [BUILD / "programs" / "onednn_peer"],
}


def start(names, threads, prepare=None):
    """The processes by name, without those that are missing, and their versions."""
    cpus = sorted(os.sched_getaffinity(0))
    if threads > len(cpus):
        sys.exit(f"{threads} threads asked for, but there are {len(cpus)} CPUs")

    def pin():
        os.sched_setaffinity(0, cpus[-threads:])
        if prepare:
            prepare()

    environment = os.environ | {
        "OMP_NUM_THREADS": str(threads),
        "JAX_PLATFORMS": "cpu",
        "CUDA_VISIBLE_DEVICES": "",
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }
    peers, versions = {}, {}
    for name in names:
        log = BUILD / "logs" / f"{name}.txt"
        log.parent.mkdir(parents=True, exist_ok=True)
        command = [*PROGRAMS[name], "--threads", str(threads)]
        try:
            with open(log, "w") as errors:
                pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": errors, "text": True}
                peers[name] = subprocess.Popen(command, **pipes, env=environment, preexec_fn=pin)
            versions[name] = ask(peers[name], "hello")["version"]
        except (OSError, RuntimeError) as error:
            peers.pop(name, None)
            last = log.read_text().splitlines()[-1:] or [str(error)]
            print(f"skipped: {name} ({last[0]})", flush=True)
    return peers, versions


def ask(peer, *words):
    try:
        print(*words, file=peer.stdin, flush=True)
        line = peer.stdout.readline()
    except BrokenPipeError:
        line = ""
    if not line:
        raise RuntimeError("the process has ended")
    answer = json.loads(line)
    if isinstance(answer, dict) and "error" in answer:
        raise RuntimeError(answer["error"])
    return answer


def interleave(peers, commands, rounds):
    """Asks A B C A B C ...; `commands` by name. All answers by name, and their number."""
    samples = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            samples[name] += ask(peers[name], *command.split())
    return samples


def stop(peers):
    for peer in peers.values():
        peer.stdin.close()
        peer.wait()


def spread(values):
    """The middle half of the values, over their median"""
    low, middle, high = statistics.quantiles(values, n=4)
    return (high - low) / middle
