"""The flags of `keras_gan train`, in the groups in which --help shows them."""

import contextlib
import difflib
import functools
import pathlib
import re
import sys

from absl import flags

from keras_gan_cli import run_flags
from keras_gan_cli.train_choices import (
    AUGMENTATIONS,
    CONDITIONAL,
    GANS,
    NETWORKS,
    OWN_NETWORKS,
    PENALTIES,
    PRESETS,
    STRATEGIES,
)

FLAGS = flags.FLAGS

# Their settings that are flags of the same name.
_SAME_IN_PRESETS = [
    "gan",
    "batch_size",
    "channels",
    "flip",
    "latent_dim",
    "ema_half_life",
    "steps",
    "precision",
]

# The names of the flags by the heading of their group.
GROUPS = {}
# What flags must fulfil together: their names, a function of their values, and what it asks for.
_REQUIREMENTS = []
# It is not part of the run.
_NOT_RECORDED = {"dry_run", "resume"}


def define():
    """Define all flags, and what they must fulfil together."""
    GROUPS.clear()
    _REQUIREMENTS.clear()
    _define_images()
    _define_gan()
    _define_networks()
    _define_optimizers()
    _define_training()
    _define_run()
    _define_requirements()


def _define_images():
    with _group("Preset"):
        flags.DEFINE_enum(
            "preset",
            None,
            list(PRESETS),
            "Settings that were chosen together; other flags that you give override them.",
        )
    with _group("Images"):
        flags.DEFINE_string("dataset", "digits", "digits, a folder, a .npz file, or a name of TensorFlow Datasets.")
        flags.DEFINE_string(
            "split", "train", "Part of the data set: train, test, ... Without test images, train leaves out a tenth."
        )
        flags.DEFINE_string("data_dir", None, "TensorFlow Datasets; default: $TFDS_DATA_DIR or ~/tensorflow_datasets.")
        flags.DEFINE_bool("download", False, "Fetch a data set of TensorFlow Datasets that is not there yet.")
        flags.DEFINE_string("cache_dir", None, "Keep the prepared images in a file in here; default: in memory.")
        flags.DEFINE_bool("skip_corrupt", False, "Skip the files of a folder that cannot be decoded.")
        flags.DEFINE_string("image_size", "0", "One side of a square, or HEIGHTxWIDTH as 112x92; 0: as they are.")
        flags.DEFINE_integer("channels", None, "Make the images grey (1) or RGB (3); default: as they are.")
        flags.DEFINE_bool("flip", False, "Mirror each image left to right with probability 1/2.")
        flags.DEFINE_bool("labels", False, "Train on the classes too, such as the names of sub-folders.")
        flags.DEFINE_bool("dequantize", False, "Add uniform noise as wide as one of the 256 levels.")
        flags.DEFINE_integer("batch_size", 64, "Images in a minibatch.", lower_bound=1)


def _define_gan():
    with _group("GAN"):
        flags.DEFINE_string("gan", "NonSaturatingGAN", f"{', '.join(GANS)}; also as hinge or wgan_gp.")
        flags.DEFINE_integer(
            "discriminator_steps", None, "Discriminator updates a step; default: the GAN's.", lower_bound=1
        )
        flags.DEFINE_float("r1", None, "Weight of the R1 penalty; default: the GAN's own penalties.", lower_bound=0)
        flags.DEFINE_float(
            "gradient_penalty", None, "Weight of the gradient penalty; default: the GAN's own.", lower_bound=0
        )
        flags.DEFINE_list("penalties", [], f"Others with their weights, as r1:10,r2:10; of {', '.join(PENALTIES)}.")
        flags.DEFINE_integer(
            "lazy_penalty_every", None, "Compute the penalties above once in so many steps.", lower_bound=2
        )
        flags.DEFINE_enum(
            "augmentation", None, list(AUGMENTATIONS), "Change what the discriminator sees; helps with few images."
        )
        flags.DEFINE_float(
            "ema_half_life", None, "Sample from an average of the generator with this half-life, in images."
        )


def _define_networks():
    with _group("Transfer"):
        flags.DEFINE_string("from", None, "Start from a trained .keras file: its GAN, networks and optimizers.")
        flags.DEFINE_integer(
            "freeze_discriminator", 0, "Freeze so many blocks of the discriminator of --from.", lower_bound=0
        )
        flags.DEFINE_float(
            "fine_tuning_rate", None, "Learning rate of both players of --from; default: the file's.", lower_bound=0
        )
    with _group("Networks"):
        flags.DEFINE_string(
            "network",
            "dcgan",
            f"Architecture of both players: {', '.join(NETWORKS)}; default: the GAN's own, or dcgan.",
        )
        flags.DEFINE_integer("latent_dim", 100, "Size of the generator's input.", lower_bound=1)
        flags.DEFINE_integer(
            "width",
            None,
            "Channels of a dcgan (64 at full size), or a resnet (the paper's); units of an mlp.",
            lower_bound=1,
        )
        flags.DEFINE_enum(
            "discriminator_normalization", None, ["batch", "layer", "none"], "For a dcgan; default: none."
        )
        flags.DEFINE_float("discriminator_dropout", 0.0, "Dropout rate, for a dcgan.", lower_bound=0, upper_bound=0.99)
        flags.DEFINE_bool(
            "spectral_normalization",
            None,
            "Divide each discriminator weight by its spectral norm; default: unless it has another normalization.",
        )


def _define_optimizers():
    with _group("Optimizers"):
        flags.DEFINE_enum(
            "optimizer",
            "default",
            ["default", "paper", "adam"],
            "The GAN's default, that of its paper, or Adam (2e-4 by default).",
        )
        flags.DEFINE_float("beta_1", 0.5, "Decay of the gradient's mean in --optimizer=adam.", lower_bound=0)
        flags.DEFINE_float("beta_2", 0.999, "Decay of the squared gradient's mean in --optimizer=adam.", lower_bound=0)
        flags.DEFINE_float("generator_learning_rate", None, "Default: the optimizer's.", lower_bound=0)
        flags.DEFINE_float("discriminator_learning_rate", None, "Default: the optimizer's.", lower_bound=0)
        schedules = ["constant", "linear", "cosine"]
        flags.DEFINE_enum("learning_rate_schedule", "constant", schedules, "Constant, or falling to 0 at --steps.")
        flags.DEFINE_integer("warm_up_steps", 0, "Steps in which both learning rates rise from 0.", lower_bound=0)
        flags.DEFINE_float("clip_norm", None, "Clip each player's gradient to this global norm.", lower_bound=1e-12)
        flags.DEFINE_integer("gradient_accumulation_steps", 1, "Split each batch into so many parts.", lower_bound=1)


def _define_training():
    with _group("Training"):
        flags.DEFINE_integer("steps", 2000, "Training steps in all.", lower_bound=1)
        flags.DEFINE_integer(
            "steps_per_epoch", 100, "Steps between two pictures, and two points of the curves.", lower_bound=1
        )
        flags.DEFINE_integer("seed", 0, "Seed of the weights, the order of the images, and all noise.", lower_bound=0)
        flags.DEFINE_bool("health", True, "Watch for collapse, NaN and the like; log the measurements, and warn.")
        flags.DEFINE_integer(
            "rollbacks", 0, "Returns to the last checkpoint after NaN, with half the rates.", lower_bound=0
        )
        flags.DEFINE_integer(
            "evaluate_every",
            None,
            "Epochs between measurements on test images, which keep best.keras; default: only at the end; 0: never.",
            lower_bound=0,
        )
        precisions = ["float32", "mixed_bfloat16", "mixed_float16"]
        flags.DEFINE_enum("precision", "float32", precisions, "Keras's dtype policy.")
        flags.DEFINE_bool("jit_compile", None, "Compile the step with XLA; default: on accelerators only.")
        flags.DEFINE_integer("steps_per_execution", 1, "Training steps that run as one call.", lower_bound=1)
        flags.DEFINE_enum(
            "strategy",
            "none",
            list(STRATEGIES),
            "Train on all GPUs, or on the machines of $TF_CONFIG, with a shared run_dir.",
        )


def _define_run():
    with _group("Files"):
        flags.DEFINE_string(
            "run_dir",
            "runs/train",
            "Where the results go. The same flags resume a run; other flags get another directory, as runs/train_2.",
        )
        run_flags.define_resume()
        flags.DEFINE_bool("dry_run", False, "Take a few steps, say what the run will need, and write nothing.")
        flags.DEFINE_integer(
            "checkpoint_every", None, "Steps between checkpoints; default: --steps_per_epoch.", lower_bound=1
        )
        flags.DEFINE_integer("keep_checkpoints", 3, "Checkpoints to keep, the newest ones.", lower_bound=1)
        flags.DEFINE_string(
            "export_dir", None, "Export the generator for TensorFlow Serving, as the next version in here."
        )


def _define_requirements():
    flags.register_validator("image_size", re.compile(r"\d+(x\d+)?").fullmatch, "must be as 32 or 112x92, or 0")
    _require(
        "steps steps_per_epoch",
        lambda steps, epoch: steps % min(steps, epoch) == 0,
        "--steps must be a multiple of --steps_per_epoch",
    )
    _require(
        "steps steps_per_epoch steps_per_execution",
        lambda steps, epoch, execution: min(steps, epoch) % execution == 0,
        "--steps_per_epoch must be a multiple of --steps_per_execution",
    )
    _require(
        "steps warm_up_steps", lambda steps, warm_up: warm_up < steps, "--warm_up_steps must be fewer than --steps"
    )
    for flag in ("freeze_discriminator", "fine_tuning_rate"):
        _require(
            f"from {flag}",
            functools.partial(_needs, flag),
            f"--{flag} is for a run that starts --from a trained file",
        )
    for heading in ("GAN", "Networks", "Optimizers"):
        for flag in GROUPS[heading]:
            _require(
                f"from {flag}",
                functools.partial(_leaves, flag),
                f"--from brings its own GAN, networks and optimizers: leave --{flag} out",
            )
    _require(
        "network labels",
        lambda network, labels: not labels or _plain(network) in map(_plain, CONDITIONAL),
        f"--labels is only for --network={', '.join(CONDITIONAL)}",
    )
    for flag in _of_some_networks():
        takers = [network for network, arguments in NETWORKS.items() if flag in arguments.values()]
        _require(
            f"network {flag}",
            functools.partial(_is_taken, flag, set(map(_plain, takers))),
            f"--{flag} is only for --network={', '.join(takers)}",
        )
    flags.register_validator("penalties", _are_weights, f"must be as r1:10,r2:10, of {', '.join(PENALTIES)}")
    _require(
        "r1 gradient_penalty penalties lazy_penalty_every",
        lambda *penalties: penalties[-1] is None or penalties[:-1] != (None, None, []),
        "--lazy_penalty_every is for a penalty given by --r1, --gradient_penalty or --penalties",
    )
    _require(
        "health rollbacks",
        lambda health, rollbacks: health or not rollbacks,
        "--rollbacks needs --health, which sees that there is a reason",
    )
    _require(
        "optimizer beta_1 beta_2",
        lambda optimizer, *betas: optimizer == "adam" or betas == (0.5, 0.999),
        "--beta_1 and --beta_2 are for --optimizer=adam",
    )
    _require(
        "dataset data_dir download",
        lambda dataset, *options: options == (None, False) or not (dataset == "digits" or _local(dataset).exists()),
        "only TensorFlow Datasets take --data_dir and --download",
    )
    _require(
        "dataset skip_corrupt",
        lambda dataset, skip_corrupt: not skip_corrupt or _local(dataset).is_dir(),
        "only a folder has files to skip, and there is none here",
    )


def take_own_parts(gan):
    """Set the networks to those that a GAN has of its own, unless a flag names others; ACGAN takes labels."""
    if gan in OWN_NETWORKS and FLAGS["network"].using_default_value:
        FLAGS.network = OWN_NETWORKS[gan]
    if gan == "ACGAN":
        FLAGS.labels = True


def weights(penalties):
    """Return the weights that --penalties gives, a dict of float by name."""
    return {name: float(weight) for name, _, weight in (entry.partition(":") for entry in penalties)}


def own():
    """Return the flags that a run is recorded with."""
    return [FLAGS[name] for names in GROUPS.values() for name in names if name not in _NOT_RECORDED]


def parse(argv):
    """Parse the command line, take the settings of a preset, and check them all; return the words that are no flags."""
    rest = FLAGS(argv)
    if FLAGS.preset:
        _take(FLAGS.preset)
    _check()
    return rest


def _take(name):
    """Set the flags that were not given to the settings of a preset."""
    from keras_gan_cli import quiet_tensorflow  # noqa: F401, I001

    from keras_gan import presets

    preset = presets.get(name)
    settings = {name: getattr(preset, name) for name in _SAME_IN_PRESETS} | {"image_size": str(preset.image_size)}
    # The rest suits the preset's GAN, networks or optimizer, and no other.
    has_gan, has_network = _is_still("gan", preset.gan), _is_still("network", "dcgan")
    if has_gan:
        settings["r1"] = preset.r1
        if _is_still("optimizer", "adam"):
            rates = dict.fromkeys(("generator_learning_rate", "discriminator_learning_rate"), preset.learning_rate)
            settings |= {"optimizer": "adam", "beta_1": preset.betas[0], "beta_2": preset.betas[1], **rates}
    if has_network:
        settings |= {"network": "dcgan", "width": preset.width}
    if has_gan and has_network:
        # The penalty takes its place.
        settings["spectral_normalization"] = False
    if preset.diff_augment:
        settings["augmentation"] = "diff_augment"
    for name, value in settings.items():
        if FLAGS[name].using_default_value:
            # Not the default: without a preset, the record of a run need not have it.
            FLAGS[name].value = value


def _is_still(name, value):
    """Whether a flag was not given, or with this value."""
    return FLAGS[name].using_default_value or _plain(FLAGS[name].value) == _plain(value)


def chosen(flag, names):
    """Return the one of these names that a flag gives, however it is written (see `_plain`), or raise a ValueError."""
    value, by_plain_name = FLAGS[flag].value, {_plain(name): name for name in names}
    if _plain(value) in by_plain_name:
        return by_plain_name[_plain(value)]
    nearest = difflib.get_close_matches(_plain(value), by_plain_name, n=1, cutoff=0.4)
    hint = f" Did you mean {by_plain_name[nearest[0]]}?" if nearest else ""
    raise ValueError(f"There is no such {flag}.{hint} There are {', '.join(names)}. Received: --{flag}={value}")


def given(*names):
    """Return the flags of these names that have a value, as keyword arguments."""
    return {name: FLAGS[name].value for name in names if FLAGS[name].value is not None}


def _of_some_networks():
    """The flags that only some architectures take, in the order of their definition."""
    taken = [set(arguments.values()) for arguments in NETWORKS.values()]
    return [name for name in GROUPS["Networks"] if name in set.union(*taken) - set.intersection(*taken)]


def _is_taken(flag, takers, network, value):
    """Whether an architecture, which may not exist, takes the value of a flag; all take the default."""
    known = set(map(_plain, NETWORKS))
    return value == FLAGS[flag].default or _plain(network) in takers or _plain(network) not in known


def _needs(flag, source, value):
    """Whether a flag that needs --from has it."""
    return source is not None or value == FLAGS[flag].default


def _leaves(flag, source, value):
    """Whether a flag that --from replaces is left out."""
    return source is None or value == FLAGS[flag].default


def _are_weights(penalties):
    try:
        given_weights = weights(penalties)
    except ValueError:
        return False
    return given_weights.keys() <= PENALTIES.keys() and all(0 <= w < float("inf") for w in given_weights.values())


@contextlib.contextmanager
def _group(heading):
    """Give the flags that are defined in this context a heading."""
    before = set(FLAGS)
    yield
    GROUPS[heading] = [name for name in FLAGS if name not in before]


def _require(names, is_right, message):
    """Let `parse` check several flags together: `is_right` takes their values in the order of the names."""
    _REQUIREMENTS.append((names.split(), is_right, message))


def _check():
    """End the program in one line if flags do not fit each other; a preset has set those that were not given."""
    for names, is_right, message in _REQUIREMENTS:
        if not is_right(*(FLAGS[name].value for name in names)):
            sys.exit(f"Error: {message}. Received: {' '.join(f'--{name}={FLAGS[name].value}' for name in names)}")


def _local(dataset):
    """Return the path that the name of a data set would be, which may be below the user's home (~)."""
    return pathlib.Path(dataset).expanduser()


def _plain(name):
    """Return a name without capitals, underscores and a "gan" at its end, which people write in different ways."""
    return re.sub(r"[\W_]", "", name.lower()).removesuffix("gan")
