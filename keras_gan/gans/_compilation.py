"""What `compile` does for a model with two optimizers, and what it refuses."""

import keras

from keras_gan._arguments import did_you_mean, require_number

_CLASS_OF_LOSS = {
    "binary_crossentropy": "NonSaturatingGAN",
    "bce": "NonSaturatingGAN",
    "non_saturating": "NonSaturatingGAN",
    "minimax": "MinimaxGAN",
    "mse": "LSGAN",
    "mean_squared_error": "LSGAN",
    "least_squares": "LSGAN",
    "lsgan": "LSGAN",
    "hinge": "HingeGAN",
    "wasserstein": "WGAN or WGANGP",
    "wgan": "WGAN",
    "wgan_gp": "WGANGP",
    "relativistic": "RelativisticGAN",
    "relativistic_average": "RelativisticAverageGAN",
}


def refuse(arguments):
    """Raise a ValueError for the arguments of `keras.Model.compile` that a GAN has no use for, and any other."""
    if arguments.get("loss") is not None:
        given = arguments["loss"]
        name = given if isinstance(given, str) else getattr(given, "name", type(given).__name__)
        key = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).strip("_")
        advice = f": for this one, `keras_gan.{_CLASS_OF_LOSS[key]}`" if key in _CLASS_OF_LOSS else ""
        raise ValueError(
            "A GAN has a loss for each of its players, and each adversarial loss is a class of its own, such as "
            f"`keras_gan.NonSaturatingGAN`, `HingeGAN`, `LSGAN` or `WGANGP`{advice}. Make the GAN of the loss you want "
            f"and leave `loss=` out. Received: loss={given!r}"
        )
    if arguments.get("optimizer") is not None:
        raise ValueError(
            "A GAN has two optimizers: give `generator_optimizer=` and `discriminator_optimizer=`, or neither for the "
            f"paper's. Received: optimizer={arguments['optimizer']!r}"
        )
    known = (
        "generator_optimizer",
        "discriminator_optimizer",
        "gradient_accumulation_steps",
        "loss_weights",
        "run_eagerly",
        "steps_per_execution",
        "jit_compile",
    )
    for name, value in arguments.items():
        if value is not None:
            raise ValueError(
                f"`compile` of a GAN does not take `{name}`.{did_you_mean(name, known)} It takes: {', '.join(known)}. "
                f"Received: {name}={value!r}"
            )


def refuse_fit_options(options):
    """Raise a ValueError for the arguments of `keras.Model.fit` that a GAN has no use for."""
    remedies = {
        "validation_split": "split the images and give `validation_data`",
        "class_weight": "it has no classes",
        "sample_weight": "repeat the images that are to count more",
    }
    for name, remedy in remedies.items():
        value = options.get(name)
        # Keras's own default of `validation_split` is 0.0; weights may be an array, which has no truth value.
        if value is not None and not (isinstance(value, float) and value == 0.0):
            raise ValueError(f"`fit` of a GAN does not take `{name}`: {remedy}. Received: {name}={value!r}")


def require_mode(strategy, steps_per_execution, jit_compile):
    """Raise a ValueError for a way of running that Keras cannot combine with several replicas."""
    replicas = strategy.num_replicas_in_sync
    if replicas > 1 and steps_per_execution > 1:
        raise ValueError(
            f"Keras cannot run several steps in one execution on {replicas} replicas: leave `steps_per_execution` at "
            f"1. Received: steps_per_execution={steps_per_execution}"
        )
    if replicas > 1 and jit_compile is True:
        raise ValueError(
            f"XLA cannot compile a training step that spans {replicas} replicas: leave `jit_compile` out, or train on "
            f"one device. Received: jit_compile={jit_compile}"
        )


def require_no_distribution():
    """Raise a ValueError within a `keras.distribution`, which does nothing on TensorFlow and says so nowhere."""
    distribution = keras.distribution.distribution()
    if distribution is not None:
        raise ValueError(
            "`keras.distribution` has no effect on TensorFlow: training would run on one device. Build the GAN within "
            "the scope of a `tf.distribute.MirroredStrategy`, after `keras.distribution.set_distribution(None)`. "
            f"Received: distribution={type(distribution).__name__}"
        )


def weights_of_losses(weights, names):
    """Return a weight for each of the losses of these names; 1 where none is given.

    Raises:
        ValueError: for a name that is none of them, or a weight that is not a number of at least 0.
    """
    weights = weights or {}
    for name in weights:
        if name not in names:
            raise ValueError(
                f"There is no loss '{name}' to weight.{did_you_mean(name, names)} There are {', '.join(names)}. "
                f"Received: loss_weights={weights}"
            )
    return {name: require_number(f"loss_weights[{name!r}]", weights.get(name, 1.0), low=0.0) for name in names}
