"""The command `keras_gan`.

It is a package of its own, next to `keras_gan`: any import of a part of `keras_gan` imports TensorFlow, which takes
seconds, and writes notes to the terminal. Here, `--help` and an error in the flags come at once.
"""
