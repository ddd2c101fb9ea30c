"""The interpreter of LiteRT, which used to be called TensorFlow Lite."""

import importlib.util
import os
import warnings

import tensorflow as tf


def interpreter(path):
    """Open a `.tflite` file with the package of LiteRT if it is installed, else with what TensorFlow brings."""
    if importlib.util.find_spec("ai_edge_litert"):
        from ai_edge_litert.interpreter import Interpreter

        return Interpreter(os.fspath(path))
    with warnings.catch_warnings():
        # It tells to install ai_edge_litert, which is the branch above and is not needed here.
        warnings.filterwarnings("ignore", "(?s).*tf.lite.Interpreter is deprecated")
        return tf.lite.Interpreter(os.fspath(path))
