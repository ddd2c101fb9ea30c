"""The encoder, residual blocks and decoder of the networks that change a picture as a sentence says."""

import keras
from keras import layers

from keras_gan.layers import Conv2D
from keras_gan.networks._building_blocks import normal, normal_batch_normalization
from keras_gan.networks._labels import with_planes_of_labels
from keras_gan.networks._sentence_stages import text_code, text_input


def text_refiner(
    source_shape, text_dim, *, channels, width, text_width, halvings, blocks, doublings, source, is_augmented, name
):
    """Encoder, residual blocks and decoder of a picture, with the code of a sentence at each place of the smallest map.

        picture -> Conv(3x3), ReLU -> halvings x (Conv(4x4, stride 2), norm, ReLU)
                -> with the code of the text -> Conv(3x3), norm, ReLU -> blocks x (x + norm(Conv(norm(Conv(x)), ReLU)))
                -> doublings x (nearest neighbours, Conv(3x3), norm, ReLU) -> Conv(3x3), tanh

    Args:
        source_shape: tuple (height, width, channels) of the pictures that are given.
        text_dim: int, size of the vector of a sentence.
        channels: int, of the pictures that are made.
        width: int, channels next to the given picture.
        text_width: int, size of the code of the sentence.
        halvings: int, how often the picture is halved.
        blocks: int, how many residual blocks there are.
        doublings: int, how often the map is doubled.
        source: name of the input of the pictures.
        is_augmented: bool, whether the code is drawn; then there is an input "latents" `(batch, text_width)`.
        name: of the network.
    """
    pictures, text = keras.Input(source_shape, name=source), text_input(text_dim)
    inputs = {source: pictures, "text": text}
    if is_augmented:
        inputs["latents"] = keras.Input((text_width,), name="latents")
    code, others = text_code(text, inputs.get("latents"), text_width, is_augmented)
    x = _relu("relu_in")(_conv(width, "in", use_bias=True)(pictures))
    for i in range(halvings):
        x = _conv(width * 2 ** (i + 1), f"down_{i}", kernel_size=4, strides=2)(x)
        x = _relu(f"down_{i}_relu")(normal_batch_normalization(f"down_{i}_norm")(x))
    channels_inside = x.shape[-1]
    x = _unit(with_planes_of_labels(x, code), channels_inside, "joint")
    for i in range(blocks):
        y = _unit(x, channels_inside, f"block_{i}_0")
        y = normal_batch_normalization(f"block_{i}_1_norm")(_conv(channels_inside, f"block_{i}_1")(y))
        x = _relu(f"block_{i}_relu")(layers.Add(name=f"block_{i}_add")([x, y]))
    for i in range(doublings):
        x = layers.UpSampling2D(interpolation="nearest", name=f"up_{i}")(x)
        x = _unit(x, max(width, channels_inside // 2 ** (i + 1)), f"up_{i}")
    x = _conv(channels, "out", use_bias=True)(x)
    # float32: the images do not follow a mixed policy.
    images = layers.Activation("tanh", dtype="float32", name="made")(x)
    return keras.Model(inputs, {"images": images, **others} if others else images, name=name)


def _unit(x, filters, name):
    x = normal_batch_normalization(f"{name}_norm")(_conv(filters, f"{name}_conv")(x))
    return _relu(f"{name}_relu")(x)


def _conv(filters, name, kernel_size=3, use_bias=False, **settings):
    settings |= {"padding": "same", "use_bias": use_bias, "kernel_initializer": normal()}
    return Conv2D(filters, kernel_size, name=name, **settings)


def _relu(name):
    return layers.ReLU(name=name)
