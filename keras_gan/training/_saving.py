"""What of a model is saved, and how equal states are told from different ones."""

import hashlib

import keras
import numpy as np

from keras_gan._files import local_path, replacement
from keras_gan.training import _networks, _optimizers

# Goes up when an older file cannot be loaded any more.
FORMAT = 2


class SavedModel(keras.Model):
    """A keras.Model of players that is saved with all that training changes.

    Keras saves the weights and the optimizers that it finds in attributes; here are what it leaves out, the arguments
    that remake the model and its optimizers, and files that are replaced as a whole. A subclass has `players`,
    `given_optimizers` and `settle_averages`.
    """

    def training_variables(self):
        """Return all variables that training changes, by name: what a checkpoint has to hold.

        Returns:
            dict of keras.Variable. The names say the part of the model and the place in it, such as "critic[0]",
            "critic_optimizer[3]" or "random_seeds[0]", and are the same in every process.
        """
        parts = {name: part.weights for name, part in vars(self).items() if isinstance(part, keras.layers.Layer)}
        parts["random_seeds"] = _networks.random_seeds(self)
        for name, player in self.players.items():
            parts[f"{name}_optimizer"] = [] if player.optimizer is None else player.optimizer.variables
        return {f"{name}[{index}]": variable for name, part in parts.items() for index, variable in enumerate(part)}

    def fingerprint(self):
        """SHA-256, in hex, of all that training changes: equal fingerprints, equal training from here on.

        It covers the networks (spectral-norm vectors and running statistics included), their averages, all optimizers
        with their loss scales, and the random state, that of the networks' Dropout layers included.
        """
        digest = hashlib.sha256()
        for name, variable in self.training_variables().items():
            value = np.asarray(variable)
            digest.update(f"{name}{value.dtype}{value.shape}".encode())
            digest.update(value.tobytes())
        return digest.hexdigest()

    def save(self, filepath, overwrite=True, **options):
        """Save to a `.keras` file; as `keras.Model.save`, but a save that fails leaves the file that was there.

        Args:
            filepath: str or path, ending in `.keras`.
            overwrite: bool, whether a file of that name may be replaced.
            **options: as in `keras.Model.save`.

        Raises:
            ValueError: if the name does not end in `.keras`.
            FileExistsError: if there is such a file, and `overwrite` is False.
            OSError: if the disk is full or the folder cannot be written; it names the file.
        """
        if not isinstance(overwrite, bool):
            raise ValueError(f"`overwrite` must be True or False. Received: overwrite={overwrite!r}")
        path = local_path("filepath", filepath)
        if path.suffix != ".keras":
            raise ValueError(f"A GAN is saved to a file whose name ends in `.keras`. Received: filepath={filepath!r}")
        if path.exists() and not overwrite:
            raise FileExistsError(f"This file exists, and `overwrite=False`. Received: filepath={filepath!r}")
        self.settle_averages()
        try:
            with replacement(path, suffix=".keras") as temporary:
                super().save(temporary, overwrite=True, **options)
        except OSError as error:
            reason = f"The GAN could not be saved, and what stood there is untouched: {error.strerror or error}"
            raise OSError(error.errno, reason, str(path)) from error

    def save_own_variables(self, store):
        """Save the states of the networks' random streams, which Keras leaves out."""
        for index, seed in enumerate(_networks.random_seeds(self)):
            store[f"random_seed_{index}"] = np.asarray(seed)

    def load_own_variables(self, store):
        """Load what `save_own_variables` saved."""
        for index, seed in enumerate(_networks.random_seeds(self)):
            seed.assign(store[f"random_seed_{index}"])

    def get_config(self):
        """Return the constructor's arguments: the networks by name. A subclass adds its other arguments."""
        networks = {name: network for player in self.players.values() for name, network in player.networks.items()}
        return {
            "format": FORMAT,
            "name": self.name,
            **{name: keras.saving.serialize_keras_object(network) for name, network in networks.items()},
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """Make the model from what `get_config` returned."""
        config = require_format(config)
        return cls(**{key: restored(value, custom_objects) for key, value in config.items()})

    def get_compile_config(self):
        """Return the arguments of `compile`, with the optimizers serialised as they were given."""
        if not self.compiled:
            return {}
        serialise = keras.saving.serialize_keras_object
        return {
            **{f"{name}_optimizer": serialise(given) for name, given in self.given_optimizers().items()},
            "gradient_accumulation_steps": self.gradient_accumulation_steps,
            "loss_weights": self.loss_weights,
            "run_eagerly": self.run_eagerly,
            "steps_per_execution": self.steps_per_execution,
            "jit_compile": self.jit_compile,
        }

    def compile_from_config(self, config):
        """Compile with what `get_compile_config` returned; the optimizers are built, so that their state can load.

        How the step ran before is kept where it can be: several replicas take neither XLA nor several steps at once.
        """
        arguments = keras.saving.deserialize_keras_object(config)
        for name in self.players:
            _optimizers.restore_decays(arguments[f"{name}_optimizer"])
        if self.distribute_strategy.num_replicas_in_sync > 1:
            arguments |= {"jit_compile": False, "steps_per_execution": 1}
        self.compile(**arguments)


def require_format(config):
    """Take the format out of a saved configuration, or raise a ValueError where it is not this one."""
    config = dict(config)
    found = config.pop("format", 1)
    if found != FORMAT:
        raise ValueError(
            f"This file was written by another version of keras_gan, in format {found}, and this one reads format "
            f"{FORMAT}: load it with the version that wrote it. Received: format={found}"
        )
    return config


def restored(value, custom_objects):
    """An argument from its configuration: a network, a penalty, a list of them, or a plain value as it is."""
    if isinstance(value, list):
        return [restored(entry, custom_objects) for entry in value]
    if isinstance(value, dict) and "class_name" in value:
        return keras.saving.deserialize_keras_object(value, custom_objects)
    return value
