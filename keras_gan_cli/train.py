"""Train any GAN of keras_gan, with any of its networks, on any images.

    keras_gan train --preset=few_images --dataset=pictures/ --run_dir=runs/pictures
    keras_gan train --dataset=digits --gan=WGANGP --steps=2000 --run_dir=runs/digits
    keras_gan train --flagfile=examples/recipes/digits_dcgan_r1.txt

The run directory receives pictures of samples from the same latents after each epoch, and a GIF of them (samples/), the
losses (losses.png, losses.csv), what TrainingHealth has measured (health.json), events for TensorBoard (tensorboard/),
the flags of the run (flags.txt), checkpoints (checkpoints/) and the trained GAN (gan.keras). At the end the command
prints how far samples are from test images. The last line is the GAN's fingerprint: on the same processor, the same
flags give the same fingerprint.

A killed run resumes when the same command is given again, and ends with the fingerprint of a run that was never
stopped. A finished run continues with a larger --steps. Other flags get a directory of their own, such as
runs/digits_2, or with --resume continue the run in --run_dir. With --dry_run, the command says what a run will need,
and writes nothing.
"""

import warnings

from absl import flags, logging

from keras_gan_cli import flag_words, run_flags, train_flags, train_parts
from keras_gan_cli.train_flags import GROUPS, chosen, define, given, parse

# The import of TensorFlow takes seconds, so only the functions that need it import it: --help, and an error in the
# flags, come at once.
FLAGS = flags.FLAGS
__all__ = ["GROUPS", "define", "main", "parse"]


@run_flags.in_one_line
def main():
    """Train as the flags say; an error in the flags or the data ends the program in one line."""
    if logging.get_verbosity() == logging.INFO:
        # INFO is the default of absl, and lets TensorFlow Datasets write between the lines of the progress.
        logging.set_verbosity(logging.WARNING)
    # Recorded like this: a later --steps that makes longer epochs possible must not change them.
    FLAGS.steps_per_epoch = min(FLAGS.steps_per_epoch, FLAGS.steps)
    gan_name = chosen("gan", train_flags.GANS)
    train_flags.take_own_parts(gan_name)
    parts = gan_name, chosen("network", train_flags.NETWORKS)
    if FLAGS.dry_run:
        try_out(*parts)
    else:
        train(*parts, run_directory())


def run_directory():
    """Return the directory of the run as a path: the one of --run_dir, or a free one next to it. Make it."""
    given = run_flags.local_path(FLAGS["run_dir"])
    run_dir = run_flags.free_directory(train_flags.own(), given, resume=FLAGS.resume)
    FLAGS.run_dir = str(run_dir)
    run_flags.make_directories(FLAGS["run_dir"], FLAGS["export_dir"])
    return run_dir


def train(gan_name, network_name, run_dir):
    """Join the parts: images, networks and GAN; then fit, save and export."""
    images, gan, is_chief = build(gan_name, network_name)
    gan.fit(
        images,
        epochs=FLAGS.steps // FLAGS.steps_per_epoch,
        steps_per_epoch=FLAGS.steps_per_epoch,
        verbose=0,
        callbacks=[*observers(images, run_dir), *(writers(images, run_dir) if is_chief else [])],
    )
    # Before the export, which estimates the statistics of an averaged generator again.
    fingerprint = gan.fingerprint()
    if is_chief:
        save(gan, run_dir)
        if FLAGS.evaluate_every is None:
            measure(gan, images)
    print(f"fingerprint {fingerprint}")


def try_out(gan_name, network_name):
    """Take a few steps, and say what the whole run will need."""
    images, gan, is_chief = build(gan_name, network_name)
    from keras_gan_cli import dry_run

    needs = dry_run.measure(gan, images, FLAGS.steps_per_execution, health=FLAGS.health)
    if is_chief:
        lengths = given("steps", "steps_per_epoch", "checkpoint_every", "keep_checkpoints", "evaluate_every")
        print(dry_run.describe(needs, gan, **lengths))


def build(gan_name, network_name):
    """Return the images, the compiled GAN that the flags describe, and whether this worker writes files."""
    from keras_gan_cli import quiet_tensorflow  # noqa: F401, I001

    import keras

    # First of all: a strategy for several workers must be made before TensorFlow computes anything.
    strategy = train_parts.make_strategy()
    keras.utils.set_random_seed(FLAGS.seed)
    keras.config.set_dtype_policy(FLAGS.precision)
    images = train_parts.load_images(labels=FLAGS.labels)
    with strategy.scope():
        is_new = FLAGS["from"].value is None
        gan = train_parts.make_gan(gan_name, network_name, images) if is_new else train_parts.fine_tuned_gan(images)
    sizes = [
        f"{network.name} of {network.count_params():,} parameters" for network in (gan.generator, gan.discriminator)
    ]
    shape = f"shape {images.image_shape}"
    if images.num_held_out:
        shape += f", without {images.num_held_out:,} that are held out for the test"
    print(f"{images.num_images:,} images of {shape}; {type(gan).__name__}: {', '.join(sizes)}")
    if line := numbered(images.class_names):
        print(line)
    return images, gan, strategy.extended.should_checkpoint


def numbered(class_names):
    """Return a line with the number of each class, which `keras_gan sample --labels` takes; None if it says nothing."""
    if not class_names or all(name == str(number) for number, name in enumerate(class_names)):
        return None
    named = [f"{number} {name}" for number, name in enumerate(class_names)]
    return f"Classes: {', '.join(named[:20])}{', ...' if len(named) > 20 else ''}"


def save(gan, run_dir):
    """Save the GAN, and export it if a flag says where to."""
    import keras_gan

    gan.save(run_dir / "gan.keras")
    print(f"Saved {run_dir / 'gan.keras'}; see {run_dir / 'samples'} and {run_dir / 'losses.png'}")
    if FLAGS.export_dir:
        card = {"data_set": FLAGS.dataset, "split": FLAGS.split, "seeds": {"run": FLAGS.seed}}
        print(f"Exported {keras_gan.export.save(gan, FLAGS.export_dir, card=card)}")


def observers(images, run_dir):
    """Return the callbacks of every worker; the checkpoint saves what all others have learnt."""
    from keras_gan.callbacks import Checkpoint, Throughput, TrainingHealth

    every = FLAGS.checkpoint_every or FLAGS.steps_per_epoch
    checkpoint = Checkpoint(run_dir, every=every, unit="step", keep=FLAGS.keep_checkpoints)
    speaking = [checkpoint]
    if FLAGS.health:
        health = TrainingHealth(images, checkpoint=checkpoint, rollbacks=FLAGS.rollbacks, directory=run_dir)
        speaking.insert(0, health)
    for callback in speaking:
        callback.phrase = flag_words.in_flags
    return [Throughput(), *speaking]


def writers(images, run_dir):
    """Return the chief's callbacks, which measure samples and write down what the observers have seen."""
    from keras_gan.callbacks import ImageSnapshots, LossCurves, Progress, TensorBoard

    log_dir = run_dir / "tensorboard"
    return [
        # Not before the checkpoint knows that no other process trains in the directory.
        run_flags.recording(train_flags.own(), run_dir),
        # Before those that write values down.
        *([evaluation(images, run_dir)] if FLAGS.evaluate_every else []),
        ImageSnapshots(run_dir / "samples", log_dir=log_dir),
        LossCurves(run_dir / "losses.png"),
        TensorBoard(log_dir, write_graph=False),
        Progress(["d_loss", "g_loss", "frechet_distance", "kernel_distance"]),
    ]


def evaluation(images, run_dir):
    """Return the callback that measures samples, and keeps the best GAN."""
    from keras_gan.callbacks import Evaluate

    evaluator, test, train = protocol(images)
    options = {"every": FLAGS.evaluate_every, "directory": run_dir, "best": distance_for(test)}
    return Evaluate(test, evaluator, floor=train, **options)


def measure(gan, images):
    """Print how near samples are to test images, and how near training images are; say so if there are none."""
    print("Measuring 2,000 samples against test images (--evaluate_every=0: do not)", flush=True)
    try:
        evaluator, test, train = protocol(images)
        with warnings.catch_warnings():
            # The report prints them as notes.
            warnings.filterwarnings("ignore", r"[\d,]+ samples against ")
            report = evaluator.compare(gan, test, floor=train)
        print(report)
    except ValueError as error:
        print(f"Not measured: {error}")


def protocol(images):
    """Return the evaluator of samples, and the test and training images that it takes: the latter without flips."""
    from keras_gan import data, metrics

    unchanged = {"preprocessing": data.Preprocessing(channels=FLAGS.channels)}
    train = train_parts.load_images(labels=images.num_classes > 1, **unchanged)
    test = train_parts.load_images(split="test", batch_size=1, **unchanged)
    extractor = metrics.train_extractor(train, seed=FLAGS.seed)
    return metrics.Evaluator(extractor, [distance_for(test), "precision_recall"], num_images=2_000), test, train


def distance_for(test):
    """Return the name of the distance to measure: Frechet's needs more test images than an extractor has features."""
    return "frechet_distance" if test.num_images >= 100 else "kernel_distance"
