"""What losses, penalties, augmentations and schedules have in common: their arguments define them."""

from keras_gan._quantity import restored


class Configurable:
    """An object that its constructor's arguments define: they are its configuration and what `repr` shows."""

    def get_config(self):
        """Return the constructor's arguments."""
        return {}

    @classmethod
    def from_config(cls, config):
        """Make the object from what `get_config` returned."""
        return cls(**{name: restored(value) for name, value in config.items()})

    def __repr__(self):
        # The attributes, because the configuration holds an object as a dictionary.
        arguments = (f"{name}={getattr(self, name, value)!r}" for name, value in self.get_config().items())
        return f"{type(self).__name__}({', '.join(arguments)})"
