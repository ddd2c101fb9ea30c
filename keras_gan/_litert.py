"""The interpreter of LiteRT, which used to be called TensorFlow Lite."""

import importlib.util
import os
import warnings

import tensorflow as tf


def interpreter(path):
    """Open a `.tflite` file with the LiteRT package if it is installed, otherwise with TensorFlow."""
    if importlib.util.find_spec("ai_edge_litert"):
        from ai_edge_litert.interpreter import Interpreter

        return Interpreter(os.fspath(path))
    with warnings.catch_warnings():
        # The warning recommends ai_edge_litert, which is optional here.
        warnings.filterwarnings("ignore", "(?s).*tf.lite.Interpreter is deprecated")
        return tf.lite.Interpreter(os.fspath(path))
