"""A trained generator, as a versioned SavedModel that TensorFlow Serving takes as it is."""

from keras_gan.export.exported_generator import ExportedGenerator
from keras_gan.export.saved_model import save

__all__ = ["ExportedGenerator", "save"]
