"""The networks of WaveGAN."""

import keras
from keras import layers, ops

from keras_gan._arguments import require_channels_last, require_int
from keras_gan.layers import LeakyReLU, PhaseShuffle
from keras_gan.networks._labels import labels_input, latents_and_labels, require_classes

_KERNEL, _STRIDE = 25, 4
# Steps of the shortest maps, at least.
_SHORTEST = 16


def wavegan(*, num_samples=16384, latent_dim=100, width=64, phase_shuffle=2, num_classes=None):
    """Generator and critic of waveforms, after WaveGAN: DCGAN flattened to one dimension.

    A period of a voice is a hundred samples or more, and one of a texture a few pixels. So kernels are long, 25, and
    each layer makes four times as many samples of the ones it is given, or a quarter:

        generator:  latents  -> Dense -> ReLU -> stages x (transposed convolution, ReLU)
        critic:     waveform -> stages x (convolution, LeakyReLU(0.2), phase shuffle) -> Dense(1)

    The last transposed convolution has a tanh instead of the ReLU, and the last convolution no phase shuffle. There is
    no normalisation, and kernels are Glorot-uniform. With s stages the channels next to the waveform are `width`, and
    `width * 2 ** (s - 1)` at the other end. Donahue et al. 2018 (arXiv 1802.04208), tables 3 and 4 of the appendix, as
    in the authors' code; `wavegan()` are the paper's networks, with 19,065,345 and 17,427,969 parameters. For another
    length there are as many stages as leave the shortest maps 16 steps or more.

    The paper draws latents uniformly from [-1, 1]. This package draws all latents from a normal distribution, and the
    generator maps them to that: 2 Phi(z) - 1, with the normal distribution function Phi, is uniform on [-1, 1].

    With `num_classes` the generator has the one-hot label appended to the latents, and the critic's logit is
    w.phi + b + v_y.phi, with its last features phi and a vector v_y for each class: the projection of Miyato and Koyama
    2018 (arXiv 1802.05637), equation 3. The paper has no labels.

    Args:
        num_samples: int, the length of the waveforms, at least 64: 16 to 63 times a power of 4, such as 4096 or 16384.
        latent_dim: int, the size of the generator's input.
        width: int, the channels of the layers next to the waveform.
        phase_shuffle: int, the largest shift of `keras_gan.layers.PhaseShuffle` in the critic; 0 for none.
        num_classes: int, the number of classes, for networks that take labels; None for networks without.

    Returns:
        Two `keras.Model`: the generator, from latents `(batch, latent_dim)` to float32 waveforms in [-1, 1],
        `(batch, num_samples, 1)`; and the critic, from such waveforms to float32 logits `(batch, 1)`, unbounded. With
        `num_classes` their inputs are dicts of "latents" or "waveforms" and of int32 "labels" `(batch,)` in
        [0, num_classes).

    Raises:
        ValueError: if a size is not a positive integer, or `num_samples` is not such a length.

    Example:
        >>> generator, critic = wavegan(num_samples=1024, width=2, latent_dim=4)
        >>> [layer.output.shape[1:] for layer in generator.layers if "upsample" in layer.name]
        [(64, 4), (256, 2), (1024, 1)]
        >>> generator.output_shape, critic.output_shape
        ((None, 1024, 1), (None, 1))
    """
    require_channels_last()
    stages = _stages(require_int("num_samples", num_samples))
    latent_dim, width = require_int("latent_dim", latent_dim), require_int("width", width)
    phase_shuffle = require_int("phase_shuffle", phase_shuffle, low=0)
    num_classes = None if num_classes is None else require_classes(num_classes)
    widths = [width * 2**stage for stage in range(stages)]
    generator = _generator(num_samples, latent_dim, num_classes, widths)
    return generator, _critic(num_samples, num_classes, widths, phase_shuffle)


def _stages(num_samples):
    """How often a length can be divided by four with 16 or more left."""
    stages = 0
    while num_samples // _STRIDE ** (stages + 1) >= _SHORTEST:
        stages += 1
    factor = _STRIDE**stages
    if not stages or num_samples % factor:
        lengths = {
            max(_SHORTEST * _STRIDE, length // factor * factor) for length in (num_samples, num_samples + factor)
        }
        raise ValueError(
            "`num_samples` must be 16 to 63 times a power of 4, because each layer makes four times as many samples. "
            f"The nearest: {' or '.join(map(str, sorted(lengths)))}. Received: num_samples={num_samples}"
        )
    return stages


def _generator(num_samples, latent_dim, num_classes, widths):
    inputs, x = latents_and_labels(latent_dim, num_classes, layers.Activation(uniform_of_normal, name="uniform"))
    start = num_samples // _STRIDE ** len(widths)
    x = layers.Dense(start * widths[-1], name="project")(x)
    x = layers.ReLU(name="relu")(layers.Reshape((start, widths[-1]), name="reshape")(x))
    for number, channels in enumerate(reversed(widths[:-1])):
        x = _upsampling(channels, f"upsample_{number}")(x)
        x = layers.ReLU(name=f"relu_{number}")(x)
    x = _upsampling(1, "upsample_to_waveform")(x)
    return keras.Model(
        inputs, layers.Activation("tanh", dtype="float32", name="waveforms")(x), name="wavegan_generator"
    )


def _critic(num_samples, num_classes, widths, shift):
    waveforms = x = keras.Input((num_samples, 1), name="waveforms")
    for number, channels in enumerate(widths):
        x = layers.Conv1D(channels, _KERNEL, strides=_STRIDE, padding="same", name=f"downsample_{number}")(x)
        x = LeakyReLU(0.2, name=f"leaky_relu_{number}")(x)
        if shift and number < len(widths) - 1:
            x = PhaseShuffle(shift, name=f"phase_shuffle_{number}")(x)
    x = layers.Flatten(name="flatten")(x)
    logits = layers.Dense(1, dtype="float32", name="logits")(x)
    if num_classes is None:
        return keras.Model(waveforms, logits, name="wavegan_critic")
    labels = labels_input()
    vectors = layers.Embedding(num_classes, x.shape[-1], "glorot_uniform", dtype="float32", name="class_vectors")(
        labels
    )
    projection = layers.Dot(axes=1, dtype="float32", name="projection")([vectors, x])
    logits = layers.Add(dtype="float32", name="conditional_logits")([logits, projection])
    return keras.Model({"waveforms": waveforms, "labels": labels}, logits, name="wavegan_critic")


def _upsampling(channels, name):
    return layers.Conv1DTranspose(channels, _KERNEL, strides=_STRIDE, padding="same", name=name)


@keras.saving.register_keras_serializable(package="keras_gan")
def uniform_of_normal(latents):
    """Numbers uniform on [-1, 1] of standard normal ones: twice their distribution function, less one."""
    return ops.erf(latents * 0.5**0.5)
