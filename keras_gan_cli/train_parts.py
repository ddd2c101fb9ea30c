"""What the flags of `keras_gan train` describe: the images, the networks, the GAN and its optimizers."""

from absl import flags

from keras_gan_cli import train_choices, train_flags
from keras_gan_cli.train_flags import given

FLAGS = flags.FLAGS


def make_strategy():
    """Return the tf.distribute strategy that the flag names."""
    from tensorflow import distribute

    return getattr(distribute, train_choices.STRATEGIES[FLAGS.strategy])()


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
        **given("split", "batch_size", "seed", "cache_dir"),
    }
    return data.load(source, **arguments | options)


def make_gan(gan_name, network_name, images):
    """Return the compiled GAN of the flags, for the images that `load_images` has returned."""
    from keras_gan import gans, networks

    options = network_options(network_name)
    if FLAGS.labels:
        options["num_classes"] = images.num_classes
    players = getattr(networks, network_name)(image_shape=images.image_shape, **options)
    gan = getattr(gans, gan_name)(*players, **gan_options())
    gan.compile(
        make_optimizer(gan, "generator"),
        make_optimizer(gan, "discriminator"),
        **{"jit_compile": "auto"} | given("jit_compile", "gradient_accumulation_steps", "steps_per_execution"),
    )
    return gan


def fine_tuned_gan(images):
    """Return the compiled GAN of the file of --from, for the images that `load_images` has returned."""
    from keras_gan import transfer

    return transfer.fine_tune(
        FLAGS["from"].value,
        freeze=FLAGS.freeze_discriminator,
        num_classes=images.num_classes if FLAGS.labels else None,
        learning_rate=FLAGS.fine_tuning_rate,
    )


def network_options(network):
    """Return the arguments of the networks, without the shape of the images; what no flag gives stays as it is."""
    options = {argument: FLAGS[flag].value for argument, flag in train_choices.NETWORKS[network].items()}
    if options.get("discriminator_normalization") not in (None, "none"):
        options = {"spectral_normalization": False} | {k: v for k, v in options.items() if v is not None}
    elif "discriminator_normalization" in options:
        del options["discriminator_normalization"]
    return {argument: value for argument, value in options.items() if value is not None}


def gan_options():
    """Return the arguments of the GAN, without its networks; what no flag gives stays as in its class."""
    from keras_gan import augmentation

    options = given("discriminator_steps", "ema_half_life", "seed")
    if chosen := penalties():
        options["penalties"] = chosen
    if FLAGS.augmentation:
        options["augmentation"] = getattr(augmentation, train_choices.AUGMENTATIONS[FLAGS.augmentation])()
    return options


def penalties():
    """Return the penalties of the flags: --r1 and --gradient_penalty, and those of --penalties with their weights."""
    from keras_gan import penalties

    weights = {"R1": FLAGS.r1, "GradientPenalty": FLAGS.gradient_penalty}
    weights |= {train_choices.PENALTIES[name]: weight for name, weight in train_flags.weights(FLAGS.penalties).items()}
    found = [getattr(penalties, name)(weight) for name, weight in weights.items() if weight is not None]
    every = FLAGS.lazy_penalty_every
    return [penalties.Lazy(penalty, every=every) for penalty in found] if every else found


def make_optimizer(gan, player):
    """Return a new optimizer for one of the players; at its usual learning rate if no flag gives one."""
    import keras

    optimizer = {
        "default": lambda: gan.default_optimizers()[player],
        "paper": gan.paper_optimizer,
        "adam": lambda: keras.optimizers.Adam(2e-4, FLAGS.beta_1, FLAGS.beta_2, epsilon=1e-8),
    }[FLAGS.optimizer]()
    learning_rate = FLAGS[f"{player}_learning_rate"].value
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
