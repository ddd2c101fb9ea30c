"""What one has to know of an exported generator, beside it."""

import io
import json
import platform

import keras
import numpy as np
import tensorflow as tf
from PIL import Image

from keras_gan import _random
from keras_gan._files import local_path, write_atomically
from keras_gan._version import __version__
from keras_gan.callbacks import image_grid
from keras_gan.export._card_facts import checked_facts, plain
from keras_gan.export._card_text import card_text

# Of the fields of `model_card.json`. A reader may rely on it: fields are added under the same number, not changed.
_SCHEMA_VERSION = 1

_GRID_FILE, _GRID_SEED, _GRID_IMAGES = "sample_grid.png", 0, 64


def write_model_card(folder, gan, *, generator, signatures, facts=None):
    """Write `README.md`, `model_card.json` and, of images, `sample_grid.png`: what the exported generator is.

    A folder of weights outlives the memory of how they came to be. The card says it: the data, the GAN and its
    settings, the networks, how long and from which seed it was trained, how good it is by which protocol, what it was
    made with and what a server can ask of it. What the GAN knows is read from it. What it cannot know, such as its
    data, is given in `facts`; what nobody says is null in the JSON and "unknown" in the text.

    No path is told: a string that is an absolute path is reduced to its last part, and neither user nor machine is
    named.

    `model_card.json` has the fields

    * `schema_version`: 1.
    * `data`: `data_set`, `split`.
    * `gan`: `class`; `adversarial_loss`; `config`, its arguments but for the networks; `compilation`, those of
      `compile`.
    * `exported`: `averaged`, whether it is the averaged generator; `latent_shape`, `sample_shape`.
    * `networks`: by role, `name`, `class`, `parameters`, `precision` (the policy).
    * `training`: `steps`, `images_per_step`, `images_seen`, `seeds`, `fingerprint` (of all that training changes).
    * `metrics`: by name, the fields of a `keras_gan.metrics.Result`.
    * `signatures`: name to documentation.
    * `versions`: of keras_gan, keras, tensorflow, numpy and python.
    * `sample_grid`: `file`, `seed`, `num_images`; null where the samples are no images.
    * `further`: whatever else was given.

    Args:
        folder: where the files go; it exists.
        gan: model with a `latent_shape`; all else that a `TwoPlayerGAN` has is optional.
        generator: the keras.Model that is exported.
        signatures: dict of a signature's name to one line on it.
        facts: dict of what the GAN does not know; every key may be left out. `data_set` and `split`, strings;
            `images_seen`, int, where it is not the steps times the images of a step; `seeds`, dict of what was drawn
            to its seed; `fingerprint`, string, where it is not that which the GAN has now; `metrics`, a
            `keras_gan.metrics.Report`, the content of its file, or a dict of numbers;
            `further`, dict of anything else that JSON has a form for.

    Raises:
        ValueError: if `facts` has another key or a value of the wrong kind.
        OSError: if the disk is full.

    Example:
        >>> import pathlib, tempfile, types
        >>> generator = keras.Sequential([keras.Input((2,)), keras.layers.Reshape((1, 2, 1))])
        >>> gan = types.SimpleNamespace(generator=generator, latent_shape=(2,))
        >>> folder = pathlib.Path(tempfile.mkdtemp())
        >>> write_model_card(folder, gan, generator=generator, signatures={}, facts={"data_set": "digits"})
        >>> card = json.loads((folder / "model_card.json").read_text())
        >>> card["data"], card["training"]["steps"], card["exported"]["sample_shape"]
        ({'data_set': 'digits', 'split': None}, None, [1, 2, 1])
        >>> sorted(path.name for path in folder.iterdir())
        ['README.md', 'model_card.json', 'sample_grid.png']
    """
    facts, folder = checked_facts(facts), local_path("folder", folder)
    latents = _random.normal((_GRID_IMAGES, *gan.latent_shape), (_GRID_SEED, 0))
    samples = tf.cast(generator(latents, training=False), tf.float32).numpy()
    card = {
        "schema_version": _SCHEMA_VERSION,
        "data": {"data_set": facts["data_set"], "split": facts["split"]},
        "gan": _gan(gan),
        "exported": {
            "averaged": generator is getattr(gan, "averaged_generator", None),
            "latent_shape": list(gan.latent_shape),
            "sample_shape": list(samples.shape[1:]),
        },
        "networks": _networks(gan, generator),
        "training": _training(gan, facts),
        "metrics": facts["metrics"],
        "signatures": dict(signatures),
        "versions": _versions(),
        "sample_grid": _write_grid(folder, samples),
        "further": facts["further"],
    }
    write_atomically(folder / "model_card.json", (json.dumps(card, indent=2) + "\n").encode())
    write_atomically(folder / "README.md", card_text(card).encode())


def _gan(gan):
    # Anything with a generator can be exported; the name of its class then says nothing.
    if not isinstance(gan, keras.Model):
        return {"class": None, "adversarial_loss": None, "config": {}, "compilation": {}}
    networks, loss = _networks_of(gan), getattr(gan, "adversarial_loss", None)
    config = {name: value for name, value in gan.get_config().items() if name not in networks}
    return {
        "class": type(gan).__name__,
        "adversarial_loss": None if loss is None else {"class": type(loss).__name__, **plain(loss.get_config())},
        "config": plain(config),
        "compilation": plain(gan.get_compile_config() or {}),
    }


def _networks_of(gan):
    """The networks that a GAN keeps, by the names of its attributes."""
    return {name: value for name, value in vars(gan).items() if isinstance(value, keras.Model)}


def _networks(gan, generator):
    return {
        role: {
            "name": network.name,
            "class": type(network).__name__,
            "parameters": network.count_params(),
            "precision": network.dtype_policy.name,
        }
        for role, network in (_networks_of(gan) or {"generator": generator}).items()
    }


def _training(gan, facts):
    state, images_per_step = getattr(gan, "training_state", None), getattr(gan, "images_per_step", None)
    steps = None if state is None else int(state.step.numpy())
    images_seen, seeds = facts["images_seen"], facts["seeds"]
    if images_seen is not None:
        images_per_step = None
    elif steps is not None and images_per_step is not None:
        images_seen = steps * images_per_step
    if state is not None:
        seeds = {"training": int(state.seed.numpy()), **seeds}
    fingerprint = facts["fingerprint"]
    if fingerprint is None and hasattr(gan, "fingerprint"):
        fingerprint = gan.fingerprint()
    return {
        "steps": steps,
        "images_per_step": images_per_step,
        "images_seen": images_seen,
        "seeds": seeds,
        "fingerprint": fingerprint,
    }


def _versions():
    return {
        "keras_gan": __version__,
        "keras": keras.__version__,
        "tensorflow": tf.__version__,
        "numpy": np.__version__,
        "python": platform.python_version(),
    }


def _write_grid(folder, samples):
    if samples.ndim != 4 or samples.shape[-1] not in (1, 3):
        return None
    grid, buffer = image_grid(samples), io.BytesIO()
    Image.fromarray(grid.squeeze(-1) if grid.shape[-1] == 1 else grid).save(buffer, "PNG")
    write_atomically(folder / _GRID_FILE, buffer.getvalue())
    return {"file": _GRID_FILE, "seed": _GRID_SEED, "num_images": len(samples)}
