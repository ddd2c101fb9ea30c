"""The health monitor: it measures a GAN during training, warns about problems, and stops when training diverges."""

from keras_gan.callbacks.health.training_health import TrainingDiverged, TrainingHealth

__all__ = ["TrainingDiverged", "TrainingHealth"]
