"""What TrainingHealth says of runs that fail and of runs that learn, when, and what it costs; prints Markdown tables.

    python benchmarks/training_health.py --seed=1

Runs: those of _health_cases.py, each with TrainingHealth and its defaults. What becomes of a run is decided without it,
by 1,000 samples at the end: it fails if a number is not finite, the samples' diversity is below half of the real
images', or their Frechet distance from the test split, by the classifier of _judge.py, is above 10 times that of the
Gaussian fitted to the training pixels; it learns if the diversity is at least half and the distance at most 3 times;
anything else is neither. Pictures, `health.json` and the outcome of each run are kept in --out; a run that is finished
there is not repeated.

Cost: the GAN of the presets' recipe trains in blocks of 100 steps, in turns without TrainingHealth and with it, which
makes one probe. The table has the measured time of its hooks, and how much longer those blocks are, which is the same
cost with more noise. Then the share of a run of 1,000 and of 2,000 steps, whose beginning has more probes.
"""
# ruff: noqa: ARG002, D102 - Keras fixes the hooks.

import json
import os
import pathlib
import statistics
import time
import warnings

from absl import app, flags

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from _health_cases import BROKEN, ORDINARY
from _judge import Judge

import keras_gan
from keras_gan.callbacks.health._statistics import sample_statistics
from keras_gan.callbacks.health.training_health import probes_due

FLAGS = flags.FLAGS
flags.DEFINE_integer("seed", 1, "Seed of all runs. The limits were chosen with seed 0.", lower_bound=0)
flags.DEFINE_string("only", "", "Only runs whose name contains this text.")
flags.DEFINE_string("out", "runs/training_health", "Where the runs are kept.")
flags.DEFINE_integer("blocks", 12, "Pairs of blocks, with and without, that the cost is measured on; 0 for no such.")

EVERY = 100
NUM_SAMPLES = 1000
LEAST_DIVERSITY, MOST_TO_LEARN, LEAST_TO_FAIL = 0.5, 3.0, 10.0


class TakingTurns(keras.callbacks.Callback):
    """Passes the hooks of every other block of steps on to another callback; times the blocks, and those hooks."""

    def __init__(self, callback):
        super().__init__()
        self.callback = callback
        self.seconds, self.seconds_in_hooks = {True: [], False: []}, []

    def set_model(self, model):
        super().set_model(model)
        self.callback.set_model(model)

    def set_params(self, params):
        super().set_params(params)
        self.callback.set_params(params)

    def on_train_begin(self, logs=None):
        self.callback.on_train_begin()

    def on_epoch_begin(self, epoch, logs=None):
        self._active, self._in_hooks = epoch % 2 == 1, 0.0
        self.callback.on_epoch_begin(epoch)
        self._begin = time.perf_counter()

    def on_train_batch_begin(self, batch, logs=None):
        self._pass_on(self.callback.on_train_batch_begin, batch, logs)

    def on_train_batch_end(self, batch, logs=None):
        self._pass_on(self.callback.on_train_batch_end, batch, logs)

    def on_epoch_end(self, epoch, logs=None):
        self.seconds[self._active].append(time.perf_counter() - self._begin)
        if self._active:
            self.seconds_in_hooks.append(self._in_hooks)

    def _pass_on(self, hook, batch, logs):
        if self._active:
            begin = time.perf_counter()
            hook(batch, logs)
            self._in_hooks += time.perf_counter() - begin


def train(case, seed, folder):
    """Train under TrainingHealth; write a picture, and return the samples and what became of the run."""
    folder.mkdir(parents=True, exist_ok=True)
    data, gan, diverged, begin = case.data(seed), case.build(seed), "", time.perf_counter()
    health = keras_gan.callbacks.TrainingHealth(data, directory=folder)
    with warnings.catch_warnings(record=True, action="always") as caught:
        try:
            gan.fit(data, epochs=1, steps_per_epoch=case.steps, callbacks=[health], verbose=0)
        except keras_gan.callbacks.TrainingDiverged as error:
            diverged = str(error)
    said = [str(each.message) for each in caught if str(each.message).startswith("Step ")]
    samples = gan.generate(NUM_SAMPLES, seed=0, **case.conditions(NUM_SAMPLES))
    keras.utils.save_img(folder / "samples.png", keras_gan.callbacks.image_grid(samples[:36]), scale=False)
    said += [diverged.split(" Lower the learning rates")[0]] if diverged else []
    return samples, {"said": said, "diverged": bool(diverged), "seconds": time.perf_counter() - begin}


def judged(samples, diverged, judge):
    """Say what became of a run: its diversity, its distance over the Gaussian's, and the word for it."""
    if diverged or not np.isfinite(samples).all():
        return {"diversity": None, "distance": None, "outcome": "fails"}
    # A tinted digit is at full brightness in one channel.
    grey = samples.max(axis=-1, keepdims=True)
    real = sample_statistics(judge.train_images[:NUM_SAMPLES]).diversity
    diversity = float(sample_statistics(grey).diversity / real)
    distance = float(judge.distance(grey) / judge.baseline)
    learns = diversity >= LEAST_DIVERSITY and distance <= MOST_TO_LEARN
    fails = diversity < LEAST_DIVERSITY or distance > LEAST_TO_FAIL
    return {"diversity": diversity, "distance": distance, "outcome": "learns" if learns else "fails" if fails else "-"}


def run(case, seed, judge):
    """Return what became of a run, and train it if it is not finished."""
    name = f"{case.gan}, {case.name}"
    folder = pathlib.Path(FLAGS.out) / f"seed_{seed}" / "".join(c if c.isalnum() else "_" for c in name)
    path = folder / "outcome.json"
    if not path.exists():
        samples, result = train(case, seed, folder)
        result |= {"name": name, "steps": case.steps, **judged(samples, result["diverged"], judge)}
        path.write_text(json.dumps(result, indent=1))
    return json.loads(path.read_text())


def row(result):
    """One line of the table, with what was found; the advice is in the outcome's file."""
    numbers = ["not finite" if result[key] is None else f"{result[key]:.2f}" for key in ("diversity", "distance")]
    said = "<br>".join(text.partition(";")[0].partition(". ")[0] for text in result["said"]) or "nothing"
    return f"| {result['name']} | {result['steps']} | {' | '.join(numbers)} | {result['outcome']} | {said} |"


def measure_cost(blocks):
    """Train with and without it in turns, and print the table."""
    digits, gan = ORDINARY[0].data(0), ORDINARY[0].build(0)
    turns = TakingTurns(keras_gan.callbacks.TrainingHealth(digits, every=EVERY))
    # The first pairs of blocks compile, and have more probes.
    gan.fit(digits, epochs=2 * (blocks + 1), steps_per_epoch=EVERY, callbacks=[turns], verbose=0)
    with_it, without = turns.seconds[True][1:], turns.seconds[False][1:]
    hooks = statistics.median(turns.seconds_in_hooks[1:])
    longer = statistics.median(a - b for a, b in zip(with_it, without, strict=True))
    block = statistics.median(without)
    print(f"\nMedians over {blocks} pairs of blocks of {EVERY} steps.\n")
    print(
        "| a step without (ms) | all hooks of a block (ms) | their share | the block is longer by |\n"
        + "|---" * 4
        + "|"
    )
    print(f"| {1000 * block / EVERY:.1f} | {1000 * hooks:.0f} | {hooks / block:.2%} | {longer / block:.2%} |")
    for steps in (1000, 2000):
        probes = probes_due(steps, EVERY)
        print(f"\nIn {steps} steps: {probes} probes, {probes * hooks / (steps / EVERY * block):.2%} of the time.")


def main(argv):
    """Print all tables."""
    if argv[1:]:
        raise app.UsageError(f"Give flags alone. Received: {' '.join(argv[1:])}")
    judge = Judge()
    print(
        f"Seed {FLAGS.seed}.\n\n| run | steps | diversity | distance | outcome | TrainingHealth |\n" + "|---" * 6 + "|"
    )
    results = []
    for case in (*BROKEN, *ORDINARY):
        if FLAGS.only in f"{case.gan}, {case.name}":
            results.append(run(case, FLAGS.seed, judge))
            print(row(results[-1]), flush=True)
    for outcome in ("fails", "learns", "-"):
        runs = [result for result in results if result["outcome"] == outcome]
        print(f"\n{outcome}: {len(runs)} runs, {sum(bool(each['said']) for each in runs)} with a warning")
    if FLAGS.blocks:
        measure_cost(FLAGS.blocks)


if __name__ == "__main__":
    app.run(main)
