"""What of a GAN is saved, and how equal states are told from different ones."""

import hashlib
import pathlib

import keras
import numpy as np

from keras_gan.gans import _networks


class Saving:
    """The saving half of `TwoPlayerGAN`: what Keras's `.keras` and `.weights.h5` files need to hold all its state."""

    def training_variables(self):
        """Return all variables that training changes, by name: what a checkpoint has to hold.

        Returns:
            dict of keras.Variable. The names say the part of the GAN and the place in it, such as "generator[0]",
            "discriminator_optimizer[3]" or "random_seeds[0]", and are the same in every process.
        """
        parts = {name: part.weights for name, part in vars(self).items() if isinstance(part, keras.layers.Layer)}
        parts["random_seeds"] = _networks.random_seeds(self)
        for name in ("generator_optimizer", "discriminator_optimizer"):
            optimizer = getattr(self, name)
            parts[name] = [] if optimizer is None else optimizer.variables
        return {f"{name}[{index}]": variable for name, part in parts.items() for index, variable in enumerate(part)}

    def fingerprint(self):
        """SHA-256, in hex, of all that training changes: equal fingerprints, equal training from here on.

        It covers the networks (spectral-norm vectors and running statistics included), the averaged generator, both
        optimizers with their loss scales, and the random state, that of the networks' Dropout layers included.
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
        path = pathlib.Path(filepath)
        if path.suffix != ".keras":
            raise ValueError(f"A GAN is saved to a file whose name ends in `.keras`. Received: filepath={filepath!r}")
        if path.exists() and not overwrite:
            raise FileExistsError(f"This file exists, and `overwrite=False`. Received: filepath={filepath!r}")
        partial = path.with_name(f".{path.stem}.partial.keras")
        try:
            super().save(partial, overwrite=True, **options)
            partial.replace(path)
        except OSError as error:
            reason = f"The GAN could not be saved, and what stood there is untouched: {error.strerror or error}"
            raise OSError(error.errno, reason, str(path)) from error
        finally:
            partial.unlink(missing_ok=True)

    def save_own_variables(self, store):
        """Save the states of the networks' random streams, which Keras leaves out."""
        for index, seed in enumerate(_networks.random_seeds(self)):
            store[f"random_seed_{index}"] = np.asarray(seed)

    def load_own_variables(self, store):
        """Load what `save_own_variables` saved."""
        for index, seed in enumerate(_networks.random_seeds(self)):
            seed.assign(store[f"random_seed_{index}"])

    def get_config(self):
        """Return the constructor's arguments, with networks and penalties serialised."""
        serialise = keras.saving.serialize_keras_object
        return {
            "generator": serialise(self.generator),
            "discriminator": serialise(self.discriminator),
            "penalties": [serialise(penalty) for penalty in self.penalties],
            "discriminator_steps": self.discriminator_steps,
            "ema_half_life": self.ema_half_life,
            "name": self.name,
            **self.adversarial_loss.get_config(),
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """Make the GAN from what `get_config` returned."""
        restore = keras.saving.deserialize_keras_object
        parts = {key: restore(config[key], custom_objects) for key in ("generator", "discriminator")}
        penalties = [restore(penalty, custom_objects) for penalty in config["penalties"]]
        return cls(**{**config, **parts, "penalties": penalties})

    def get_compile_config(self):
        """Return the arguments of `compile`, with both optimizers serialised."""
        if not self.compiled:
            return {}
        serialise, given = keras.saving.serialize_keras_object, self._given_optimizers()
        return {
            "generator_optimizer": serialise(given[0]),
            "discriminator_optimizer": serialise(given[1]),
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
        if self.distribute_strategy.num_replicas_in_sync > 1:
            arguments |= {"jit_compile": False, "steps_per_execution": 1}
        self.compile(**arguments)
