#!/usr/bin/env python3
"""Reference file of the cart-pole: episodes from given starts and actions, and a fall.

The accelerations come from the equations of motion themselves, solved as a linear system at every step:

    (M + m) x'' + m l cos(a) a''  =  F + m l sin(a) a'^2
    cos(a) x''  + 4/3 l a''       =  g sin(a)

with a pole of half-length l, whose moment of inertia about its middle is m l^2 / 3.
"""

import math

import numpy as np

import reference_file

GRAVITY, CART, POLE, HALF, FORCE, TAU = 9.8, 1.0, 0.1, 0.5, 10.0, 0.02


def accelerations(state, push):
    _, _, angle, spin = state
    matrix = [[CART + POLE, POLE * HALF * math.cos(angle)], [math.cos(angle), 4 / 3 * HALF]]
    right = [push + POLE * HALF * math.sin(angle) * spin**2, GRAVITY * math.sin(angle)]
    return np.linalg.solve(matrix, right)


def step(state, action):
    moving, turning = accelerations(state, FORCE if action == 1 else -FORCE)
    position, velocity, angle, spin = state
    return [position + TAU * velocity, velocity + TAU * moving, angle + TAU * spin, spin + TAU * turning]


def fallen(state):
    return abs(state[0]) > 2.4 or abs(state[2]) > math.radians(12)


def main():
    random = np.random.default_rng(reference_file.seed_of("cart_pole", "episodes"))
    tensors = {}
    starts = [[0.0, 0.0, 0.0, 0.0], list(random.uniform(-0.05, 0.05, 4)), [2.35, 1.0, -0.1, 0.2], [0.3, -0.5, 0.15, 1.0]]
    for i, start in enumerate(starts):
        states, actions = [start], []
        while not fallen(states[-1]):
            actions.append(float(random.integers(2)))
            states.append(step(states[-1], actions[-1]))
        tensors[f"states.{i}"] = np.array(states)
        tensors[f"actions.{i}"] = np.array(actions)
    reference_file.write("cart_pole", "episodes", tensors, {"numpy": np.__version__})


if __name__ == "__main__":
    main()
