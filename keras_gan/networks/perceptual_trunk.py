"""The trunks of VGG and SqueezeNet, which perceptual losses and metrics compare images by."""

import re

import h5py
import keras
import numpy as np
from keras import layers

from keras_gan._arguments import require_choice
from keras_gan._files import is_fault_of_computer, local_path
from keras_gan._imagenet import converted, in_colour, require_preprocessing
from keras_gan.networks._arguments import require_image_shape

_VGG = {"vgg16": (2, 2, 3, 3, 3), "vgg19": (2, 2, 4, 4, 4)}
_VGG_WIDTHS = (64, 128, 256, 512, 512)
# As `keras.applications` calls it.
_DOWNLOAD = "imagenet"
# Channels of each fire module: of the first convolution, and of each of the two after it.
_FIRES = {2: (16, 64), 3: (16, 64), 4: (32, 128), 5: (32, 128), 6: (48, 192), 7: (48, 192), 8: (64, 256), 9: (64, 256)}


def perceptual_trunk(*, weights, architecture="vgg19", image_shape=(None, None, 3), preprocessing="caffe"):
    """VGG16, VGG19 or SqueezeNet without their heads, with weights of a file of yours, for images in [-1, 1].

    `losses.Perceptual` compares images in the features of such a network. This package brings no weights, and downloads
    none unless you ask for it: `weights="imagenet"` lets `keras.applications` fetch those of VGG. Files that it reads
    are Keras's own, such as `vgg19_weights_tf_dim_ordering_tf_kernels_notop.h5`, and `.npz` files with the arrays
    `block1_conv1/kernel`, `(height, width, channels, filters)`, and `block1_conv1/bias`, and so on for each layer.

    The network converts the images itself. Convolutions and their ReLU are layers of their own, so features can be
    compared before or after it:

        vgg16, vgg19    block1_conv1, block1_relu1, block1_conv2, ..., block5_relu3 (block5_relu4)
        squeezenet      conv1, relu_conv1, fire2_squeeze1x1, ..., and after each module fire2, ..., fire9

    Simonyan and Zisserman 2014 (arXiv 1409.1556), configurations D and E; Iandola et al. 2016 (arXiv 1602.07360),
    version 1.1 of the authors' code.

    The weights are not trainable. Under a policy that computes in float16 the network computes in float32, because
    features of images in [0, 255] overflow float16.

    Args:
        weights: path of the file; or "imagenet" for the weights of VGG16 or VGG19 that `keras.applications` downloads
            and keeps in Keras's cache.
        architecture: "vgg16", "vgg19" or "squeezenet".
        image_shape: tuple (height, width, channels) of the images; None for any size; 1 channel for grey images.
        preprocessing: what the weights were trained with: "caffe" for the original weights, which Keras has, "torch"
            for those of PyTorch, or None for images in [-1, 1].

    Returns:
        `keras.Model` from float32 images in [-1, 1], `(batch, *image_shape)`, to the maps of the last layer.

    Raises:
        ValueError: if the file has no weights of this architecture, or an argument is another one.
        FileNotFoundError: if there is no such file.
        OSError: if the weights cannot be downloaded.

    Example:
        >>> import pathlib, tempfile
        >>> import numpy as np
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "squeezenet.npz"
        >>> fire = {"squeeze1x1": (1, 64, 16), "expand1x1": (1, 16, 64), "expand3x3": (3, 16, 64)}
        >>> np.savez(path, **{"conv1/kernel": np.zeros((3, 3, 3, 64)), "conv1/bias": np.zeros(64)})
        >>> perceptual_trunk(weights=path, architecture="squeezenet")
        Traceback (most recent call last):
        ValueError: The file has no weights of 'fire2_squeeze1x1', a layer of squeezenet. ...
    """
    image_shape = require_image_shape(image_shape, rank=3, any_sides=True)
    require_choice("architecture", architecture, (*_VGG, "squeezenet"))
    if image_shape[-1] not in (1, 3):
        raise ValueError(
            "The network takes grey images or colours without transparency: 1 or 3 channels. "
            f"Received: image_shape={image_shape}"
        )
    is_asked = isinstance(weights, str) and weights == _DOWNLOAD
    arrays = _downloaded(architecture, preprocessing) if is_asked else _arrays(weights)
    policy = keras.config.dtype_policy()
    dtype = "float32" if policy.compute_dtype == "float16" else policy
    images = keras.Input(image_shape, name="images")
    x = ImageNetInput(require_preprocessing(preprocessing), name="converted")(images)
    outputs = _squeezenet(x, dtype) if architecture == "squeezenet" else _vgg(x, _VGG[architecture], dtype)
    network = keras.Model(images, outputs, name=architecture)
    _require_no_larger(network, arrays, weights)
    for layer in network.layers:
        if layer.weights:
            layer.set_weights(_weights_of(layer, arrays, architecture, weights))
    network.trainable = False
    return network


@keras.saving.register_keras_serializable(package="keras_gan")
class ImageNetInput(layers.Layer):
    """Converts images in [-1, 1] for a network that was trained on ImageNet; grey ones become colours.

    Args:
        preprocessing: "caffe", "torch" or None.
    """

    def __init__(self, preprocessing, **kwargs):
        # float32: bfloat16 has 8 bits, too few for 256 levels less their means.
        super().__init__(**{"dtype": "float32", **kwargs})
        self.preprocessing = require_preprocessing(preprocessing)

    def call(self, inputs):
        """Convert images."""
        return converted(in_colour(inputs), self.preprocessing)

    def compute_output_shape(self, input_shape):
        """Return the shape of colours."""
        return (*input_shape[:3], 3)

    def get_config(self):
        """Return the constructor's arguments."""
        return {**super().get_config(), "preprocessing": self.preprocessing}


def _vgg(x, depths, dtype):
    for block, (depth, width) in enumerate(zip(depths, _VGG_WIDTHS, strict=True), 1):
        if block > 1:
            x = layers.MaxPooling2D(2, dtype=dtype, name=f"block{block - 1}_pool")(x)
        for i in range(1, depth + 1):
            x = _conv(width, 3, f"block{block}_conv{i}", dtype, padding="same")(x)
            x = layers.ReLU(dtype=dtype, name=f"block{block}_relu{i}")(x)
    return x


def _squeezenet(x, dtype):
    x = _conv(64, 3, "conv1", dtype, strides=2)(x)
    x = layers.ReLU(dtype=dtype, name="relu_conv1")(x)
    for number, widths in _FIRES.items():
        if number in (2, 4, 6):
            # The authors' pooling rounds sizes up. After ReLU, zeros at the end are below no value.
            x = layers.ZeroPadding2D(((0, 1), (0, 1)), dtype=dtype, name=f"pool{number - 1}_pad")(x)
            x = layers.MaxPooling2D(3, 2, dtype=dtype, name=f"pool{number - 1}")(x)
        x = _fire(x, *widths, f"fire{number}", dtype)
    return x


def _fire(x, narrow, wide, name, dtype):
    def convolved(x, width, side, part):
        x = _conv(width, side, f"{name}_{part}{side}x{side}", dtype, padding="same")(x)
        return layers.ReLU(dtype=dtype, name=f"{name}_relu_{part}{side}x{side}")(x)

    x = convolved(x, narrow, 1, "squeeze")
    both = [convolved(x, wide, side, "expand") for side in (1, 3)]
    return layers.Concatenate(dtype=dtype, name=name)(both)


def _conv(filters, side, name, dtype, **settings):
    # Not random numbers: they are replaced by those of the file.
    return layers.Conv2D(filters, side, kernel_initializer="zeros", dtype=dtype, name=name, **settings)


def _arrays(path):
    """The arrays of a file of weights, a dict of layer's name to its kernel and bias."""
    path = local_path("weights", path)
    if not path.is_file():
        raise FileNotFoundError(f"There is no file of weights at this path. Received: weights={str(path)!r}")
    read = {".npz": _of_numpy, ".h5": _of_keras, ".hdf5": _of_keras}.get(path.suffix)
    if read is None:
        raise ValueError(f"A file of weights ends in .npz or .h5. Received: weights={str(path)!r}")
    try:
        return read(path)
    except Exception as error:
        if is_fault_of_computer(error):
            raise
        raise ValueError(
            f"The file of weights cannot be read, so get it again ({type(error).__name__}: {error}). "
            f"Received: weights={str(path)!r}"
        ) from error


def _downloaded(architecture, preprocessing):
    """The arrays of VGG that `keras.applications` downloads, as `_arrays` returns them."""
    if architecture not in _VGG or preprocessing != "caffe":
        raise ValueError(
            '`weights="imagenet"` are those of `keras.applications`, which has VGG16 and VGG19 with '
            '`preprocessing="caffe"`. Give the path of a file for others. '
            f"Received: architecture={architecture!r}, preprocessing={preprocessing!r}"
        )
    try:
        stock = getattr(keras.applications, architecture.upper())(include_top=False, weights=_DOWNLOAD)
    except Exception as error:
        # Keras raises plain exceptions if there is no connection.
        raise OSError(
            "The weights cannot be downloaded. Get the file that ends in _notop.h5 on another machine, and give its "
            f'path ({error}). Received: weights="imagenet"'
        ) from error
    return {layer.name: layer.get_weights() for layer in stock.layers}


def _of_numpy(path):
    # Not the path: NumPy leaves the file open if it is damaged.
    with path.open("rb") as content, np.load(content, allow_pickle=False) as file:
        names = dict.fromkeys(key.rpartition("/")[0] for key in file.files)
        return {
            name: [file[f"{name}/{part}"] for part in ("kernel", "bias") if f"{name}/{part}" in file] for name in names
        }


def _of_keras(path):
    """Of the format that Keras had for weights until version 2, in which its published weights are."""
    with h5py.File(path) as file:
        file = file.get("model_weights", file)
        names = [_text(name) for name in file.attrs["layer_names"]]
        groups = {name: file[name] for name in names}
        return {
            # The name of a layer cannot have a slash in Keras 3.
            name.replace("/", "_"): [np.asarray(group[_text(weight)]) for weight in group.attrs["weight_names"]]
            for name, group in groups.items()
        }


def _text(name):
    return name.decode() if isinstance(name, bytes) else str(name)


def _require_no_larger(network, arrays, path):
    """Raise a ValueError if a file has more convolutions: VGG16 would take most of those of VGG19, and see nothing."""
    known = {layer.name for layer in network.layers}
    others = [name for name in arrays if re.fullmatch(r"block\d_conv\d", name) and name not in known]
    if others:
        raise ValueError(
            f"The file is of another network than {network.name}, which has no {', '.join(others)}: give the file of "
            f"this architecture, or the architecture of the file. Received: weights={str(path)!r}"
        )


def _weights_of(layer, arrays, architecture, path):
    """The weights of a layer as the file has them, or a ValueError."""
    found = arrays.get(layer.name)
    if not found:
        raise ValueError(
            f"The file has no weights of '{layer.name}', a layer of {architecture}. Give the file of this "
            f"architecture, or the architecture of the file. Received: weights={str(path)!r} with layers "
            f"{', '.join(name for name, values in arrays.items() if values) or '(none)'}"
        )
    shapes, expected = [array.shape for array in found], [tuple(weight.shape) for weight in layer.weights]
    if shapes != expected:
        raise ValueError(
            f"The weights of '{layer.name}' have another shape than in {architecture}: expected {expected}. "
            f"Received: weights={str(path)!r} with {shapes}"
        )
    return [array.astype("float32") for array in found]
