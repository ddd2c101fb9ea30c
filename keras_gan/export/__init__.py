"""A trained generator for TensorFlow Serving, ONNX Runtime and LiteRT, and the files that a server needs."""

from keras_gan._hashes import sha256_of
from keras_gan.export.exported_generator import ExportedGenerator
from keras_gan.export.litert import litert_distance, save_litert
from keras_gan.export.model_card import write_model_card
from keras_gan.export.onnx import save_onnx
from keras_gan.export.saved_model import save
from keras_gan.export.serving_config import write_serving_config

__all__ = [
    "ExportedGenerator",
    "litert_distance",
    "save",
    "save_litert",
    "save_onnx",
    "sha256_of",
    "write_model_card",
    "write_serving_config",
]
