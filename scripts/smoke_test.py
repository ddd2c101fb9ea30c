"""What a fresh installation must do: train, resume, measure, save, load, export, serve and draw, in half a minute.

Run it outside the repository, with the Python of the environment: it fails if it imports the repository instead of
the installed package.
"""

import os
import pathlib
import subprocess
import sys
import tempfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("MPLBACKEND", "Agg")

import keras
import numpy as np
import tensorflow as tf

import keras_gan


def main():
    """Take the road from a data set to a served generator, with a network as small as can be."""
    package = pathlib.Path(keras_gan.__file__).parent
    assert package.is_relative_to(sys.prefix), f"not the installed package, but {package}"
    assert (package / "py.typed").is_file()
    with tempfile.TemporaryDirectory() as directory:
        gan = _train(pathlib.Path(directory))
        _export(gan, pathlib.Path(directory))
    _draw_at_once()
    subprocess.run([pathlib.Path(sys.executable).with_name("keras_gan"), "--version"], check=True)
    versions = f"TensorFlow {tf.__version__}, Keras {keras.__version__}, NumPy {np.__version__}"
    print(f"keras_gan {keras_gan.__version__} works with Python {sys.version.split()[0]}, {versions}")


def _train(directory):
    images = keras_gan.data.load("digits", image_size=8, batch_size=16, split="train")
    gan = keras_gan.HingeGAN(*keras_gan.networks.mlp(image_shape=images.image_shape, width=16), seed=0)
    gan.compile(run_eagerly=True)
    callbacks = [keras_gan.callbacks.ImageSnapshots(directory), keras_gan.callbacks.Checkpoint(directory)]
    gan.fit(images, epochs=2, steps_per_epoch=2, callbacks=callbacks, verbose=0)
    assert (directory / "snapshots.gif").is_file()
    features = [np.reshape(part, (16, -1)) for part in (next(iter(images)), gan.generate(16, seed=0))]
    assert keras_gan.metrics.frechet_distance(*features) > 0.0
    return gan


def _export(gan, directory):
    gan.save(directory / "gan.keras")
    loaded = keras_gan.training.load_model(directory / "gan.keras")
    assert loaded.fingerprint() == gan.fingerprint()
    folder = keras_gan.export.save(loaded, directory / "saved")
    served = keras_gan.export.ExportedGenerator(folder).generate(4, seed=0)
    np.testing.assert_allclose(served, gan.generate(4, seed=0), atol=1e-5)


def _draw_at_once():
    for name in keras_gan.pretrained.NAMES:
        assert len(keras_gan.load_pretrained(name).generate(2, seed=0)) == 2


if __name__ == "__main__":
    main()
