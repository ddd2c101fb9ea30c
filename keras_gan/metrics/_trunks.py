"""The convolutions of two networks that were trained on ImageNet, whose features see images much as people do."""

import io
import os

import h5py
import keras
import numpy as np
from keras import layers, ops

from keras_gan.metrics._networks import existing_path, opened

# How the authors of the weights prepared the images, for images x in [-1, 1].
# torchvision: (x - shift) / scale is (p - mean) / deviation of p = (x + 1) / 2. LPIPS calls it its scaling layer.
_SHIFT, _SCALE = (-0.030, -0.088, -0.188), (0.458, 0.448, 0.450)
# Caffe, as `keras.applications` uses it: bytes in the order blue, green, red, less their means.
_BYTE_MEANS = (103.939, 116.779, 123.68)

_VGG16 = [[64, 64], [128, 128], [256, 256, 256], [512, 512, 512], [512, 512, 512]]
# Of each fire module of SqueezeNet 1.1: channels of the squeeze and of each of both expand convolutions.
_FIRES = {2: (16, 64), 3: (16, 64), 4: (32, 128), 5: (32, 128), 6: (48, 192), 7: (48, 192), 8: (64, 256), 9: (64, 256)}


def trunk(architecture, weights, preprocessing):
    """Build a network from images to the features of its stages.

    Args:
        architecture: one of `TRUNKS`.
        weights: dict of name to array, or the path of an `.npz` or HDF5 file.
        preprocessing: one of `PREPROCESSING`.

    Returns:
        keras.Model from float32 RGB images in [-1, 1] of any size to a list of maps, float32.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if the file is damaged, or a weight is missing or has another shape.
    """
    arrays = arrays_of("weights", weights)
    images = keras.Input((None, None, 3), dtype="float32", name="images")
    stages = TRUNKS[architecture][0](PREPROCESSING[preprocessing](images))
    network = keras.Model(images, stages, name=architecture)
    network.trainable = False
    for layer in network.layers:
        if isinstance(layer, layers.Conv2D):
            layer.set_weights(_weights_of(layer, arrays))
    return network


def _torchvision(images):
    return (images - np.float32(_SHIFT)) / np.float32(_SCALE)


def _caffe(images):
    return 127.5 * ops.flip(images, axis=-1) + (127.5 - np.float32(_BYTE_MEANS))


def _vgg16(x):
    """Each stage's last activation: relu1_2, relu2_2, relu3_3, relu4_3, relu5_3."""
    stages = []
    for block, widths in enumerate(_VGG16, 1):
        x = layers.MaxPooling2D(2, dtype="float32")(x) if stages else x
        for number, width in enumerate(widths, 1):
            x = _conv(width, 3, f"block{block}_conv{number}", padding="same")(x)
        stages.append(x)
    return stages


def _squeezenet(x):
    """The first convolution, and the last fire module at each width or size, as LPIPS cuts SqueezeNet 1.1."""
    x = _conv(64, 3, "conv1", strides=2)(x)
    stages = [x]
    for number, (squeeze, expand) in _FIRES.items():
        # As in Caffe and PyTorch with `ceil_mode`: a window may begin at the last pixel but one.
        x = _pooled(x) if number in (2, 4, 6) else x
        x = _conv(squeeze, 1, f"fire{number}/squeeze1x1")(x)
        sides = [_conv(expand, side, f"fire{number}/expand{side}x{side}", padding="same")(x) for side in (1, 3)]
        x = layers.Concatenate(dtype="float32", name=f"fire{number}_concat")(sides)
        if number not in (2, 4):
            stages.append(x)
    return stages


def _pooled(x):
    # What is pooled is not negative, so zeros change no maximum.
    return layers.MaxPooling2D(3, 2, dtype="float32")(layers.ZeroPadding2D(((0, 1), (0, 1)), dtype="float32")(x))


def _conv(width, side, name, **options):
    # A layer's name has no slash.
    name = name.replace("/", "_")
    return layers.Conv2D(
        width, side, activation="relu", kernel_initializer="zeros", dtype="float32", name=name, **options
    )


TRUNKS = {
    "squeezenet": (_squeezenet, (64, 128, 256, 384, 384, 512, 512), 17),
    "vgg16": (_vgg16, (64, 128, 256, 512, 512), 16),
}
PREPROCESSING = {"torchvision": _torchvision, "caffe": _caffe}


def arrays_of(name, weights):
    """Arrays by name, from a dict or a file that a user gave as `name`."""
    if isinstance(weights, dict):
        return {str(name): np.asarray(value) for name, value in weights.items()}
    if not isinstance(weights, str | os.PathLike):
        raise ValueError(
            f"`{name}` must be a dict of name to array, or the path of an .npz or HDF5 file that holds one. "
            f"Received: {name} of type {type(weights).__name__}"
        )
    return opened(_read, existing_path(name, weights, "file of weights"))


def _read(path):
    content = io.BytesIO(path.read_bytes())
    if path.suffix == ".npz":
        with np.load(content) as file:
            return dict(file)
    arrays = {}
    with h5py.File(content) as file:
        file.visititems(lambda name, item: arrays.update({name: item[()]}) if isinstance(item, h5py.Dataset) else None)
    return arrays


def _weights_of(layer, arrays):
    """The kernel and the bias of a layer: what begins with its name and has the right number of axes."""
    names = layer.name, layer.name.replace("_", "/", 1)
    own = [value for key, value in arrays.items() if key.startswith(tuple(f"{name}/" for name in names))]
    found = [next((value for value in own if value.ndim == weight.ndim), None) for weight in layer.weights]
    for kind, weight, value in zip(("kernel", "bias"), layer.weights, found, strict=True):
        if value is None or value.shape != tuple(weight.shape):
            raise ValueError(
                f"The weights must have the {kind} of {layer.name}, under a name that begins with {names[-1]!r} and a "
                f"slash, of shape {tuple(weight.shape)}: kernels have (height, width, channels in, channels out). "
                f"Received: {'none' if value is None else f'shape {value.shape}'}, among {sorted(arrays)[:3]} ..."
            )
    return found
