"""The networks of VGAN: clips as a foreground that moves, in front of a background that does not."""

import keras
from keras import layers

from keras_gan._arguments import require_bool, require_choice, require_int
from keras_gan.layers import Conv2D, LeakyReLU
from keras_gan.networks._arguments import require_image_shape
from keras_gan.networks._building_blocks import halved_sides, normal, normal_batch_normalization
from keras_gan.networks._dcgan_stages import doubling_stages, head

_KERNEL = 4


def vgan(
    *,
    image_shape=(64, 64, 3),
    num_frames=32,
    latent_dim=100,
    width=64,
    stages=None,
    discriminator_normalization=None,
    from_first_frame=False,
):
    """A generator of clips in two streams, and a discriminator of clips, after VGAN.

    A camera that stands still sees a background that does not move. So the generator makes one picture of it, and a
    clip of what moves with a mask that says where:

        background:  latents -> Dense -> norm, ReLU -> stages x (transposed convolution 4x4), tanh -> picture b
        foreground:  latents -> Dense -> norm, ReLU -> stages x (transposed convolution 4x4x4), tanh -> clip f
                     and from its last map another transposed convolution, sigmoid -> mask m
        clip:        m f + (1 - m) b
        discriminator:  clip -> stages x (convolution 4x4x4 of stride 2, LeakyReLU(0.2)) -> Dense(1)

    with batch normalisation and ReLU between the transposed convolutions of the generator. Time halves and doubles as
    height and width do; what is odd halves rounding up.

    Vondrick et al. 2016 (arXiv 1609.02612), section 3 and figure 1, and the authors' code, which has the default sizes.
    What differs: the discriminator has no normalisation unless it is asked for, where the authors have batch
    normalisation in all layers but the first. That takes the mean of real clips off the real ones and the mean of fake
    clips off the fake ones, so the discriminator does not see that a background is grey and should be white
    (benchmarks/RESULTS.md). Kernels start from N(0, 0.02), as in DCGAN, not 0.01; convolutions before a normalisation
    have no biases; one logit stands for the difference of the authors' two.

    With `from_first_frame`, the generator continues a clip from its first frame (section 4.4): strided convolutions
    encode it into `latent_dim` numbers, which both streams get next to the latents. In the paper they take the place of
    the latents, so that a frame has one future.

    Args:
        image_shape: tuple (height, width, channels) of a frame, of any size.
        num_frames: int, frames of a clip.
        latent_dim: int, the size of the latents, and of the code of a first frame.
        width: int, the channels of the layers next to the clip.
        stages: int, the number of halvings; None for as many as leave the smaller side of a frame 4 pixels or more, and
            have two frames or more to halve.
        discriminator_normalization: None, or "batch" for batch normalisation in all layers of the discriminator but the
            first, as in the paper.
        from_first_frame: bool, whether the generator takes a first frame, "frames", next to the latents.

    Returns:
        Two `keras.Model`: the generator, from latents `(batch, latent_dim)`, or a dict of "latents" and "frames"
        `(batch, *image_shape)`, to a dict of float32 "clips" in [-1, 1], `(batch, num_frames, *image_shape)`, and
        "masks" in [0, 1], `(batch, num_frames, height, width, 1)`; and the discriminator, from clips to float32 logits
        `(batch, 1)`.

    Raises:
        ValueError: if a size is not a positive integer, the frames or the clips are too small for `stages`, or the
            normalisation is unknown.

    Example:
        >>> import numpy as np
        >>> generator, discriminator = vgan(image_shape=(24, 24, 1), num_frames=12, latent_dim=8, width=4)
        >>> made = generator(np.zeros((2, 8)))
        >>> made["clips"].shape, made["masks"].shape, discriminator(made["clips"]).shape
        (TensorShape([2, 12, 24, 24, 1]), TensorShape([2, 12, 24, 24, 1]), TensorShape([2, 1]))
    """
    image_shape, width = require_image_shape(image_shape, rank=3), require_int("width", width)
    num_frames, latent_dim = require_int("num_frames", num_frames), require_int("latent_dim", latent_dim)
    require_choice("discriminator_normalization", discriminator_normalization, ("batch", None))
    sides = halved_sides(image_shape, stages)
    lengths = [num_frames]
    for _ in sides[1:]:
        lengths.append((lengths[-1] + 1) // 2)
    while stages is None and len(lengths) > 2 and lengths[-2] < 2:
        lengths.pop()
        sides.pop()
    if lengths[-2] < 2:
        raise ValueError(
            f"A clip of {num_frames} frames cannot be halved {len(lengths) - 1} times: give longer clips, or fewer "
            f"`stages`. Received: num_frames={num_frames}, stages={stages}"
        )
    widths = [width * 2**i for i in range(len(sides) - 1)]
    sizes = [(length, *side) for length, side in zip(lengths, sides, strict=True)]
    is_conditional = require_bool("from_first_frame", from_first_frame)
    return (
        _generator(image_shape, latent_dim, sides, sizes, widths, is_conditional),
        _discriminator((num_frames, *image_shape), widths, discriminator_normalization),
    )


def _generator(image_shape, latent_dim, sides, sizes, widths, is_conditional):
    inputs = codes = keras.Input((latent_dim,), name="latents")
    if is_conditional:
        inputs = {"latents": codes, "frames": keras.Input(image_shape, name="frames")}
        codes = layers.Concatenate(name="codes")([codes, _encoded(inputs["frames"], widths, latent_dim)])
    given = keras.Input(codes.shape[1:], name="background_codes")
    picture = doubling_stages(given, image_shape, sides, widths, _KERNEL, "batch")
    background = keras.Model(given, picture, name="background")(codes)
    foreground, masks = _foreground(codes, image_shape[-1], sizes, widths)
    clips = InFrontOf(name="clips", dtype="float32")([foreground, masks, background])
    return keras.Model(inputs, {"clips": clips, "masks": masks}, name="vgan_generator")


def _encoded(frames, widths, size):
    """The code of a first frame."""
    x = frames
    for i, filters in enumerate(widths):
        options = {"strides": 2, "padding": "same", "use_bias": False, "kernel_initializer": normal()}
        x = Conv2D(filters, _KERNEL, name=f"encode_{i}", **options)(x)
        x = normal_batch_normalization(f"encode_norm_{i}")(x) if i else x
        x = layers.ReLU(name=f"encode_relu_{i}")(x)
    return layers.Dense(size, kernel_initializer=normal(), name="encode")(layers.Flatten(name="encode_flatten")(x))


def _foreground(codes, channels, sizes, widths):
    """The clip of what moves, and its masks."""
    smallest = (*sizes[-1], widths[-1])
    units = smallest[0] * smallest[1] * smallest[2] * smallest[3]
    x = layers.Dense(units, use_bias=False, kernel_initializer=normal(), name="project")(codes)
    x = _normalized(layers.Reshape(smallest, name="reshape")(x), 0)
    for i, (size, filters) in enumerate(zip(sizes[-2:0:-1], widths[-2::-1], strict=True)):
        x = _normalized(_doubled(x, filters, size, f"up_{i}", use_bias=False), i + 1)
    # float32: clips and masks do not follow a mixed policy.
    clip = _doubled(x, channels, sizes[0], "foreground", activation="tanh", dtype="float32")
    return clip, _doubled(x, 1, sizes[0], "masks", activation="sigmoid", dtype="float32")


def _doubled(x, filters, size, name, **options):
    options |= {"strides": 2, "padding": "same", "kernel_initializer": normal()}
    x = layers.Conv3DTranspose(filters, _KERNEL, name=name, **options)(x)
    surplus = [(0, have - want) for have, want in zip(x.shape[1:4], size, strict=True)]
    if surplus == [(0, 0)] * 3:
        return x
    return layers.Cropping3D(surplus, name=f"{name}_crop", dtype=options.get("dtype"))(x)


def _normalized(x, index):
    return layers.ReLU(name=f"relu_{index}")(normal_batch_normalization(f"norm_{index}")(x))


def _discriminator(clip_shape, widths, normalization):
    clips = x = keras.Input(clip_shape, name="clips")
    options = {"strides": 2, "padding": "same", "use_bias": normalization is None, "kernel_initializer": normal()}
    for i, filters in enumerate(widths):
        x = layers.Conv3D(filters, _KERNEL, name=f"down_{i}", **options)(x)
        x = normal_batch_normalization(f"norm_{i}")(x) if i and normalization else x
        x = LeakyReLU(0.2, name=f"leaky_relu_{i}")(x)
    logits = head(1, "logits", use_bias=True)(layers.Flatten(name="flatten")(x))
    return keras.Model(clips, logits, name="vgan_discriminator")


@keras.saving.register_keras_serializable(package="keras_gan")
class InFrontOf(keras.layers.Layer):
    """A clip in front of a picture: m f + (1 - m) b; called with (foreground, masks, background)."""

    def call(self, inputs):
        """Return the clip."""
        foreground, masks, background = inputs
        return masks * foreground + (1.0 - masks) * background[:, None]

    def compute_output_shape(self, input_shape):
        """Return the shape of the clip."""
        return input_shape[0]
