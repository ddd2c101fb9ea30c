"""What TrainingHealth costs, and whether it warns of healthy runs; prints two Markdown tables.

    python benchmarks/training_health.py --seeds=0,1,2 --steps=2000

Healthy: the GAN of examples/demo.py learns digits, once for each seed, under TrainingHealth with its defaults. The
table has its warnings, and how near each vital sign came to its limit from the tenth probe, where verdicts begin.

Cost: the same GAN trains in blocks of 100 steps, in turns without TrainingHealth and with it, which makes one probe.
The table has the measured time of its hooks, and how much longer those blocks are, which is the same cost with more
noise. `--seeds=` leaves out the healthy runs.
"""
# ruff: noqa: ARG002, D102 - Keras fixes the hooks.

import importlib.util
import os
import pathlib
import statistics
import time
import warnings

from absl import app, flags

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras

import keras_gan

FLAGS = flags.FLAGS
flags.DEFINE_list("seeds", ["0", "1", "2"], "Seeds of the healthy runs.")
flags.DEFINE_integer("steps", 2000, "Training steps of each healthy run.", lower_bound=1500)
flags.DEFINE_integer("blocks", 12, "Pairs of blocks, with and without, that the cost is measured on.", lower_bound=3)

EVERY = 100
JUDGED_FROM = 10
# How near a run came to each limit: the least value for a lower limit, the largest for an upper one.
EXTREMES = {"d_signal": min, "ranked_pairs": min, "diversity": min, "colour_cast": max, "saturation": max}


def load_demo():
    """Import examples/demo.py, which is not part of the package."""
    path = pathlib.Path(__file__).parents[1] / "examples" / "demo.py"
    spec = importlib.util.spec_from_file_location("demo", path)
    demo = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(demo)
    return demo


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


def make_gan(demo, seed):
    """Return the demo's GAN and its data."""
    keras.utils.set_random_seed(seed)
    digits = keras_gan.data.load("digits", image_size=32, batch_size=64, seed=seed)
    return demo.make_gan(digits.image_shape, seed), digits


def healthy_run(demo, seed, steps):
    """Train the demo's GAN, and print a row of the table."""
    gan, digits = make_gan(demo, seed)
    health = keras_gan.callbacks.TrainingHealth(digits, every=EVERY)
    with warnings.catch_warnings(record=True, action="always") as caught:
        history = gan.fit(digits, epochs=steps // EVERY, steps_per_epoch=EVERY, callbacks=[health], verbose=0).history
    warned = [str(warning.message) for warning in caught if warning.category is UserWarning]
    extremes = [f"{extreme(history[f'health/{name}'][JUDGED_FROM:]):.2f}" for name, extreme in EXTREMES.items()]
    print(f"| {seed} | {steps} | {len(warned)} | {' | '.join(extremes)} |", *warned, sep="\n", flush=True)


def measure_cost(demo, blocks):
    """Train with and without it in turns, and print the table."""
    gan, digits = make_gan(demo, 0)
    turns = TakingTurns(keras_gan.callbacks.TrainingHealth(digits, every=EVERY))
    # The first pair of blocks compiles.
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


def main(argv):
    """Print both tables."""
    del argv
    demo = load_demo()
    print(
        "| seed | steps | warnings | " + " | ".join(f"{each.__name__} {name}" for name, each in EXTREMES.items()) + " |"
    )
    print("|---" * (3 + len(EXTREMES)) + "|", flush=True)
    for seed in FLAGS.seeds:
        healthy_run(demo, int(seed), FLAGS.steps)
    measure_cost(demo, FLAGS.blocks)


if __name__ == "__main__":
    app.run(main)
