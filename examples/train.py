"""Train any GAN of keras_gan, with any of its networks, on any images.

    python examples/train.py --dataset=digits --gan=WGANGP --steps=2000 --run_dir=runs/digits
    python examples/train.py --flagfile=examples/recipes/digits_dcgan_r1.txt

The run directory receives pictures of samples from the same latents as training goes on, and a GIF of them
(samples/), the losses (losses.png, losses.csv), events for TensorBoard (tensorboard/), the flags of the run
(flags.txt), checkpoints (checkpoints/) and the trained GAN (gan.keras). The last line is the GAN's fingerprint: on the
same processor, the same flags give the same one again.

A run that was killed goes on when the same command is given again, and ends with the same fingerprint as one that was
never stopped. A finished one goes on with a larger --steps.
"""

import contextlib
import difflib
import inspect
import os
import pathlib
import re
import sys

import run_flags
from absl import app, flags, logging

# TensorFlow reads it when it is imported. That takes seconds, so the functions that need TensorFlow import it:
# --help, and an error in the flags, come at once.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

FLAGS = flags.FLAGS

# The architectures that are a generator and a discriminator of images without labels.
NETWORKS = ("dcgan", "dense_dcgan", "mlp", "resnet")

flags.DEFINE_string("dataset", "digits", "Images: digits, a folder, a .npz file, or a name of TensorFlow Datasets.")
flags.DEFINE_string("split", "train", "Part of the data set: train, test, ...")
flags.DEFINE_string(
    "data_dir", None, "Where TensorFlow Datasets lie; default: $TFDS_DATA_DIR or ~/tensorflow_datasets."
)
flags.DEFINE_bool("download", False, "Fetch a data set of TensorFlow Datasets that is not there yet.")
flags.DEFINE_bool("skip_corrupt", False, "Leave out the files of a folder that cannot be decoded, instead of stopping.")
flags.DEFINE_string("image_size", "0", "In pixels: one side of a square, or HEIGHTxWIDTH as 112x92; 0: as they are.")
flags.DEFINE_integer("channels", None, "Make the images grey (1) or RGB (3); default: as they are.")
flags.DEFINE_bool("flip", False, "Mirror each image left to right with probability 1/2.")
flags.DEFINE_bool("dequantize", False, "Add uniform noise as wide as one of the 256 levels.")
flags.DEFINE_integer("batch_size", 64, "Images in a minibatch.", lower_bound=1)

flags.DEFINE_string(
    "gan", "WGANGP", "Class of the GAN, such as HingeGAN or LSGAN; hinge, wgan_gp and the like will do."
)
flags.DEFINE_integer("discriminator_steps", None, "Discriminator updates a step; default: the paper's.", lower_bound=1)
flags.DEFINE_float("r1", None, "Weight of the R1 penalty; default: the GAN's own penalties.", lower_bound=0)
flags.DEFINE_float("gradient_penalty", None, "Weight of the gradient penalty; default: the GAN's own.", lower_bound=0)
flags.DEFINE_float(
    "ema_half_life", None, "Draw samples from an average of the generator with this half-life, in images."
)
flags.DEFINE_integer(
    "lazy_penalty_every", None, "Compute --r1 and --gradient_penalty in one of so many steps.", lower_bound=2
)
flags.DEFINE_enum("optimizer", "paper", ["paper", "adam"], "That of the GAN's paper, or Adam (2e-4 by default).")
flags.DEFINE_float("beta_1", 0.5, "Decay of the gradient's mean in --optimizer=adam.", lower_bound=0)
flags.DEFINE_float("beta_2", 0.999, "Decay of the squared gradient's mean in --optimizer=adam.", lower_bound=0)
flags.DEFINE_float("generator_learning_rate", None, "Default: that of the optimizer.", lower_bound=0)
flags.DEFINE_float("discriminator_learning_rate", None, "Default: that of the optimizer.", lower_bound=0)

flags.DEFINE_enum(
    "learning_rate_schedule",
    "constant",
    ["constant", "linear", "cosine"],
    "The last two fall to 0 at --steps, so a run that goes on with other --steps has another schedule from there.",
)
flags.DEFINE_integer("warm_up_steps", 0, "Steps in which both learning rates rise from 0.", lower_bound=0)
flags.DEFINE_float("clip_norm", None, "Clip each player's gradient to this global norm.", lower_bound=1e-12)
flags.DEFINE_integer(
    "gradient_accumulation_steps", 1, "Parts that each batch passes in, one after the other.", lower_bound=1
)

flags.DEFINE_string("network", "dcgan", "Architecture of both players: dcgan, dense_dcgan, mlp or resnet.")
flags.DEFINE_integer("latent_dim", 100, "Size of the generator's input.", lower_bound=1)
flags.DEFINE_integer(
    "width",
    None,
    "Channels at full size of a dcgan (default 64), units of an mlp (1200), channels of a resnet (the paper's).",
    lower_bound=1,
)
flags.DEFINE_enum("discriminator_normalization", None, ["batch", "layer", "none"], "Of a dcgan; default: layer.")
flags.DEFINE_float(
    "discriminator_dropout", 0.0, "Rate of Dropout in the discriminator of a dcgan.", lower_bound=0, upper_bound=0.99
)
flags.DEFINE_bool(
    "spectral_normalization",
    False,
    "Divide each weight of the discriminator by its spectral norm, as a resnet always does.",
)

flags.DEFINE_integer("steps", 2000, "Training steps in all.", lower_bound=1)
flags.DEFINE_integer("steps_per_epoch", 100, "Steps between two pictures, and two points of the curves.", lower_bound=1)
flags.DEFINE_enum("precision", "float32", ["float32", "mixed_bfloat16", "mixed_float16"], "Keras's dtype policy.")
flags.DEFINE_bool("jit_compile", None, "Compile the step with XLA; default: on accelerators only.")
flags.DEFINE_integer("steps_per_execution", 1, "Training steps that run as one call.", lower_bound=1)
flags.DEFINE_enum(
    "strategy",
    "none",
    ["none", "mirrored", "multi_worker"],
    "Train on all GPUs of the machine, or on several machines, of which $TF_CONFIG tells, with a shared run directory.",
)
flags.DEFINE_integer("seed", 0, "Of the weights, the order of the images, and all noise.", lower_bound=0)
flags.DEFINE_string("run_dir", "runs/train", "Where the results go; a run that is there already goes on.")
flags.DEFINE_integer("checkpoint_every", None, "Steps between checkpoints; default: --steps_per_epoch.", lower_bound=1)
flags.DEFINE_integer("keep_checkpoints", 3, "Checkpoints to keep, the newest ones.", lower_bound=1)
flags.DEFINE_bool("health", True, "Watch for collapse, NaN and the like, log the signs of health, and warn.")
flags.DEFINE_integer(
    "evaluate_every",
    0,
    "Epochs between two measurements against the test split, with the features of a classifier of the training images, "
    "which need labels; the best GAN is kept as best.keras. 0 for none.",
    lower_bound=0,
)
flags.DEFINE_integer(
    "rollbacks",
    0,
    "How often training may go back to the last checkpoint after NaN, and on with half the learning rates.",
    lower_bound=0,
)
flags.DEFINE_string(
    "export_dir", None, "Export the generator for TensorFlow Serving, as the next version in this folder."
)

flags.register_validator("image_size", re.compile(r"\d+(x\d+)?").fullmatch, "must be as 32 or 112x92, or 0")


@flags.multi_flags_validator(["steps", "steps_per_epoch"], "--steps must be a multiple of --steps_per_epoch")
def _whole_epochs(values):
    return values["steps"] % min(values["steps"], values["steps_per_epoch"]) == 0


@flags.multi_flags_validator(["steps", "warm_up_steps"], "--warm_up_steps must be fewer than --steps")
def _warm_up_ends(values):
    return values["warm_up_steps"] < values["steps"]


@flags.multi_flags_validator(
    ["network", "discriminator_normalization", "discriminator_dropout"], "only a dcgan has the last two to choose"
)
def _dcgan_flags_fit(values):
    chosen = values["discriminator_normalization"] is not None or values["discriminator_dropout"] > 0
    return not chosen or plain(values["network"]) not in ("mlp", "resnet", "densedc")


@flags.multi_flags_validator(
    ["r1", "gradient_penalty", "lazy_penalty_every"], "the last one is for a penalty given by one of the others"
)
def _lazy_penalty_is_given(values):
    return values["lazy_penalty_every"] is None or (values["r1"], values["gradient_penalty"]) != (None, None)


@flags.multi_flags_validator(["health", "rollbacks"], "--rollbacks needs --health, which sees that there is a reason")
def _rollbacks_are_watched(values):
    return values["health"] or not values["rollbacks"]


@flags.multi_flags_validator(["optimizer", "beta_1", "beta_2"], "the last two are for --optimizer=adam")
def _betas_fit(values):
    return values["optimizer"] == "adam" or (values["beta_1"], values["beta_2"]) == (0.5, 0.999)


@flags.multi_flags_validator(["dataset", "data_dir", "download"], "only TensorFlow Datasets take the last two")
def _tfds_flags_fit(values):
    local = values["dataset"] == "digits" or pathlib.Path(values["dataset"]).expanduser().exists()
    return not local or (values["data_dir"] is None and not values["download"])


@flags.multi_flags_validator(["dataset", "skip_corrupt"], "only a folder has files to skip, and there is none here")
def _folder_flags_fit(values):
    return not values["skip_corrupt"] or pathlib.Path(values["dataset"]).expanduser().is_dir()


def main(argv):
    """Train as the flags say; an error in what was asked for ends the program in one line."""
    if logging.get_verbosity() == logging.INFO:
        # The default under absl, with which TensorFlow Datasets would write between the lines of the progress bar.
        logging.set_verbosity(logging.WARNING)
    try:
        if argv[1:]:
            raise ValueError(f"Give flags alone, as in --steps=100. Received: {' '.join(argv[1:])}")
        # As it is: a later --steps that makes longer epochs possible must not change them.
        FLAGS.steps_per_epoch = min(FLAGS.steps_per_epoch, FLAGS.steps)
        prepare_directories()
        train(pathlib.Path(FLAGS.run_dir))
    except (ValueError, OSError) as error:
        stop(error)
    except RuntimeError as error:
        from keras_gan.callbacks import TrainingDiverged

        if not isinstance(error, TrainingDiverged):
            raise
        stop(error)


def stop(error):
    """End the program in one line."""
    logging.debug("The traceback, for --verbosity=1:", exc_info=True)
    sys.exit(f"Error: {error}")


def prepare_directories():
    """Make the directories, and refuse a run that these flags do not go on with."""
    run_dir = pathlib.Path(FLAGS.run_dir)
    for flag in ("run_dir", "export_dir"):
        if FLAGS[flag].value:
            with writing_below(flag):
                pathlib.Path(FLAGS[flag].value).mkdir(parents=True, exist_ok=True)
    if any(run_dir.glob("checkpoints/step_*.npz")):
        run_flags.require_same(own_flags(), run_dir)
    elif (run_dir / "gan.keras").exists():
        raise ValueError(
            "This directory holds a trained GAN, and no checkpoint to go on from: choose another, or remove this one. "
            f"Received: --run_dir={run_dir}"
        )


@contextlib.contextmanager
def writing_below(flag):
    """Say of a write that fails which flag named the directory, and how to mend it."""
    try:
        yield
    except OSError as error:
        raise ValueError(
            f"No file can be written in this directory ({error.strerror}): choose one that exists or can be made, and "
            f"that you may write to. Received: --{flag}={FLAGS[flag].value}"
        ) from error


def train(run_dir):
    """Join the parts: images, networks and GAN; then fit, save and export."""
    import keras

    # The first of all: a strategy for several workers must be made before TensorFlow computes anything.
    strategy = make_strategy()
    is_chief = strategy.extended.should_checkpoint
    if is_chief:
        with writing_below("run_dir"):
            run_flags.record(own_flags(), run_dir)
    keras.utils.set_random_seed(FLAGS.seed)
    keras.config.set_dtype_policy(FLAGS.precision)
    images = load_images()
    with strategy.scope():
        gan = build(images)
    watchers = [*observers(images, run_dir), *(writers(run_dir) if is_chief else [])]
    if FLAGS.evaluate_every and is_chief:
        # Before all that writes values down.
        watchers.insert(0, evaluation(run_dir))
    epochs = FLAGS.steps // FLAGS.steps_per_epoch
    gan.fit(images, epochs=epochs, steps_per_epoch=FLAGS.steps_per_epoch, callbacks=watchers)
    # Exporting takes the averaged generator's statistics anew.
    fingerprint = gan.fingerprint()
    if is_chief:
        save(gan, run_dir)
    print(f"fingerprint {fingerprint}")


def own_flags():
    """Return the flags that this script defines."""
    return FLAGS.get_key_flags_for_module(sys.modules[__name__])


def make_strategy():
    """Return what the flag says the computation is spread over."""
    import tensorflow as tf

    if FLAGS.strategy == "mirrored":
        return tf.distribute.MirroredStrategy()
    return (
        tf.distribute.MultiWorkerMirroredStrategy()
        if FLAGS.strategy == "multi_worker"
        else tf.distribute.get_strategy()
    )


def build(images):
    """Return the compiled GAN that the flags describe, for images of this shape."""
    import keras_gan

    gan_class, make_networks = chosen("gan", keras_gan.gans), chosen("network", keras_gan.networks, NETWORKS)
    networks = make_networks(image_shape=images.image_shape, **network_options(make_networks.__name__))
    gan = gan_class(*networks, **gan_options())
    gan.compile(
        make_optimizer(gan, FLAGS.generator_learning_rate),
        make_optimizer(gan, FLAGS.discriminator_learning_rate),
        gradient_accumulation_steps=FLAGS.gradient_accumulation_steps,
        steps_per_execution=FLAGS.steps_per_execution,
        jit_compile="auto" if FLAGS.jit_compile is None else FLAGS.jit_compile,
    )
    sizes = [f"{player.name} of {player.count_params():,} parameters" for player in networks]
    print(f"{images.num_images:,} images of shape {images.image_shape}; {gan_class.__name__}: {', '.join(sizes)}")
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
    sides = tuple(int(side) for side in FLAGS.image_size.split("x"))
    arguments = {
        "split": FLAGS.split,
        "image_size": sides if len(sides) == 2 else sides[0] or None,
        "batch_size": FLAGS.batch_size,
        "seed": FLAGS.seed,
        "preprocessing": data.Preprocessing(channels=FLAGS.channels, flip=FLAGS.flip, dequantize=FLAGS.dequantize),
    }
    return data.load(source, **arguments | options)


def network_options(network):
    """Return the arguments of the networks, without the shape of the images."""
    if network == "resnet":
        return {**given("latent_dim"), "generator_width": FLAGS.width, "discriminator_width": FLAGS.width}
    options = given("latent_dim", "width", "spectral_normalization")
    if network == "dcgan":
        options.update(given("discriminator_dropout"))
        normalization = FLAGS.discriminator_normalization or "layer"
        options["discriminator_normalization"] = None if normalization == "none" else normalization
    return options


def gan_options():
    """Return the arguments of the GAN, without its networks; what no flag gives stays the paper's."""
    from keras_gan.penalties import R1, GradientPenalty, Lazy

    weights = {R1: FLAGS.r1, GradientPenalty: FLAGS.gradient_penalty}
    penalties = [penalty(weight) for penalty, weight in weights.items() if weight is not None]
    if FLAGS.lazy_penalty_every is not None:
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

    warm_up = FLAGS.warm_up_steps
    if FLAGS.learning_rate_schedule == "linear":
        return LinearDecay(learning_rate, FLAGS.steps, warm_up_steps=warm_up)
    warm_up_options = {"warmup_target": learning_rate, "warmup_steps": warm_up} if warm_up else {}
    first = 0.0 if warm_up else learning_rate
    if FLAGS.learning_rate_schedule == "cosine":
        return CosineDecay(first, FLAGS.steps - warm_up, **warm_up_options)
    # A decay to the whole of the rate is a warm-up alone.
    return CosineDecay(first, 1, alpha=1.0, **warm_up_options) if warm_up else learning_rate


def observers(images, run_dir):
    """Return the callbacks of each worker; the checkpoint comes to know what all others have learnt."""
    from keras_gan.callbacks import Checkpoint, Throughput, TrainingHealth

    checkpoint = Checkpoint(
        run_dir, every=FLAGS.checkpoint_every or FLAGS.steps_per_epoch, unit="step", keep=FLAGS.keep_checkpoints
    )
    health = [TrainingHealth(images, checkpoint=checkpoint, rollbacks=FLAGS.rollbacks)] if FLAGS.health else []
    return [Throughput(), *health, checkpoint]


def evaluation(run_dir):
    """Return the callback that measures samples, and keeps the best GAN."""
    from keras_gan import callbacks, data, metrics

    plain = {"preprocessing": data.Preprocessing(channels=FLAGS.channels)}
    train, test = load_images(labels=True, **plain), load_images(split="test", **plain)
    evaluator = metrics.Evaluator(
        metrics.train_extractor(train, seed=FLAGS.seed), ["frechet_distance", "precision_recall"], num_images=2_000
    )
    # The floor is taken once.
    return callbacks.Evaluate(
        test, evaluator, every=FLAGS.evaluate_every, directory=run_dir, best="frechet_distance", floor=train
    )


def writers(run_dir):
    """Return the callbacks that write down what the observers have seen, and show it."""
    import keras

    from keras_gan.callbacks import ImageSnapshots, LossCurves

    log_dir = run_dir / "tensorboard"
    return [
        ImageSnapshots(run_dir / "samples", log_dir=log_dir),
        LossCurves(run_dir / "losses.png"),
        keras.callbacks.TensorBoard(log_dir, write_graph=False),
    ]


def chosen(flag, module, names=None):
    """Return the class or function that a flag names, whatever its capitals, its underscores and a "gan" at its end."""
    public = {name: getattr(module, name) for name in names or module.__all__}
    meant = {plain(name): name for name, value in public.items() if not inspect.isabstract(value)}
    value = FLAGS[flag].value
    if plain(value) in meant:
        return public[meant[plain(value)]]
    nearest = [meant[key] for key in difflib.get_close_matches(plain(value), meant, n=1, cutoff=0.4)]
    hint = f" Did you mean {nearest[0]}?" if nearest else ""
    raise ValueError(
        f"There is no such {flag}.{hint} There are {', '.join(meant.values())}. Received: --{flag}={value}"
    )


def plain(name):
    """Return a name without what people write in different ways."""
    return re.sub(r"[\W_]", "", name.lower()).removesuffix("gan")


def given(*names):
    """Return the flags of these names that have a value, as keyword arguments."""
    return {name: FLAGS[name].value for name in names if FLAGS[name].value is not None}


if __name__ == "__main__":
    app.run(main)
