"""Saving a model, and the fingerprint of its state."""

import errno
import glob
import hashlib
import time
import warnings

import keras
import numpy as np

from keras_gan import _keras_file
from keras_gan._arguments import require_bool
from keras_gan._files import is_fault_of_computer, local_path, remove_leftovers, replacement, unfinished_folder
from keras_gan.training import _networks, _optimizers

_WEIGHTS = ".weights.h5"
# Increases when older files can no longer be loaded.
FORMAT = 2
# The weights of each player that its optimizer does not decay.
_UNDECAYED = "excluded_from_weight_decay"


class SavedModel(keras.Model):
    """A keras.Model of players that is saved with everything that training changes.

    Keras saves the weights and the optimizers that it finds in attributes. This class saves what Keras leaves out,
    returns the arguments that build the model and its optimizers again, and replaces files in one step. A subclass has
    `players`, `given_optimizers` and `settle_averages`.
    """

    def training_variables(self):
        """Return all variables that training changes, by name: a checkpoint must hold them.

        Returns:
            dict of keras.Variable. The names consist of a part of the model and a place in it, such as "critic[0]",
            "critic_optimizer[3]" or "random_seeds[0]". They are the same in every process.
        """
        layers = {name: part for name, part in vars(self).items() if isinstance(part, keras.layers.Layer)}
        # Such as the network of a perceptual loss.
        changing = {name: layer for name, layer in layers.items() if not getattr(layer, "is_constant", False)}
        parts = {name: layer.weights for name, layer in changing.items()}
        parts["random_seeds"] = _networks.random_seeds(self)
        for name, player in self.players.items():
            parts[f"{name}_optimizer"] = [] if player.optimizer is None else player.optimizer.variables
        return {f"{name}[{index}]": variable for name, part in parts.items() for index, variable in enumerate(part)}

    def fingerprint(self):
        """SHA-256, in hex, of everything that training changes: equal fingerprints mean equal training from here on.

        It covers the networks (including spectral-norm vectors and running statistics), their averages, all optimizers
        with their loss scales, and the random state (including the networks' Dropout layers).
        """
        digest = hashlib.sha256()
        for name, variable in self.training_variables().items():
            value = np.asarray(variable)
            digest.update(f"{name}{value.dtype}{value.shape}".encode())
            digest.update(value.tobytes())
        return digest.hexdigest()

    def save(self, filepath, overwrite=True, **options):
        """Save to a `.keras` file, as `keras.Model.save` does. A save that fails leaves the old file unchanged.

        NaN and infinity are saved with a warning.

        Args:
            filepath: str or path that ends in `.keras`.
            overwrite: bool, whether an existing file may be replaced.
            **options: as in `keras.Model.save`.

        Raises:
            ValueError: if the name does not end in `.keras`.
            FileExistsError: if the file exists and `overwrite` is False.
            OSError: if the disk is full or the folder cannot be written to, or the clock is wrong by decades; the error
                names the file.
        """
        require_bool("overwrite", overwrite)
        path = local_path("filepath", filepath)
        if path.suffix != ".keras":
            raise ValueError(f"The name of a saved GAN must end in `.keras`. Received: filepath={filepath!r}")
        if path.exists() and not overwrite:
            raise FileExistsError(f"The file exists and `overwrite=False`. Received: filepath={filepath!r}")
        self.settle_averages()
        _warn_of_nan(self)
        try:
            _require_a_year_of_archives()
            remove_leftovers(path.parent, glob.escape(path.name))
            with replacement(path, suffix=".keras") as temporary:
                super().save(temporary, overwrite=True, **options)
        except OSError as error:
            reason = f"The GAN could not be saved; an older file of this name is unchanged: {error.strerror or error}"
            raise OSError(error.errno, reason, str(path)) from error

    def save_weights(self, filepath, overwrite=True, **options):
        """Save the state alone, without the networks and settings, as `keras.Model.save_weights` does.

        Args:
            filepath: str or path that ends in `.weights.h5`.
            overwrite: as in `keras.Model.save_weights`.
            **options: as in `keras.Model.save_weights`.

        Raises:
            ValueError: if the path is not a local one, or has another ending.
            OSError: if the file cannot be written.
        """
        path = local_path("filepath", filepath)
        _warn_of_nan(self)
        if options or not path.name.endswith(_WEIGHTS) or (path.exists() and not require_bool("overwrite", overwrite)):
            # Keras says what is wrong with the name, asks before it overwrites, or writes several files.
            super().save_weights(path, overwrite=overwrite, **options)
            return
        # HDF5 locks the file that it writes, and `replacement` locks the file that it hands out: first another one.
        with unfinished_folder(path.parent) as folder:
            super().save_weights(folder / path.name)
            with replacement(path) as temporary:
                (folder / path.name).replace(temporary)

    def load_weights(self, filepath, **options):
        """Load what `save_weights` saved, as `keras.Model.load_weights` does.

        Args:
            filepath: str or path.
            **options: as in `keras.Model.load_weights`.

        Raises:
            ValueError: if the path is not a local one, or the file does not fit the model.
            OSError: if the file cannot be read.
        """
        path = local_path("filepath", filepath)
        try:
            super().load_weights(path, **options)
        except OSError as error:
            if is_fault_of_computer(error):
                raise
            raise ValueError(
                "This is not a complete file of weights: it is cut short, changed since it was written, or of another "
                f"kind ({error}). Copy it again from where it came from. Received: filepath={str(path)!r}"
            ) from error

    def export(self, filepath=None, **options):  # noqa: ARG002
        """Refer to the exports of this package: Keras's own export does not support samplers."""
        raise ValueError(
            "Use `keras_gan.export.save(model, directory)`, which exports the sampler for TensorFlow Serving. "
            f"Received: filepath={filepath!r}"
        )

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
        """Build the model from what `get_config` returned."""
        config = require_format(config)
        return cls(**{key: restored(value, custom_objects) for key, value in config.items()})

    def get_compile_config(self):
        """Return the arguments of `compile`, with the optimizers serialised as they were given."""
        if not self.compiled:
            return {}
        given, serialise = self.given_optimizers(), keras.saving.serialize_keras_object
        return {
            **{f"{name}_optimizer": serialise(optimizer) for name, optimizer in given.items()},
            _UNDECAYED: {
                name: _optimizers.undecayed(optimizer, self.players[name].trainable_weights)
                for name, optimizer in given.items()
            },
            "gradient_accumulation_steps": self.gradient_accumulation_steps,
            "loss_weights": self.loss_weights,
            "run_eagerly": self.run_eagerly,
            "steps_per_execution": self.steps_per_execution,
            "jit_compile": self.jit_compile,
        }

    def compile_from_config(self, config):
        """Compile with what `get_compile_config` returned, and build the optimizers so that their state can load.

        The saved mode is kept if possible: several replicas support neither XLA nor several steps per execution.
        """
        arguments = keras.saving.deserialize_keras_object(config)
        undecayed = arguments.pop(_UNDECAYED, {})
        for name, player in self.players.items():
            optimizer = arguments[f"{name}_optimizer"]
            _optimizers.restore_decays(optimizer)
            _optimizers.exclude_from_decay(optimizer, player.trainable_weights, undecayed.get(name))
        if self.distribute_strategy.num_replicas_in_sync > 1:
            arguments |= {"jit_compile": False, "steps_per_execution": 1}
        self.compile(**arguments)


def load_model(filepath, **options):
    """Load what `save` wrote, as `keras.saving.load_model` does, with a plain error for a damaged file.

    Args:
        filepath: str or path of a `.keras` file.
        **options: as in `keras.saving.load_model`.

    Returns:
        The model, with its optimizers and all that training had changed.

    Raises:
        ValueError: if the file is cut short, has changed since it was written, or is of another kind; or another
            version of keras_gan wrote it.
        OSError: if the file does not exist or cannot be read.

    Example:
        >>> import pathlib, tempfile
        >>> import keras_gan
        >>> gan = keras_gan.LSGAN(*keras_gan.networks.mlp(image_shape=(8, 8, 1), latent_dim=4, width=8))
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "gan.keras"
        >>> gan.save(path)
        >>> load_model(path).fingerprint() == gan.fingerprint()
        True
    """
    return _keras_file.load(local_path("filepath", filepath), **options)


def _require_a_year_of_archives():
    year = time.localtime().tm_year
    if not 1980 <= year <= 2107:
        raise OSError(
            errno.EINVAL, f"this computer's clock says {year}, and a .keras file can hold 1980 to 2107. Set the clock"
        )


def _warn_of_nan(model):
    not_finite = [name for name, variable in model.training_variables().items() if not _is_finite(variable)]
    if not_finite:
        others = f" and {len(not_finite) - 1} more variables" if len(not_finite) > 1 else ""
        warnings.warn(
            f"The GAN is saved with NaN or infinity in {not_finite[0]}{others}, so it can neither draw samples nor "
            "train on. Return to an earlier file or checkpoint.",
            stacklevel=3,
        )


def _is_finite(variable):
    value = np.asarray(variable)
    # "V" is bfloat16.
    return value.dtype.kind not in "fV" or bool(np.isfinite(value).all())


def require_format(config):
    """Remove the format from a saved configuration, or raise a ValueError if it is not the current one."""
    config = dict(config)
    found = config.pop("format", 1)
    if found != FORMAT:
        raise ValueError(
            f"Another version of keras_gan wrote this file, in format {found}, but this version reads format "
            f"{FORMAT}. Load the file with the version that wrote it. Received: format={found}"
        )
    return config


def restored(value, custom_objects):
    """An argument from its configuration: a network, a penalty, a list of them, or a plain value."""
    if isinstance(value, list):
        return [restored(entry, custom_objects) for entry in value]
    if isinstance(value, dict) and "class_name" in value:
        return keras.saving.deserialize_keras_object(value, custom_objects)
    return value
