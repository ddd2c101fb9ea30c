"""How networks take the vector of a sentence, for the architectures of pictures from text."""

import keras
from keras import layers, ops

from keras_gan._arguments import require_choice, require_int
from keras_gan.layers import Conv2D, LeakyReLU
from keras_gan.networks._building_blocks import normal, normal_batch_normalization, wrapper
from keras_gan.networks._labels import with_planes_of_labels


def text_input(text_dim):
    """The input "text", float32 `(batch, text_dim)`."""
    return keras.Input((require_int("text_dim", text_dim),), name="text")


def evened(text):
    """The vector of a sentence, with a mean square of 1.

    Encoders give vectors of any length: that of a matching loss means nothing, and most encoders of sentences make 1.
    Then each number is far smaller than one of the latents, and the networks hardly hear it.
    """
    # float32: the sum of squares.
    x = layers.UnitNormalization(dtype="float32", name="text_unit")(text)
    return layers.Rescaling(float(text.shape[-1]) ** 0.5, dtype="float32", name="text_evened")(x)


def shortened(text, width, start=None):
    """The vector of a sentence after one layer, `(batch, width)`; its length does not count."""
    x = layers.Dense(width, kernel_initializer=start or normal(), name="text_dense")(evened(text))
    return LeakyReLU(0.2, name="text_leaky_relu")(x)


def text_code(text, noise, width, is_augmented):
    """The code of a sentence for a generator, and what else the generator returns.

    Args:
        text: tensor `(batch, text_dim)`.
        noise: tensor `(batch, width)` for conditioning augmentation.
        width: int, size of the code.
        is_augmented: bool, whether the code is drawn.

    Returns:
        Tensor `(batch, width)`, and a dict of tensors: "mean" and "log_variance" where it is drawn.
    """
    if not is_augmented:
        return shortened(text, width), {}
    code, mean, log_variance = ConditioningAugmentation(width, name="conditioning")([evened(text), noise])
    return code, {"mean": mean, "log_variance": log_variance}


def bottleneck(x, name, activation, wrap=lambda layer: layer, has_norm=True, start=None):
    """A residual block whose 1x1 and 3x3 convolutions have a quarter of the channels, as in the code of GAN-CLS."""
    channels = x.shape[-1]
    y, narrow = x, max(1, channels // 4)
    for i, (filters, kernel_size) in enumerate([(narrow, 1), (narrow, 3), (channels, 3)]):
        settings = {"padding": "same", "use_bias": not has_norm, "kernel_initializer": start or normal()}
        y = wrap(Conv2D(filters, kernel_size, name=f"{name}_conv_{i}", **settings))(y)
        y = normal_batch_normalization(f"{name}_norm_{i}")(y) if has_norm else y
        y = activation(f"{name}_activation_{i}")(y) if i < 2 else y
    return layers.Add(name=f"{name}_add")([x, y])


def text_discriminator(image_shape, text_dim, *, sides, width, text_width, normalization, name):
    """A discriminator of pictures with sentences: the smallest map has the code of the sentence at each place.

        image -> stages x (Conv(4x4, stride 2), norm, LeakyReLU) -> bottleneck -> with the code of the text
              -> Conv(1x1), norm, LeakyReLU -> Dense(1)

    Args:
        image_shape: tuple (height, width, channels).
        text_dim: int, size of the vector of a sentence.
        sides: list of (height, width), from the whole picture to the smallest map.
        width: int, channels next to the picture.
        text_width: int, size of the code.
        normalization: "spectral", "batch" or None; `discriminator_normalization` of the caller.
        name: of the network.
    """
    require_choice("discriminator_normalization", normalization, ("spectral", "batch", None))
    has_norm = normalization == "batch"
    wrap = wrapper(normalization == "spectral")
    # Nothing else keeps the size of the features where nothing is normalised.
    start = "he_normal" if normalization is None else normal()
    settings = {"padding": "same", "use_bias": not has_norm, "kernel_initializer": start}
    images, text = x, _ = keras.Input(image_shape, name="images"), text_input(text_dim)
    for i in range(len(sides) - 1):
        x = wrap(Conv2D(width * 2**i, 4, strides=2, name=f"down_{i}", **settings))(x)
        x = normal_batch_normalization(f"norm_{i}")(x) if has_norm and i else x
        x = _leaky(f"leaky_relu_{i}")(x)
    x = _leaky("leaky_relu_of_block")(bottleneck(x, "block", _leaky, wrap, has_norm, start))
    x = with_planes_of_labels(x, shortened(text, text_width, start))
    x = wrap(Conv2D(width * 2 ** (len(sides) - 2), 1, name="joint", **settings))(x)
    x = normal_batch_normalization("norm_joint")(x) if has_norm else x
    x = layers.Flatten(name="flatten")(_leaky("leaky_relu_joint")(x))
    # float32: the logits do not follow a mixed policy.
    logits = wrap(layers.Dense(1, kernel_initializer=start, dtype="float32", name="logits"))(x)
    return keras.Model({"images": images, "text": text}, logits, name=name)


def _leaky(name):
    return LeakyReLU(0.2, name=name)


@keras.saving.register_keras_serializable(package="keras_gan")
class ConditioningAugmentation(keras.layers.Layer):
    """The code of a sentence, drawn from a normal distribution that the sentence gives; called with (text, noise).

    With text t and noise e:  mean + exp(log_variance / 2) e,  (mean, log_variance) = LeakyReLU(W t + b)

    Args:
        size: int, the size of the code.
    """

    def __init__(self, size, **kwargs):
        super().__init__(**kwargs)
        self.size = require_int("size", size)
        # float32: the exponential.
        self.dense = layers.Dense(2 * self.size, kernel_initializer=normal(), dtype="float32", name="dense")

    def build(self, input_shape):
        """Create the layer of both halves."""
        self.dense.build(input_shape[0])

    def call(self, inputs):
        """Return the codes, their means and the logarithms of their variances, float32 `(batch, size)` each."""
        text, noise = inputs
        mean, log_variance = ops.split(ops.leaky_relu(self.dense(text), 0.2), 2, axis=-1)
        return mean + ops.exp(0.5 * log_variance) * ops.cast(noise, "float32"), mean, log_variance

    def compute_output_spec(self, inputs):
        """Three tensors of one shape."""
        return tuple(keras.KerasTensor((inputs[0].shape[0], self.size), "float32") for _ in range(3))

    def get_config(self):
        """Return the constructor's arguments."""
        return {**super().get_config(), "size": self.size}


@keras.saving.register_keras_serializable(package="keras_gan")
class SplitLatents(keras.layers.Layer):
    """The first numbers of the latents, and the others.

    Args:
        size: int, how many are the first.
    """

    def __init__(self, size, **kwargs):
        super().__init__(**kwargs)
        self.size = require_int("size", size)

    def call(self, inputs):
        """Return both parts."""
        return inputs[:, : self.size], inputs[:, self.size :]

    def get_config(self):
        """Return the constructor's arguments."""
        return {**super().get_config(), "size": self.size}
