"""A player: the networks that one optimizer trains."""

import warnings

import keras
import tensorflow as tf

from keras_gan import _quantity
from keras_gan._arguments import require_int
from keras_gan._replicas import replica_count
from keras_gan._words import numbered
from keras_gan.penalties import Penalty
from keras_gan.training import _networks
from keras_gan.training._fused_updates import move_towards

# The ramp-up of StyleGAN2-ADA: early in training the average is over the last twentieth of the images seen.
_EMA_RAMP_UP = 0.05


class Player:
    """Networks that one optimizer trains on one objective, and optionally a running average of them.

    Args:
        ema_half_life: half-life of the averaged copies, which draw the samples: after so many samples in the player's
            updates, an update counts half. A number or a schedule; None for no averaged copies.
        penalties: list of `keras_gan.penalties.Penalty` in the player's objective.
        updates_per_step: int, updates of the player in a training step.
        **networks: keras.Model by name. They become attributes of the model under these names; their averages have
            the prefix `averaged_`.

    Attributes:
        networks: dict of name to keras.Model.
        averages: dict of name to keras.Model, the averaged copies; empty where there are none.
        optimizer: the optimizer; None before `compile`.

    Raises:
        ValueError: if there is no network, or an argument is out of range.

    Example:
        >>> import keras
        >>> player = Player(judge=keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]))
        >>> len(player.trainable_weights)
        2
    """

    def __init__(self, *, ema_half_life=None, penalties=(), updates_per_step=1, **networks):
        if not networks:
            raise ValueError(
                "A player needs at least one network, as in `Player(painter=network)`. Received: networks={}"
            )
        for name, network in networks.items():
            if not isinstance(network, keras.Model):
                raise ValueError(f"The {name} must be a keras.Model. Received: {name}={network!r}")
        self.networks = networks
        self.ema_half_life = None
        if ema_half_life is not None:
            self.ema_half_life = _quantity.require_quantity("ema_half_life", ema_half_life, low=0.0, open_low=True)
        self.penalties = _named_penalties(penalties)
        for penalty, network in ((p, n) for p in self.penalties.values() for n in networks.values()):
            penalty.validate(network)
        for penalty in self.penalties.values():
            penalty.build()
        self.updates_per_step = require_int("updates_per_step", updates_per_step)
        self.averages = {} if ema_half_life is None else {name: _networks.clone(n) for name, n in networks.items()}
        self.optimizer, self._optimized = None, []

    @property
    def trainable_weights(self):
        """The weights that the player's optimizer trains, a list."""
        return [weight for network in self.networks.values() for weight in network.trainable_weights]

    @property
    def states(self):
        """The layers with the variables of its penalties, a dict by the penalties' names."""
        return {name: penalty.state for name, penalty in self.penalties.items() if penalty.state is not None}

    @property
    def lazy_updates(self):
        """Mean number of extra updates for lazy penalties per update of the player: each penalty has its own step."""
        return sum(1.0 / penalty.every for penalty in self.penalties.values() if penalty.every > 1)

    def take_optimizer(self, optimizer):
        """Train with an optimizer that is built on the weights that are trainable now."""
        self.optimizer, self._optimized = optimizer, self.trainable_weights

    def require_trainable(self, name):
        """Raise a ValueError if other weights are trainable than at `compile`, and warn if there are none.

        Args:
            name: what the player is called, for the messages.
        """
        weights = self.trainable_weights
        if list(map(id, weights)) != list(map(id, self._optimized)):
            raise ValueError(
                f"Other weights of the {name} are trainable than when `compile` was called. Call `compile` again: it "
                f"makes an optimizer for them. Received: {len(weights)} trainable weights, {len(self._optimized)} of "
                "them at `compile`"
            )
        if not weights:
            warnings.warn(
                f"The {name} has no weights to train, so it stays as it is. If that is a mistake, set `trainable = "
                "True` on its networks before `compile`. Each player's update changes its own weights alone: no "
                "network has to be frozen for it.",
                stacklevel=5,
            )

    def follow(self):
        """Set the averaged copies to the networks' weights, as before the first step."""
        for name, average in self.averages.items():
            average.set_weights(self.networks[name].get_weights())

    def average(self, rows, step):
        """Move the averaged copies towards the networks.

        Args:
            rows: int or scalar tensor, samples in this replica's batch.
            step: int64 scalar, training steps taken before this one.
        """
        if not self.averages:
            return
        batch = tf.cast(rows * replica_count(), tf.float32)
        samples_seen = batch * tf.cast(step + 1, tf.float32)
        half_life = tf.minimum(_quantity.at(self.ema_half_life, step), _EMA_RAMP_UP * samples_seen)
        share = 1.0 - tf.pow(0.5, batch / half_life)
        self.move_averages(share)

    def move_averages(self, share):
        """Move the averaged copies towards the networks by a share of the way.

        Args:
            share: float or float32 scalar in [0, 1].
        """
        for name, twin in self.averages.items():
            for average, current in zip(twin.weights, self.networks[name].weights, strict=True):
                move_towards(average, current, share)
            # An average of unit vectors is shorter than 1: `advance` normalises it again.
            for layer in _networks.spectral_normalizations(twin):
                layer.advance()


def copy_of(network):
    """A copy of a network, with its own weights of the same values, that can be trained.

    Args:
        network: keras.Model; the copy of one that is frozen, such as an average, is not.

    Raises:
        ValueError: if the network cannot be built again from its configuration.
    """
    twin = _networks.clone(network)
    twin.trainable, twin.name = True, network.name
    return twin


def penalties_by_player(penalties, players):
    """Give each penalty of a list to the player that it belongs to.

    Args:
        penalties: list of `keras_gan.penalties.Penalty`.
        players: tuple of names.

    Returns:
        dict of player's name to list.

    Raises:
        ValueError: if this is no list of penalties, or one belongs to another player.
    """
    for penalty in _require_penalties(penalties):
        if penalty.player not in players:
            raise ValueError(
                f"The penalty belongs to the player '{penalty.player}', and the players are {', '.join(players)}. Set "
                f"its `player` to one of them. Received: {penalty!r}"
            )
    return {player: [penalty for penalty in penalties if penalty.player == player] for player in players}


def _require_penalties(penalties):
    if not isinstance(penalties, list | tuple) or not all(isinstance(penalty, Penalty) for penalty in penalties):
        raise ValueError(
            "`penalties` must be a list of penalties, such as `[keras_gan.penalties.R1(10.0)]`. "
            f"Received: penalties={penalties!r}"
        )
    return penalties


def _named_penalties(penalties):
    """Penalties by their names in the logs, such as `r1`; a second penalty of the same kind is `r1_2`."""
    names = numbered([penalty.name for penalty in _require_penalties(penalties)])
    return dict(zip(names, penalties, strict=True))
