"""An extractor from any model."""

import hashlib
import json
import os

import keras
import tensorflow as tf

from keras_gan._arguments import require_int, require_number, require_text
from keras_gan._hashes import require_sha256
from keras_gan.metrics._networks import (
    Network,
    as_rows,
    existing_path,
    keras_network,
    pick,
    saved_keras_network,
    saved_model_network,
    tflite_network,
)
from keras_gan.metrics.extractor import Embedding, Extractor

# Height and width of the images that probe a model that takes any size.
_PROBE_SIDE = 96


class ModelExtractor(Extractor):
    """Features from your own model. The network that knows most about your images judges them best.

    Args:
        model: `keras.Model`; the path of a `.keras` file, of a SavedModel (its signature "serving_default", its only
            signature, or its call) or of a `.tflite` file, quantised or not; or another callable, from a float32
            tensor (batch, height, width, channels) to a tensor or a list, tuple or dict of tensors.
        name: name of the extractor in results. The default is the name of the file, the model or the function.
        image_size: height and width to resize images to, or an int if they are equal. The default is the size that
            the model declares. If it declares none, images are not resized.
        channels: int, the number of channels of the input. The default is the number that the model declares, or 3.
        resize: "clean", "legacy_pytorch" or "legacy_tensorflow"; see `keras_gan.metrics.resizing`.
        value_range: (low, high), the numbers that stand for the bytes 0 and 255 in the input of the model. The default
            is (-1, 1), and for a file with a quantised input the bytes themselves.
        output: name or index of the output that holds the features, or the name of a layer of a functional Keras model;
            or a pair of these, for the features and for the logits. The default is the only output. A map (batch,
            height, width, num_features) is averaged over its positions.
        fingerprint: str that identifies the model. By default it is computed from the weights and the configuration of
            a Keras model, or from the bytes of a SavedModel or a `.tflite` file. For another callable it is computed
            from the features of two fixed images of noise. It then differs between machines that round differently.

        sha256: hex SHA-256 of the file, or of the folder of a SavedModel, which is checked before anything is opened.
            A SavedModel is a program that can read and write files when it runs. A `.tflite` file without a hash is
            first tried in a process of its own, which finds damage but no malice. So give the hash of every file that
            comes from elsewhere, and open only what you trust.

    Raises:
        FileNotFoundError: if there is no file at the path.
        ValueError: if the model has another type, cannot be loaded, has another hash or no such output, or an argument
            is out of its range.

    Example:
        >>> import keras
        >>> model = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Conv2D(16, 3, name="features")])
        >>> extractor = ModelExtractor(model, name="edges")
        >>> extractor.num_features, extractor.input_shape
        (16, (8, 8, 1))
        >>> extractor(keras.ops.zeros((2, 32, 32, 1))).features.shape
        TensorShape([2, 16])
    """

    def __init__(
        self,
        model,
        *,
        name=None,
        image_size=None,
        channels=None,
        resize="clean",
        value_range=None,
        output=None,
        fingerprint=None,
        sha256=None,
    ):
        self.output = tuple(output) if isinstance(output, tuple | list) else (output,)
        if len(self.output) not in (1, 2) or not all(isinstance(key, str | int | None) for key in self.output):
            raise ValueError(
                "`output` must be a name or an index, or a pair of them: one for the features and one for the logits. "
                f"Received: output={output!r}"
            )
        if fingerprint is not None:
            require_text("fingerprint", fingerprint)
        network = _open(model, self.output, sha256)
        self.value_range = network.value_range if value_range is None else _require_range(value_range)
        self._run = network.run
        shape = _merged_shape(network.input_shape, image_size, channels)
        probes = self._embed_probes(shape)
        super().__init__(
            name=_name(model) if name is None else name,
            digest=json.dumps([fingerprint or network.digest or _digest(probes), self.value_range, self.output]),
            num_features=probes.features.shape[-1],
            num_classes=None if probes.logits is None else probes.logits.shape[-1],
            input_shape=shape,
            resize=resize,
        )

    def embed(self, pixels):
        """Scale the pixels to the range of the model, and run it; see `Extractor.embed`."""
        low, high = self.value_range
        outputs = self._run(low + pixels * ((high - low) / 255.0))
        return Embedding(*(as_rows(pick(outputs, key)) for key in self.output))

    def _embed_probes(self, shape):
        """Return the embedding of two images of noise, which are always the same."""
        shape = [_PROBE_SIDE if side is None else side for side in shape]
        noise = tf.random.stateless_uniform((2, *shape), (0, 0), minval=0, maxval=256, dtype=tf.int32, alg="philox")
        return self.embed(tf.cast(noise, tf.float32))


def _open(model, output, sha256):
    is_path = isinstance(model, str | os.PathLike)
    if sha256 is not None and not is_path:
        raise ValueError(
            "`sha256` is the hash of a file: give it with the path of a model, and leave it out for a model in memory. "
            f"Received: sha256={sha256!r}, model={model!r}"
        )
    if isinstance(model, keras.Model):
        return keras_network(model, output)
    if is_path:
        path = existing_path("model", model, "model")
        require_sha256(path, sha256)
        if path.suffix == ".keras":
            return saved_keras_network(path, output)
        if path.suffix == ".tflite":
            return tflite_network(path, sha256)
        if (path / "saved_model.pb").is_file():
            return saved_model_network(path)
    elif callable(model):
        return Network(model, None)
    raise ValueError(
        "`model` must be a keras.Model, another callable, or the path of a .keras file, a .tflite file or a SavedModel "
        f"(a folder that holds saved_model.pb). Received: model={model!r}"
    )


def _merged_shape(shape, image_size, channels):
    """Return (height, width, channels) of the model, or what the caller asks for if the model takes any."""
    sides = image_size if isinstance(image_size, tuple | list) else (image_size, image_size)
    if len(sides) != 2:
        raise ValueError(
            f"`image_size` must be an int, a pair (height, width) or None. Received: image_size={image_size!r}"
        )
    asked = [None if side is None else require_int("image_size", side) for side in sides]
    asked.append(None if channels is None else require_int("channels", channels))
    for own, wanted in zip(shape, asked, strict=True):
        if None not in (own, wanted) and own != wanted:
            raise ValueError(
                f"The model takes images with (height, width, channels) = {shape}, where None means any. "
                f"Received: image_size={image_size!r}, channels={channels!r}"
            )
    height, width, depth = (wanted if own is None else own for own, wanted in zip(shape, asked, strict=True))
    return height, width, 3 if depth is None else depth


def _require_range(value_range):
    ends = value_range if isinstance(value_range, tuple | list) and len(value_range) == 2 else (0.0, 0.0)
    low, high = (require_number("value_range", end) for end in ends)
    if low >= high:
        raise ValueError(f"`value_range` must be (low, high) with low < high. Received: value_range={value_range!r}")
    return low, high


def _name(model):
    if isinstance(model, str | os.PathLike):
        return existing_path("model", model, "model").stem
    return getattr(model, "name", None) or getattr(model, "__name__", None) or type(model).__name__


def _digest(probes):
    return hashlib.sha256(b"".join(part.numpy().tobytes() for part in probes if part is not None)).hexdigest()
