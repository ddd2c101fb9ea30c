"""Watching a GAN while it trains: its vital signs, its illnesses, and the end of a training that cannot be saved."""

from keras_gan.callbacks.health.training_health import TrainingDiverged, TrainingHealth

__all__ = ["TrainingDiverged", "TrainingHealth"]
