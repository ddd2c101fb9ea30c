"""Train any GAN of keras_gan, with any of its networks, on any images.

    python examples/train.py --dataset=digits --gan=WGANGP --steps=2000 --run_dir=runs/digits
    python examples/train.py --flagfile=examples/recipes/digits_dcgan_r1.txt

The run directory receives pictures of samples from the same latents after each epoch, and a GIF of them (samples/), the
losses (losses.png, losses.csv), events for TensorBoard (tensorboard/), the flags of the run (flags.txt), checkpoints
(checkpoints/) and the trained GAN (gan.keras). The last line printed is the GAN's fingerprint: on the same processor,
the same flags give the same fingerprint.

A killed run resumes when the same command is given again, and ends with the fingerprint of a run that was never
stopped. A finished run continues with a larger --steps.
"""

import difflib
import os
import pathlib
import re
import signal
import sys

import run_flags
from absl import app, flags, logging

# TensorFlow reads this when it is imported. The import takes seconds, so only the functions that need TensorFlow import
# it: --help, and an error in the flags, come at once.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

FLAGS = flags.FLAGS

# The architectures that are a generator and a discriminator of images without labels.
GANS = (
    "HingeGAN",
    "LSGAN",
    "MinimaxGAN",
    "NonSaturatingGAN",
    "RelativisticAverageGAN",
    "RelativisticGAN",
    "WGAN",
    "WGANGP",
)
NETWORKS = ("dcgan", "dense_dcgan", "mlp", "resnet")

flags.DEFINE_string("dataset", "digits", "Images: digits, a folder, a .npz file, or a name of TensorFlow Datasets.")
flags.DEFINE_string(
    "split",
    "train",
    "Part of the data set: train, test, ... If it has no test images, train leaves a tenth out for it.",
)
flags.DEFINE_string("data_dir", None, "TensorFlow Datasets; default: $TFDS_DATA_DIR or ~/tensorflow_datasets.")
flags.DEFINE_bool("download", False, "Fetch a data set of TensorFlow Datasets that is not there yet.")
flags.DEFINE_bool("skip_corrupt", False, "Skip the files of a folder that cannot be decoded, instead of stopping.")
flags.DEFINE_string("image_size", "0", "In pixels: one side of a square, or HEIGHTxWIDTH as 112x92; 0: as they are.")
flags.DEFINE_integer("channels", None, "Make the images grey (1) or RGB (3); default: as they are.")
flags.DEFINE_bool("flip", False, "Mirror each image left to right with probability 1/2.")
flags.DEFINE_bool("dequantize", False, "Add uniform noise as wide as one of the 256 levels.")
flags.DEFINE_integer("batch_size", 64, "Images in a minibatch.", lower_bound=1)

flags.DEFINE_string("gan", "WGANGP", "Class of the GAN, such as HingeGAN or LSGAN; hinge or wgan_gp are understood.")
flags.DEFINE_integer("discriminator_steps", None, "Discriminator updates a step; default: the paper's.", lower_bound=1)
flags.DEFINE_float("r1", None, "Weight of the R1 penalty; default: the GAN's own penalties.", lower_bound=0)
flags.DEFINE_float("gradient_penalty", None, "Weight of the gradient penalty; default: the GAN's own.", lower_bound=0)
flags.DEFINE_float("ema_half_life", None, "Sample from an average of the generator with this half-life, in images.")
flags.DEFINE_integer("lazy_penalty_every", None, "Compute the penalties above once in so many steps.", lower_bound=2)

flags.DEFINE_enum("optimizer", "paper", ["paper", "adam"], "The GAN's paper chooses, or Adam (2e-4 by default).")
flags.DEFINE_float("beta_1", 0.5, "Decay of the gradient's mean in --optimizer=adam.", lower_bound=0)
flags.DEFINE_float("beta_2", 0.999, "Decay of the squared gradient's mean in --optimizer=adam.", lower_bound=0)
flags.DEFINE_float("generator_learning_rate", None, "Default: the optimizer's.", lower_bound=0)
flags.DEFINE_float("discriminator_learning_rate", None, "Default: the optimizer's.", lower_bound=0)
_SCHEDULES = ["constant", "linear", "cosine"]
flags.DEFINE_enum("learning_rate_schedule", "constant", _SCHEDULES, "Constant, or falling to 0 at --steps.")
flags.DEFINE_integer("warm_up_steps", 0, "Steps in which both learning rates rise from 0.", lower_bound=0)
flags.DEFINE_float("clip_norm", None, "Clip each player's gradient to this global norm.", lower_bound=1e-12)
flags.DEFINE_integer("gradient_accumulation_steps", 1, "Split each batch into so many parts.", lower_bound=1)

flags.DEFINE_string("network", "dcgan", "Architecture of both players: dcgan, dense_dcgan, mlp or resnet.")
flags.DEFINE_integer("latent_dim", 100, "Size of the generator's input.", lower_bound=1)
flags.DEFINE_integer(
    "width", None, "Channels of a dcgan (64 at full size), or a resnet (the paper's); units of an mlp.", lower_bound=1
)
flags.DEFINE_enum("discriminator_normalization", None, ["batch", "layer", "none"], "For a dcgan; default: layer.")
flags.DEFINE_float("discriminator_dropout", 0.0, "Dropout rate, for a dcgan.", lower_bound=0, upper_bound=0.99)
flags.DEFINE_bool(
    "spectral_normalization", False, "Divide each discriminator weight by its spectral norm; a resnet always does."
)

flags.DEFINE_integer("steps", 2000, "Training steps in all.", lower_bound=1)
flags.DEFINE_integer("steps_per_epoch", 100, "Steps between two pictures, and two points of the curves.", lower_bound=1)
flags.DEFINE_enum("precision", "float32", ["float32", "mixed_bfloat16", "mixed_float16"], "Keras's dtype policy.")
flags.DEFINE_bool("jit_compile", None, "Compile the step with XLA; default: on accelerators only.")
flags.DEFINE_integer("steps_per_execution", 1, "Training steps that run as one call.", lower_bound=1)
_STRATEGIES = {"none": "get_strategy", "mirrored": "MirroredStrategy", "multi_worker": "MultiWorkerMirroredStrategy"}
flags.DEFINE_enum(
    "strategy", "none", list(_STRATEGIES), "Train on all GPUs, or on the machines of $TF_CONFIG, with a shared run_dir."
)
flags.DEFINE_integer("seed", 0, "Seed of the weights, the order of the images, and all noise.", lower_bound=0)
flags.DEFINE_string("run_dir", "runs/train", "Where the results go; a run that is already there resumes.")
flags.DEFINE_integer("checkpoint_every", None, "Steps between checkpoints; default: --steps_per_epoch.", lower_bound=1)
flags.DEFINE_integer("keep_checkpoints", 3, "Checkpoints to keep, the newest ones.", lower_bound=1)
flags.DEFINE_bool("health", True, "Watch for collapse, NaN and the like; log the measurements, and warn.")
flags.DEFINE_integer(
    "evaluate_every", 0, "Epochs between evaluations on test images; keeps best.keras. 0 for none.", lower_bound=0
)
flags.DEFINE_integer("rollbacks", 0, "Returns to the last checkpoint after NaN, with half the rates.", lower_bound=0)
flags.DEFINE_string("export_dir", None, "Export the generator for TensorFlow Serving, as the next version in here.")


def local(dataset):
    """Return the path that the name of a data set would be, which may be below the user's home (~)."""
    return pathlib.Path(dataset).expanduser()


def plain(name):
    """Return a name without capitals, underscores and a "gan" at its end, which people write in different ways."""
    return re.sub(r"[\W_]", "", name.lower()).removesuffix("gan")


def require(names, is_right, message):
    """Check several flags together when they are parsed: `is_right` takes their values in the order of the names."""
    flags.register_multi_flags_validator(
        names.split(), lambda values: is_right(*map(values.get, names.split())), message
    )


flags.register_validator("image_size", re.compile(r"\d+(x\d+)?").fullmatch, "must be as 32 or 112x92, or 0")
require(
    "steps steps_per_epoch",
    lambda steps, epoch: steps % min(steps, epoch) == 0,
    "--steps must be a multiple of --steps_per_epoch",
)
require("steps warm_up_steps", lambda steps, warm_up: warm_up < steps, "--warm_up_steps must be fewer than --steps")
require(
    "network discriminator_normalization discriminator_dropout",
    lambda network, *options: plain(network) not in ("mlp", "resnet", "densedc") or options == (None, 0),
    "only a dcgan has the last two to choose",
)
require(
    "r1 gradient_penalty lazy_penalty_every",
    lambda r1, gradient_penalty, every: every is None or (r1, gradient_penalty) != (None, None),
    "the last one is for a penalty given by one of the others",
)
require(
    "health rollbacks",
    lambda health, rollbacks: health or not rollbacks,
    "--rollbacks needs --health, which sees that there is a reason",
)
require(
    "optimizer beta_1 beta_2",
    lambda optimizer, *betas: optimizer == "adam" or betas == (0.5, 0.999),
    "the last two are for --optimizer=adam",
)
require(
    "dataset data_dir download",
    lambda dataset, *options: options == (None, False) or not (dataset == "digits" or local(dataset).exists()),
    "only TensorFlow Datasets take the last two",
)
require(
    "dataset skip_corrupt",
    lambda dataset, skip_corrupt: not skip_corrupt or local(dataset).is_dir(),
    "only a folder has files to skip, and there is none here",
)


def main(argv):
    """Train as the flags say; an error in the flags or the data ends the program in one line."""
    if logging.get_verbosity() == logging.INFO:
        # INFO is the default of absl, and lets TensorFlow Datasets write between the lines of the progress bar.
        logging.set_verbosity(logging.WARNING)
    try:
        if argv[1:]:
            raise ValueError(f"Give only flags, as in --steps=100. Received: {' '.join(argv[1:])}")
        # Recorded like this: a later --steps that makes longer epochs possible must not change them.
        FLAGS.steps_per_epoch = min(FLAGS.steps_per_epoch, FLAGS.steps)
        run_dir = run_flags.local_path(FLAGS["run_dir"])
        run_flags.make_directories(FLAGS["run_dir"], FLAGS["export_dir"])
        run_flags.require_resumable(own_flags(), run_dir)
        train(run_dir)
    except KeyboardInterrupt:
        # The checkpoint has said where training stopped.
        sys.exit(128 + signal.SIGINT)
    except (ValueError, OSError, RuntimeError) as error:
        # Not imported: a wrong flag should not wait for TensorFlow.
        if isinstance(error, RuntimeError) and type(error).__name__ != "TrainingDiverged":
            raise
        logging.debug("The traceback, for --verbosity=1:", exc_info=True)
        sys.exit(f"Error: {error}")


def own_flags():
    """Return the flags that this script defines."""
    return FLAGS.get_key_flags_for_module(sys.modules[__name__])


def train(run_dir):
    """Join the parts: images, networks and GAN; then fit, save and export."""
    import keras

    # First of all: a strategy for several workers must be made before TensorFlow computes anything.
    strategy = make_strategy()
    is_chief = strategy.extended.should_checkpoint
    keras.utils.set_random_seed(FLAGS.seed)
    keras.config.set_dtype_policy(FLAGS.precision)
    images = load_images()
    with strategy.scope():
        gan = build(images)
    gan.fit(
        images,
        epochs=FLAGS.steps // FLAGS.steps_per_epoch,
        steps_per_epoch=FLAGS.steps_per_epoch,
        callbacks=[*observers(images, run_dir), *(writers(run_dir) if is_chief else [])],
    )
    # Before the export, which estimates the statistics of an averaged generator again.
    fingerprint = gan.fingerprint()
    if is_chief:
        save(gan, run_dir)
    print(f"fingerprint {fingerprint}")


def make_strategy():
    """Return the tf.distribute strategy that the flag names."""
    from tensorflow import distribute

    return getattr(distribute, _STRATEGIES[FLAGS.strategy])()


def build(images):
    """Return the compiled GAN that the flags describe, for images of this shape."""
    import keras_gan

    gan_class = chosen("gan", keras_gan.gans, GANS)
    make_networks = chosen("network", keras_gan.networks, NETWORKS)
    networks = make_networks(image_shape=images.image_shape, **network_options(make_networks.__name__))
    gan = gan_class(*networks, **gan_options())
    gan.compile(
        make_optimizer(gan, FLAGS.generator_learning_rate),
        make_optimizer(gan, FLAGS.discriminator_learning_rate),
        **{"jit_compile": "auto"} | given("jit_compile", "gradient_accumulation_steps", "steps_per_execution"),
    )
    sizes = [f"{player.name} of {player.count_params():,} parameters" for player in networks]
    shape = f"shape {images.image_shape}"
    if images.num_held_out:
        shape += f", without {images.num_held_out:,} that are held out for the test"
    print(f"{images.num_images:,} images of {shape}; {gan_class.__name__}: {', '.join(sizes)}")
    return gan


def save(gan, run_dir):
    """Save the GAN, and export it if a flag says where to."""
    import keras_gan

    gan.save(run_dir / "gan.keras")
    print(f"Saved {run_dir / 'gan.keras'}; see {run_dir / 'samples'} and {run_dir / 'losses.png'}")
    if FLAGS.export_dir:
        card = {"data_set": FLAGS.dataset, "split": FLAGS.split, "seeds": {"run": FLAGS.seed}}
        print(f"Exported {keras_gan.export.save(gan, FLAGS.export_dir, card=card)}")


def load_images(**options):
    """Return the batches of the data set that the flags name; `options` are arguments of `data.load`."""
    from keras_gan import data

    source = FLAGS.dataset
    if FLAGS.skip_corrupt:
        source = data.Folder(source, skip_corrupt=True)
    elif FLAGS.data_dir or FLAGS.download:
        source = data.TFDS(source, data_dir=FLAGS.data_dir, download=FLAGS.download)
    # One number is both sides, and 0 is None.
    height, _, width = FLAGS.image_size.partition("x")
    arguments = {
        "image_size": (int(height), int(width or height)) if int(height) else None,
        "preprocessing": data.Preprocessing(**given("channels", "flip", "dequantize")),
        **given("split", "batch_size", "seed"),
    }
    return data.load(source, **arguments | options)


def network_options(network):
    """Return the arguments of the networks, without the shape of the images."""
    if network == "resnet":
        return {**given("latent_dim"), "generator_width": FLAGS.width, "discriminator_width": FLAGS.width}
    options = given("latent_dim", "width", "spectral_normalization")
    if network == "dcgan":
        normalization = FLAGS.discriminator_normalization or "layer"
        options["discriminator_normalization"] = None if normalization == "none" else normalization
        options["discriminator_dropout"] = FLAGS.discriminator_dropout
    return options


def gan_options():
    """Return the arguments of the GAN, without its networks; what no flag gives stays the paper's."""
    from keras_gan.penalties import R1, GradientPenalty, Lazy

    weights = {R1: FLAGS.r1, GradientPenalty: FLAGS.gradient_penalty}
    penalties = [penalty(weight) for penalty, weight in weights.items() if weight is not None]
    if FLAGS.lazy_penalty_every:
        penalties = [Lazy(penalty, every=FLAGS.lazy_penalty_every) for penalty in penalties]
    options = given("discriminator_steps", "ema_half_life", "seed")
    return {**options, "penalties": penalties} if penalties else options


def make_optimizer(gan, learning_rate):
    """Return a new optimizer for one of the players; at its usual learning rate if none is given."""
    import keras

    adam = keras.optimizers.Adam(2e-4, FLAGS.beta_1, FLAGS.beta_2, epsilon=1e-8)
    optimizer = adam if FLAGS.optimizer == "adam" else gan.default_optimizer()
    config = optimizer.get_config()
    config["learning_rate"] = scheduled(config["learning_rate"] if learning_rate is None else learning_rate)
    if FLAGS.clip_norm is not None:
        config["global_clipnorm"] = FLAGS.clip_norm
    return type(optimizer).from_config(config)


def scheduled(learning_rate):
    """Return the schedule of a learning rate, which counts training steps; or the rate if it does not change."""
    from keras.optimizers.schedules import CosineDecay

    from keras_gan.schedules import LinearDecay

    shape, warm_up = FLAGS.learning_rate_schedule, FLAGS.warm_up_steps
    if shape == "linear":
        return LinearDecay(learning_rate, FLAGS.steps, warm_up_steps=warm_up)
    if shape == "constant" and not warm_up:
        return learning_rate
    # With alpha=1 the cosine keeps the whole rate, so that only the warm-up is left.
    options = {"decay_steps": FLAGS.steps - warm_up, "alpha": 1.0 if shape == "constant" else 0.0}
    if warm_up:
        return CosineDecay(0.0, **options, warmup_target=learning_rate, warmup_steps=warm_up)
    return CosineDecay(learning_rate, **options)


def observers(images, run_dir):
    """Return the callbacks of every worker; the checkpoint saves what all others have learnt."""
    from keras_gan.callbacks import Checkpoint, Throughput, TrainingHealth

    every = FLAGS.checkpoint_every or FLAGS.steps_per_epoch
    checkpoint = Checkpoint(run_dir, every=every, unit="step", keep=FLAGS.keep_checkpoints)
    health = [TrainingHealth(images, checkpoint=checkpoint, rollbacks=FLAGS.rollbacks)] if FLAGS.health else []
    return [Throughput(), *health, checkpoint]


def writers(run_dir):
    """Return the chief's callbacks, which measure samples and write down what the observers have seen."""
    import keras

    from keras_gan.callbacks import ImageSnapshots, LossCurves, TensorBoard

    log_dir = run_dir / "tensorboard"
    return [
        # Not before the checkpoint knows that no other process trains in the directory.
        keras.callbacks.LambdaCallback(on_train_begin=lambda _: run_flags.record(own_flags(), run_dir)),
        # Before those that write values down.
        *([evaluation(run_dir)] if FLAGS.evaluate_every else []),
        ImageSnapshots(run_dir / "samples", log_dir=log_dir),
        LossCurves(run_dir / "losses.png"),
        TensorBoard(log_dir, write_graph=False),
    ]


def evaluation(run_dir):
    """Return the callback that measures samples, and keeps the best GAN."""
    from keras_gan import callbacks, data, metrics

    unchanged = {"preprocessing": data.Preprocessing(channels=FLAGS.channels)}
    train, test = load_images(**unchanged), load_images(split="test", batch_size=1, **unchanged)
    if train.num_classes > 1:
        train = load_images(labels=True, **unchanged)
    extractor = metrics.train_extractor(train, seed=FLAGS.seed)
    evaluator = metrics.Evaluator(extractor, ["frechet_distance", "precision_recall"], num_images=2_000)
    options = {"every": FLAGS.evaluate_every, "directory": run_dir, "best": "frechet_distance"}
    return callbacks.Evaluate(test, evaluator, floor=train, **options)


def chosen(flag, module, names):
    """Return the class or function that a flag names, however its name is written (see `plain`)."""
    parts = {plain(name): getattr(module, name) for name in names}
    value = FLAGS[flag].value
    if plain(value) in parts:
        return parts[plain(value)]
    nearest = difflib.get_close_matches(plain(value), parts, n=1, cutoff=0.4)
    hint = f" Did you mean {parts[nearest[0]].__name__}?" if nearest else ""
    names = ", ".join(part.__name__ for part in parts.values())
    raise ValueError(f"There is no such {flag}.{hint} There are {names}. Received: --{flag}={value}")


def given(*names):
    """Return the flags of these names that have a value, as keyword arguments."""
    return {name: FLAGS[name].value for name in names if FLAGS[name].value is not None}


if __name__ == "__main__":
    app.run(main)
