"""How good is each kind of network after the same time? Fashion-MNIST at 32x32; prints a Markdown table.

    python benchmarks/equal_minutes.py --minutes=15 --seeds=0

Each GAN has the settings with which a processor learns fastest, as far as they were looked for, and trains for the same
time of one processor core, whatever else the machine does: its steps are counted beforehand from the processor time of
a few steps. Then 10,000 samples are compared with the 10,000 test images, in the features of a classifier that has seen
the training images (`keras_gan.metrics.train_extractor`). The floor is the value of 10,000 training images, and the
Gaussian has the mean and the full covariance of their pixels: a GAN that is not nearer to the test images has shown
nothing.

Each row is also a row of pictures in --pictures, from the same seed. A finished run is a line in --out, whatever its
result, and is not run again. An interrupted run resumes from its last checkpoint in --run_dir.
"""

import os
import pathlib
import time

from absl import app, flags

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import _contenders
import _protocol
import keras
import numpy as np

import keras_gan
from keras_gan.callbacks import Checkpoint
from keras_gan.metrics import Evaluator, train_extractor

FLAGS = flags.FLAGS
flags.DEFINE_list("contenders", list(_contenders.ALL), "Rows of the table.")
flags.DEFINE_list("seeds", ["0"], "Seeds, each a whole training.")
flags.DEFINE_float("minutes", 15.0, "Processor time of each training.", lower_bound=0.0)
flags.DEFINE_integer("samples", 10000, "Samples to compare with the test images.", lower_bound=2)
flags.DEFINE_integer("threads", 1, "Threads of TensorFlow.", lower_bound=1)
flags.DEFINE_string("data_dir", _protocol.real_data("fashion-mnist"), "Folder of Fashion-MNIST's IDX files.")
flags.DEFINE_string("out", "runs/equal_minutes.jsonl", "The log of finished runs: what is in it is not run again.")
flags.DEFINE_string("run_dir", "runs/equal_minutes", "Where the checkpoints and the trained GANs go.")
flags.DEFINE_string("pictures", "runs/equal_minutes/pictures", "Folder of the rows of pictures.")
flags.register_validator("data_dir", bool, "must be given where $KERAS_GAN_TEST_DATA is not set")

SIDE, TIMED_STEPS, COLUMNS = 32, 20, 12


def images_of(split, **options):
    """Return batches of Fashion-MNIST at 32x32."""
    return keras_gan.data.load(_protocol.read_split(FLAGS.data_dir, split), image_size=SIDE, **options)


def gan_of(contender, steps, seed):
    """Return the compiled GAN of a contender, and its images."""
    keras.utils.set_random_seed(seed)
    settings = _contenders.ALL[contender]
    images = images_of("train", batch_size=settings.batch_size, seed=seed)
    return settings.make(images.image_shape, steps, seed), images


def steps_in(contender, minutes):
    """Return how many steps a contender takes in some minutes of processor time, at least 1."""
    gan, images = gan_of(contender, 1000, seed=0)
    gan.fit(images, epochs=1, steps_per_epoch=TIMED_STEPS, verbose=0)
    begin = time.process_time()
    gan.fit(images, epochs=2, steps_per_epoch=TIMED_STEPS, initial_epoch=1, verbose=0)
    return max(1, int(60 * minutes * TIMED_STEPS / (time.process_time() - begin)))


def train(contender, seed, evaluator, real):
    """Train a contender and measure it; return the results for the log."""
    run_dir = pathlib.Path(FLAGS.run_dir) / f"{contender}_minutes_{FLAGS.minutes:g}_seed_{seed}"
    steps = planned_steps(contender, run_dir)
    gan, images = gan_of(contender, steps, seed)
    epochs = min(20, steps)
    checkpoint = Checkpoint(run_dir, keep=1)
    trained = _protocol.fit(gan, images, epochs * (steps // epochs), epochs=epochs, callbacks=[checkpoint])
    gan.save(run_dir / "gan.keras")
    _protocol.save_grid(FLAGS.pictures, f"{contender}_{seed}", gan.generate(COLUMNS, seed=0), columns=COLUMNS)
    report = evaluator.compare(gan, real)
    return trained | {"steps": steps} | _protocol.values(report)


def planned_steps(contender, run_dir):
    """Return the steps of a run, which are measured once."""
    plan = run_dir / "steps.txt"
    if not plan.exists():
        run_dir.mkdir(parents=True, exist_ok=True)
        plan.write_text(str(int(steps_in(contender, FLAGS.minutes))))
    return int(plan.read_text())


def rows():
    """Yield the rows of the table."""
    extractor = train_extractor(images_of("train", labels=True))
    evaluator = Evaluator(
        extractor, ["frechet_distance", "precision_recall"], num_images=FLAGS.samples, cache_dir=FLAGS.run_dir
    )
    real = evaluator.real(images_of("test"))
    training = np.concatenate(list(images_of("train").one_pass()))
    few = training[np.random.default_rng(0).permutation(len(training))[: FLAGS.samples]]
    for name, images in (("real train split", few), ("Gaussian", _protocol.gaussian_like(few, FLAGS.samples))):
        yield row(name, _protocol.values(evaluator.compare(images, real)))
    log = _protocol.RunLog(FLAGS.out)
    for contender in FLAGS.contenders:
        for seed in map(int, FLAGS.seeds):
            settings = {"contender": contender, "seed": seed, "minutes": FLAGS.minutes, "samples": FLAGS.samples}
            settings |= {"extractor": extractor.fingerprint, "settings": _contenders.ALL[contender].fingerprint}
            result = log.result(settings, lambda c=contender, s=seed: train(c, s, evaluator, real))
            yield row(f"{contender}, seed {seed}", result)


def row(name, result):
    """Return one row of the table."""
    cells = ["{:.4g} [{:.4g}, {:.4g}]".format(*result[key]) for key in ("frechet_distance", "precision", "recall")]
    pace = (f"{result['steps']:,}", f"{result['ms_per_step']:.0f}") if "steps" in result else ("", "")
    return name, *cells, *pace


def main(argv):
    """Train, measure, print."""
    _protocol.begin(argv)
    _protocol.print_table(["samples of", "Frechet distance", "precision", "recall", "steps", "ms a step"], rows())


if __name__ == "__main__":
    app.run(main)
