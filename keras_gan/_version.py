"""The version, in its own file so that the build can read it without importing TensorFlow."""

__version__ = "0.2.0"
