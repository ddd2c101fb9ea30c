"""What a user has to know about an exported model, in the same folder."""

import io
import json
import platform

import keras
import numpy as np
import tensorflow as tf
from PIL import Image

from keras_gan._files import local_path, write_atomically
from keras_gan._hashes import SHA256SUMS, refreshed
from keras_gan._sample_rate import sample_rate_of
from keras_gan._version import __version__
from keras_gan.callbacks.image_grid import draw_grid
from keras_gan.export._card_facts import checked_facts, mapping, plain
from keras_gan.export._card_text import card_text
from keras_gan.export._sampler import is_averaged, sampler_of
from keras_gan.export._signatures import are_pictures

# The version of the fields of `model_card.json`. Under the same number, fields are added and never changed.
_SCHEMA_VERSION = 1

_GRID_FILE, _GRID_SEED, _GRID_IMAGES, _GRID_CLIPS = "sample_grid.png", 0, 64, 8
# Of a conditional model: a row is a class, and of very many classes the first ones have one.
_GRID_COLUMNS, _GRID_ROWS = 8, 16


def write_model_card(folder, gan, *, averaged=True, to=None, signatures=None, facts=None):
    """Write `README.md`, `model_card.json` and, for images or clips, `sample_grid.png`: what the exported model is.

    A folder of weights is used long after people forget how it was made. The card records it: the data, the GAN and its
    settings, the networks, how long and from which seed it was trained, its metrics and their protocol, the versions
    of the software, and what a client can ask. Most of it is read from the GAN. What the GAN does not know, such as
    its data, comes from `facts`. What is not stated is null in the JSON and "unknown" in the text.

    The card names no folder, user or machine: an absolute path is reduced to its last part. Names, flags and notes may
    come from a stranger's files: README.md shows them as plain text, without their Markdown and HTML.

    `model_card.json` has the fields

    * `schema_version`: 1.
    * `data`: `data_set`, `split`.
    * `gan`: `class`; `adversarial_loss`; `config`, its arguments without the networks; `compilation`, the arguments
      of `compile`.
    * `exported`: `averaged`, whether it is an averaged network; `latent_shape`, null for a translator; `sample_shape`;
      for a model of sound that knows it, `sample_rate`.
    * `sampler`: `network`, the role of the exported network; `inputs`, name to `type` and `shape` without the batch;
      `output`; `num_classes`, null without labels; for a model with codes, `codes`, their `categories` and
      `num_continuous`.
    * `networks`: by role, `name`, `class`, `parameters`, `precision` (the policy).
    * `training`: `steps`, `images_per_step`, `images_seen`, `seeds`, `fingerprint` (of all that training changes).
    * `metrics`: by name, the fields of a `keras_gan.metrics.Result`.
    * `signatures`: name to documentation.
    * `versions`: of keras_gan, keras, tensorflow, numpy and python.
    * `sample_grid`: `file`, `seed`, `num_images`, and `labels` with the class of each row for a conditional model;
      null if the samples are neither images nor clips, or are made of images that cannot be drawn.
    * `further`: anything else that was given.

    Args:
        folder: where the files go; it must exist.
        gan: the model, as for `keras_gan.export.save`.
        averaged: whether the averaged network is exported, where the model has one.
        to: the direction that is exported, of a model that translates in both; as for `keras_gan.export.save`.
        signatures: dict of a signature's name to one line about it.
        facts: dict of what the GAN does not know; every key is optional. `data_set` and `split`, strings;
            `images_seen`, int, if it is not the steps times the images of a step; `seeds`, dict of what was drawn
            to its seed; `fingerprint`, string, if it is not the present one; `metrics`, a
            `keras_gan.metrics.Report`, the content of its file, or a dict of numbers;
            `further`, dict of anything else that JSON can hold.

    The list of hashes in the folder of an export, `SHA256SUMS`, is written again.

    Raises:
        ValueError: if `facts` has another key or a value of the wrong kind.
        OSError: if there is no such folder, or the disk is full.

    Example:
        >>> import pathlib, tempfile, types
        >>> generator = keras.Sequential([keras.Input((2,)), keras.layers.Reshape((1, 2, 1))])
        >>> gan = types.SimpleNamespace(generator=generator, latent_shape=(2,))
        >>> folder = pathlib.Path(tempfile.mkdtemp())
        >>> write_model_card(folder, gan, facts={"data_set": "digits"})
        >>> card = json.loads((folder / "model_card.json").read_text())
        >>> card["data"], card["training"]["steps"], card["exported"]["sample_shape"]
        ({'data_set': 'digits', 'split': None}, None, [1, 2, 1])
        >>> sorted(path.name for path in folder.iterdir())
        ['README.md', 'model_card.json', 'sample_grid.png']
    """
    facts, folder = checked_facts(facts), local_path("folder", folder)
    sampler = sampler_of(gan, averaged, to)
    signatures = mapping("signatures", {} if signatures is None else signatures)
    if not folder.is_dir():
        raise FileNotFoundError(f"There is no such folder for the card. Received: folder={str(folder)!r}")
    card = {
        "schema_version": _SCHEMA_VERSION,
        "data": {"data_set": facts["data_set"], "split": facts["split"]},
        "gan": _gan(gan),
        "exported": {
            "averaged": is_averaged(sampler, gan, to),
            "latent_shape": list(sampler.inputs["latents"].shape[1:]) if "latents" in sampler.inputs else None,
            "sample_shape": list(sampler.output_shape),
            **_rate(gan, sampler),
        },
        "sampler": _sampler(sampler, gan),
        "networks": _networks(gan),
        "training": _training(gan, facts),
        "metrics": facts["metrics"],
        "signatures": plain(signatures),
        "versions": _versions(),
        "sample_grid": _write_grid(folder, sampler),
        "further": facts["further"],
    }
    write_atomically(folder / "model_card.json", (json.dumps(card, indent=2) + "\n").encode())
    write_atomically(folder / "README.md", card_text(card).encode())
    if (sums := folder / SHA256SUMS).exists():
        written = ["README.md", "model_card.json", *([_GRID_FILE] if card["sample_grid"] else [])]
        write_atomically(sums, refreshed(sums.read_bytes(), folder, written))


def _gan(gan):
    # Any object with a generator can be exported, and then the name of its class says nothing.
    if not isinstance(gan, keras.Model):
        return {"class": None, "adversarial_loss": None, "config": {}, "compilation": {}}
    # The format is that of the .keras file.
    left_out, loss = {*_networks_of(gan), "format"}, getattr(gan, "adversarial_loss", None)
    config = {name: value for name, value in gan.get_config().items() if name not in left_out}
    return {
        "class": type(gan).__name__,
        "adversarial_loss": None if loss is None else {"class": type(loss).__name__, **plain(loss.get_config())},
        "config": plain(config),
        "compilation": plain(gan.get_compile_config() or {}),
    }


def _networks_of(gan):
    """Return the networks of a model by name, those of all players and then their averaged copies."""
    if not hasattr(gan, "players"):
        # Any object with a generator or a sampler can be exported.
        return {"generator": gan.generator} if hasattr(gan, "generator") else {}
    players = gan.players.values()
    networks = {name: network for player in players for name, network in player.networks.items()}
    averages = {f"averaged_{name}": network for player in players for name, network in player.averages.items()}
    return {**networks, **averages}


def _networks(gan):
    return {
        role: {
            "name": network.name,
            "class": type(network).__name__,
            "parameters": network.count_params(),
            "precision": network.dtype_policy.name,
        }
        for role, network in _networks_of(gan).items()
    }


def _sampler(sampler, gan):
    roles = [role for role, network in _networks_of(gan).items() if network is sampler.network]
    return {
        "network": roles[0].removeprefix("averaged_") if roles else "generator",
        "inputs": {
            name: {"type": spec.dtype.name, "shape": list(spec.shape[1:])} for name, spec in sampler.inputs.items()
        },
        "output": sampler.output,
        "num_classes": sampler.num_classes if "labels" in sampler.inputs else None,
        **_codes(sampler),
    }


def _rate(gan, sampler):
    rate = sample_rate_of(gan) if sampler.output == "waveforms" else None
    return {} if rate is None else {"sample_rate": rate}


def _codes(sampler):
    if sampler.codes is None:
        return {}
    return {"codes": {"categories": list(sampler.codes.categories), "num_continuous": sampler.codes.num_continuous}}


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


def _write_grid(folder, sampler):
    shape = sampler.output_shape
    if not sampler.draws_alone or not are_pictures(sampler):
        return None
    is_clips = len(shape) == 4
    rows = list(range(min(sampler.num_classes, _GRID_ROWS))) if "labels" in sampler.inputs else None
    of_class, count = (1, _GRID_CLIPS) if is_clips else (_GRID_COLUMNS, _GRID_IMAGES)
    labels = None if rows is None else np.repeat(rows, of_class)
    count = count if rows is None else len(labels)
    samples = sampler(sampler.inputs_for(count, seed=_GRID_SEED, labels=labels)).numpy()
    # Of clips, a row holds the frames of one.
    columns = shape[0] if is_clips else None if rows is None else of_class
    grid, buffer = draw_grid(samples.reshape(-1, *shape[-3:]), columns=columns), io.BytesIO()
    Image.fromarray(grid.squeeze(-1) if grid.shape[-1] == 1 else grid).save(buffer, "PNG")
    write_atomically(folder / _GRID_FILE, buffer.getvalue())
    by_class = {} if rows is None else {"labels": rows}
    return {"file": _GRID_FILE, "seed": _GRID_SEED, "num_images": count, **by_class}
