"""What the folder of an exported model holds: its newest version, its signatures and its card."""

import json
import os

import numpy as np
import tensorflow as tf

from keras_gan._arguments import require_int
from keras_gan._files import is_fault_of_computer
from keras_gan.export.saved_model import version_folders
from keras_gan.layers import CodeEncoding

_LABELS = "labels"


def as_taken(spec, value):
    """A given input as a tensor of the type and the shape of a TensorSpec, or a ValueError."""
    name, wanted, shape = spec.name, spec.dtype, tuple(spec.shape[1:])
    expected = f"`{name}` must have the type {wanted.name} and the shape {('num_images', *shape)}."
    try:
        tensor = tf.convert_to_tensor(value)
    except (ValueError, TypeError) as error:
        raise ValueError(f"{expected} {error} Received: {name}={value!r:.80}") from error
    is_number = tensor.dtype.is_integer or (tensor.dtype.is_floating and not wanted.is_integer)
    if not is_number or not tf.TensorShape([None, *shape]).is_compatible_with(tensor.shape):
        raise ValueError(f"{expected} Received: {name} of type {tensor.dtype.name} and shape {tuple(tensor.shape)}")
    taken = tf.cast(tensor, wanted)
    # A cast takes the lowest bits alone: 2^32 would be class 0.
    if wanted.is_integer and tf.reduce_any(tf.cast(taken, tensor.dtype) != tensor):
        raise ValueError(f"{expected} Received: {name} up to {tf.reduce_max(tensor).numpy():,}")
    return taken


def as_array(name, value):
    """An array of what was given, or a ValueError."""
    try:
        return np.asarray(value)
    except ValueError as error:
        raise ValueError(f"`{name}` must be an array of numbers. {error} Received: {name}={value!r:.80}") from error


def stated(card, name, read, section="sampler"):
    """What a model's card states of its sampler, or in another section; None if it does not."""
    if not card.exists():
        return None
    try:
        found = json.loads(card.read_bytes()).get(section, {}).get(name)
        return found if found is None else read(found)
    except (ValueError, AttributeError, TypeError, RecursionError) as error:
        given = {"num_classes": _LABELS}.get(name, name)
        raise ValueError(
            f"The model's card is damaged ({str(error) or type(error).__name__}). Get the model again; or remove the "
            f"card, and give `{given}` to `generate`. Received: {card}"
        ) from error


def classes(found):
    """The number of classes that a card states."""
    return require_int("num_classes", found)


def encoding(found):
    """The codes that a card states."""
    return CodeEncoding(**found)


def loaded(folder):
    """Return a SavedModel, or raise a ValueError that names the file which is missing or damaged."""
    graph, values = folder / "saved_model.pb", folder / "variables"
    for file in (graph, *values.glob("variables.*")):
        # What the disk or the rights to read refuse is no damage, and Python names it.
        file.open("rb").close()
    try:
        return tf.saved_model.load(os.fspath(folder))
    except Exception as error:
        if is_fault_of_computer(error):
            raise
        about_graph = any(word in str(error) for word in ("saved_model.pb", "MetaGraph"))
        raise ValueError(
            f"{graph if about_graph else values} is damaged, or a part of it is missing "
            f"({_first_line(error)}). Copy or export the model again. Received: {folder}"
        ) from error


def _first_line(error):
    return next(iter(str(error).strip().splitlines()), type(error).__name__)


def newest_version(directory):
    """The folder itself if it is that of a version, or that of the newest one in it."""
    if (directory / "saved_model.pb").exists():
        return directory
    versions = version_folders(directory)
    if not versions:
        raise FileNotFoundError(
            "There is no SavedModel: expected `saved_model.pb` in the folder, or in a sub-folder whose name is "
            f"the number of a version. Received: directory={os.fspath(directory)!r}"
        )
    return versions[-1]


def tensors_of(signature):
    """Return the inputs and the outputs of a signature, lists of TensorSpec; empty if there is no signature."""
    if signature is None:
        return [], []
    return list(signature.structured_input_signature[1].values()), list(signature.structured_outputs.values())
