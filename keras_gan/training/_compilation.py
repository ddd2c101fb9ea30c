"""What `compile` refuses for a model with an optimizer for each player."""

import keras

from keras_gan._arguments import did_you_mean, require_bool, require_int, require_number

_COUNTS = {2: "two", 3: "three", 4: "four"}


def refuse(arguments, optimizers):
    """Raise a ValueError for arguments that `compile` does not take, such as `optimizer` and `metrics`.

    Args:
        arguments: dict of the arguments that `compile` does not know.
        optimizers: names of the arguments that are optimizers.
    """
    if arguments.get("optimizer") is not None:
        listed = " and ".join(f"`{name}=`" for name in optimizers)
        raise ValueError(
            f"A GAN has {_count(optimizers)} optimizers: give {listed}, or none of them for the defaults. "
            f"Received: optimizer={arguments['optimizer']!r}"
        )
    known = (
        *optimizers,
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


def _count(players):
    return _COUNTS.get(len(players), len(players))


def require_mode(strategy, run_eagerly, steps_per_execution, jit_compile):
    """Raise a ValueError for a mode that does not exist, or that several replicas do not support."""
    require_bool("run_eagerly", run_eagerly)
    require_int("steps_per_execution", steps_per_execution)
    if not isinstance(jit_compile, bool | str) or jit_compile not in (True, False, "auto"):
        raise ValueError(f'`jit_compile` must be True, False or "auto". Received: jit_compile={jit_compile!r}')
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


def choose(model, given):
    """The optimizers of all players: all of them given, or all of them the defaults.

    Args:
        model: `AdversarialModel`.
        given: dict of player's name to optimizer, to an optimizer's name, or to None.

    Returns:
        dict of player's name to keras.optimizers.Optimizer.

    Raises:
        ValueError: for something that is not an optimizer, or if only some optimizers are given.
    """
    given = {name: optimizer for name, optimizer in given.items() if optimizer is not None}
    for name, optimizer in given.items():
        if not isinstance(optimizer, str | keras.optimizers.Optimizer):
            raise ValueError(
                f"`{name}_optimizer` must be a keras.optimizers.Optimizer, or None for the default. "
                f"Received: {name}_optimizer={optimizer!r}"
            )
    if given and len(given) < len(model.players):
        missing = [f"`{name}_optimizer=`" for name in model.players if name not in given]
        raise ValueError(
            f"A GAN has {_count(model.players)} optimizers, and one of yours should not play against a default "
            f"one: give {' and '.join(missing)} as well, or none of them for the defaults. "
            f"Received: {', '.join(f'{name}_optimizer={optimizer!r}' for name, optimizer in given.items())}"
        )
    given = given or model.default_optimizers()
    return {name: _optimizer(name, given[name]) for name in model.players}


def _optimizer(name, given):
    try:
        return keras.optimizers.get(given)
    except ValueError as error:
        raise ValueError(
            f'`{name}_optimizer` must be a keras.optimizers.Optimizer, the name of one, such as "adam", or None for '
            f"the default. Received: {name}_optimizer={given!r}"
        ) from error


def require_no_distribution():
    """Raise a ValueError within a `keras.distribution`, which silently does nothing on TensorFlow."""
    distribution = keras.distribution.distribution()
    if distribution is not None:
        raise ValueError(
            "`keras.distribution` has no effect on TensorFlow: training would run on one device. Build the GAN within "
            "the scope of a `tf.distribute.MirroredStrategy`, after `keras.distribution.set_distribution(None)`. "
            f"Received: distribution={type(distribution).__name__}"
        )


def weights_of_losses(weights, names):
    """Return a weight for each of these losses; 1 if none is given.

    Raises:
        ValueError: for an unknown name, or a weight that is not a number of at least 0.
    """
    if weights is not None and not isinstance(weights, dict):
        raise ValueError(
            f'`loss_weights` must be a dict of the losses\' names and weights, such as {{"{next(iter(names))}": 2.0}}. '
            f"Received: loss_weights={weights!r}"
        )
    weights = weights or {}
    for name in weights:
        if name not in names:
            raise ValueError(
                f"There is no loss '{name}'.{did_you_mean(name, names)} The losses are {', '.join(names)}. "
                f"Received: loss_weights={weights}"
            )
    return {name: require_number(f"loss_weights[{name!r}]", weights.get(name, 1.0), low=0.0) for name in names}
