"""The state of optimizers, carried over to optimizers of other weights."""

import typing

import keras
import numpy as np

from keras_gan._inner_optimizer import inner_of
from keras_gan._quantity import serialised


class Held(typing.NamedTuple):
    """An optimizer and what it was built on."""

    optimizer: keras.optimizers.Optimizer
    rate: typing.Any
    weights: list


def held_optimizers(gan):
    """The optimizers of a GAN, a dict of player's name to `Held`; empty before `compile`."""
    if not gan.compiled:
        return {}
    given = gan.given_optimizers()
    return {
        name: Held(player.optimizer, inner_of(given[name]).learning_rate, player.trainable_weights)
        for name, player in gan.players.items()
    }


def compile_again(gan, before=None, *, learning_rate=None, keep_optimizers=True):
    """Compile a GAN with the same settings, for the weights that are trained now.

    Args:
        gan: a compiled GAN.
        before: what `held_optimizers` returned before other weights were trained; None if they are the same.
        learning_rate: of all optimizers, a float or a schedule; None for their own.
        keep_optimizers: bool, whether they keep the state that they have of these weights.
    """
    before, config = before or held_optimizers(gan), gan.get_compile_config()
    if learning_rate is not None:
        for name in gan.players:
            _settings(config[f"{name}_optimizer"])["learning_rate"] = serialised(learning_rate)
    gan.compile_from_config(config)
    for name, new in held_optimizers(gan).items() if keep_optimizers else ():
        places = {id(weight): index for index, weight in enumerate(before[name].weights)}
        pairs = [places.get(id(weight)) for weight in new.weights]
        # Next to the count of a long training, the empty state of one weight would make its first steps far too large.
        if None not in pairs:
            carry(before[name], new, pairs)


def _settings(optimizer):
    """The configuration of a serialised optimizer, or of the one that scales its loss."""
    inner = optimizer["config"].get("inner_optimizer")
    return optimizer["config"] if inner is None else _settings(inner)


def carry(old, new, pairs, converted=None):
    """Give an optimizer the state that another one has of the same weights; its learning rate stays its own.

    Args:
        old: `Held`.
        new: `Held`.
        pairs: list with, for each weight of the new optimizer, the place of the same weight among those of the old one.
        converted: function of the place of a weight of the new optimizer and of an array, a state of the old weight,
            that returns the state of the new weight; None for the same.

    Raises:
        ValueError: if the optimizer's state does not show which weights it belongs to.
    """
    of_weights, others = _sorted_state(old)
    new_of_weights, new_others = _sorted_state(new)
    for (index, number), variable in new_of_weights.items():
        value = np.asarray(of_weights[pairs[index], number])
        variable.assign(value if converted is None else converted(index, value))
    for variable, other in zip(new_others, others, strict=True):
        variable.assign(other)


def _sorted_state(held):
    """The variables of an optimizer: a dict by (place of their weight, number), and the list of the others."""
    inner = inner_of(held.optimizer)
    places = _places(inner, held.weights)
    if len(places) != len(inner.variables):
        raise ValueError(
            f"The state of this optimizer cannot be carried over: {type(inner).__name__} builds other variables now "
            f"than it has. Give `keep_optimizers=False`. Received: {len(inner.variables)} variables"
        )
    of_weights = {place: variable for place, variable in zip(places, inner.variables, strict=True) if place is not None}
    known = {id(variable) for variable in of_weights.values()}
    others = [v for v in held.optimizer.variables if id(v) not in known and v is not held.rate]
    if any(other.shape not in ((), (1,)) for other in others):
        raise ValueError(
            f"The state of this optimizer cannot be carried over: {type(inner).__name__} does not tell which weights "
            f"it belongs to. Give `keep_optimizers=False`. Received: {type(inner).__name__}"
        )
    return of_weights, others


def _places(optimizer, weights):
    """For each variable that an optimizer of this kind has, the (place, number) of its weight; None for the others.

    A second optimizer of the same kind is built, and watched while it makes its variables.
    """
    twin = type(optimizer).from_config(optimizer.get_config())
    index_of, made = {id(weight): index for index, weight in enumerate(weights)}, {}
    make = twin.add_variable_from_reference

    def watched(reference_variable, *arguments, **options):
        variable = make(reference_variable, *arguments, **options)
        index = index_of[id(reference_variable)]
        made[id(variable)] = index, sum(place[0] == index for place in made.values())
        return variable

    twin.add_variable_from_reference = watched
    twin.build(weights)
    return [made.get(id(variable)) for variable in twin.variables]
