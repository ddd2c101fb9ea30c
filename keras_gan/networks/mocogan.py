"""The networks of MoCoGAN: clips from a code of the content and a path of codes of the motion."""

import keras
from keras import layers, ops

from keras_gan._arguments import require_choice, require_int, require_number
from keras_gan.layers import Conv2D, FrameByFrame, LeakyReLU
from keras_gan.networks._arguments import require_image_shape
from keras_gan.networks._building_blocks import halved_sides, normal, normal_batch_normalization
from keras_gan.networks._dcgan_stages import doubling_stages

_KERNEL = 4
_CELLS = {"gru": layers.GRU, "lstm": layers.LSTM}


def mocogan(
    *,
    image_shape=(64, 64, 3),
    num_frames=16,
    content_dim=50,
    motion_dim=10,
    width=64,
    stages=None,
    cell="gru",
    noise=0.1,
):
    """A generator of clips with separate codes for content and motion, and discriminators of frames and of clips.

    One code says what a clip shows, and stays the same in all its frames. A recurrent cell that is driven by noise
    draws a path of other codes, one for each frame, that say how it moves. A DCGAN draws each frame of both:

        motion:     h_0 = e_0,  h_t = cell(e_t, h_(t-1)),  e_t ~ N(0, 1)
        generator:  (content, h_t) -> Dense, norm, ReLU -> stages x (transposed convolution 4x4, norm, ReLU) -> frame t
        images:     frame -> stages x (convolution 4x4 of stride 2) -> a logit for each patch
        videos:     clip  -> stages x (convolution 4x4x4 of stride (1, 2, 2)) -> a convolution over the whole map

    Batch normalisation in the generator is over the frames of all clips together, in training as in inference. The
    discriminators have it in all layers but the first and the last, and LeakyReLU(0.2). The convolutions over time are
    not padded: each makes the clip 3 frames shorter, so the video discriminator needs 3 stages + 4 frames. From longer
    clips it returns a logit for each place in time.

    Tulyakov et al. 2017 (arXiv 1707.04993), section 3, and the authors' code, whose sizes are the defaults: for 16
    frames of 64x64 the generator has 3,249,684 parameters, the image discriminator 663,296 and the video discriminator
    11,056,896. The generator makes clips of any length. Kernels start from N(0, 0.02), as in DCGAN.

    Args:
        image_shape: tuple (height, width, channels) of a frame, of any size.
        num_frames: int, frames of the clips that the video discriminator takes.
        content_dim: int, the size of the code of the content.
        motion_dim: int, the size of the codes of the motion, and of the noise that drives them.
        width: int, the channels of the layers next to the frames.
        stages: int, the number of halvings; None for as many as leave the smaller side 4 pixels or more.
        cell: "gru", as in the paper; "lstm"; or None for no cell: then the codes of the motion are the noise itself,
            and frames do not depend on earlier ones.
        noise: float, standard deviation of the Gaussian noise that the discriminators add before each convolution in
            training, as the authors advise; 0 for none.

    Returns:
        Three `keras.Model`: the generator, from a dict of "latents" `(batch, content_dim)` and "motions" `(batch,
        num_frames + 1, motion_dim)` of any number of frames, both standard normal, to float32 clips in [-1, 1],
        `(batch, num_frames, *image_shape)`; the image discriminator, from frames `(batch, *image_shape)` to float32
        logits `(batch, rows, columns, 1)`; and the video discriminator, from clips `(batch, num_frames, *image_shape)`
        to float32 logits `(batch, times, 1, 1, 1)`.

    Raises:
        ValueError: if a size is not a positive integer, `image_shape` is not of rank 3 or too small for `stages`, the
            clips are too short, or another argument is out of range.

    Example:
        >>> generator, image_discriminator, video_discriminator = mocogan(
        ...     image_shape=(24, 24, 1), num_frames=12, width=4, cell="lstm"
        ... )
        >>> import numpy as np
        >>> clips = generator({"latents": np.zeros((2, 50)), "motions": np.zeros((2, 13, 10))})
        >>> clips.shape, video_discriminator(clips).shape, image_discriminator(clips[:, 0]).shape
        (TensorShape([2, 12, 24, 24, 1]), TensorShape([2, 3, 1, 1, 1]), TensorShape([2, 6, 6, 1]))
    """
    image_shape = require_image_shape(image_shape, rank=3)
    content_dim, motion_dim = require_int("content_dim", content_dim), require_int("motion_dim", motion_dim)
    width, num_frames = require_int("width", width), require_int("num_frames", num_frames)
    require_choice("cell", cell, (*_CELLS, None))
    noise = require_number("noise", noise, low=0.0)
    sides = halved_sides(image_shape, stages)
    _require_length(num_frames, len(sides) - 1)
    widths = [width * 2**i for i in range(len(sides) - 1)]
    return (
        _generator(image_shape, content_dim, motion_dim, cell, sides, widths),
        _image_discriminator(image_shape, widths, noise),
        _video_discriminator((num_frames, *image_shape), sides, widths, noise),
    )


def _require_length(num_frames, stages):
    needed = 3 * stages + _KERNEL
    if num_frames < needed:
        raise ValueError(
            f"Each convolution of the video discriminator makes a clip 3 frames shorter, so {stages} stages need at "
            f"least {needed} frames: give longer clips, or fewer `stages`. Received: num_frames={num_frames}, "
            f"stages={stages}"
        )


def _generator(image_shape, content_dim, motion_dim, cell, sides, widths):
    latents = keras.Input((content_dim,), name="latents")
    motions = keras.Input((None, motion_dim), name="motions")
    codes = keras.Input((content_dim + motion_dim,), name="codes")
    frame = doubling_stages(codes, image_shape, sides, widths, _KERNEL, "batch")
    painter = keras.Model(codes, frame, name="painter")
    path = MotionCodes(cell, name="motion")(motions)
    # float32: the clips do not follow a mixed policy.
    clips = FrameByFrame(painter, dtype="float32", name="clips")(WithContent(name="codes_of_frames")([latents, path]))
    return keras.Model({"latents": latents, "motions": motions}, clips, name="mocogan_generator")


def _image_discriminator(image_shape, widths, noise):
    images = x = keras.Input(image_shape, name="images")
    for i, filters in enumerate([*widths[:-1], 1]):
        is_last = i == len(widths) - 1
        # float32: the logits do not follow a mixed policy.
        options = {"dtype": "float32", "name": "logits"} if is_last else {"name": f"down_{i}"}
        options |= {"strides": 2, "padding": "same", "use_bias": False, "kernel_initializer": normal()}
        x = Conv2D(filters, _KERNEL, **options)(_noisy(x, noise, i))
        x = x if is_last else _activated(x, i)
    return keras.Model(images, x, name="mocogan_image_discriminator")


def _video_discriminator(clip_shape, sides, widths, noise):
    clips = x = keras.Input(clip_shape, name="clips")
    options = {"use_bias": False, "kernel_initializer": normal()}
    for i, filters in enumerate(widths):
        # One pixel on each side, and one more at the end of an odd one.
        around = [(1, 1 + side % 2) for side in sides[i]]
        x = layers.ZeroPadding3D(((0, 0), *around), name=f"pad_{i}")(_noisy(x, noise, i))
        x = layers.Conv3D(filters, _KERNEL, strides=(1, 2, 2), name=f"down_{i}", **options)(x)
        x = _activated(x, i)
    # float32: the logits do not follow a mixed policy.
    x = layers.Conv3D(1, (_KERNEL, *sides[-1]), dtype="float32", name="logits", **options)(x)
    return keras.Model(clips, x, name="mocogan_video_discriminator")


def _noisy(x, noise, index):
    return layers.GaussianNoise(noise, name=f"noise_{index}")(x) if noise else x


def _activated(x, index):
    x = normal_batch_normalization(f"norm_{index}")(x) if index else x
    return LeakyReLU(0.2, name=f"leaky_relu_{index}")(x)


@keras.saving.register_keras_serializable(package="keras_gan")
class MotionCodes(keras.layers.Layer):
    """The codes of a motion `(batch, num_frames, size)`: the states of a recurrent cell, of noise with one row more.

    The first row is the state at the beginning (of an LSTM, both parts of it).

    Args:
        cell: "gru", "lstm", or None to return the noise itself, without its first row.
    """

    def __init__(self, cell, **kwargs):
        super().__init__(**kwargs)
        self.cell = cell
        self.recurrent = None

    def build(self, input_shape):
        """Create the cell."""
        if self.cell is not None:
            self.recurrent = _CELLS[self.cell](input_shape[-1], return_sequences=True, dtype=self.dtype_policy)
            self.recurrent.build((None, None, input_shape[-1]))

    def call(self, inputs):
        """Return the codes of noise `(batch, num_frames + 1, size)`."""
        if self.recurrent is None:
            return inputs[:, 1:]
        first = inputs[:, 0]
        return self.recurrent(inputs[:, 1:], initial_state=[first, first] if self.cell == "lstm" else first)

    def compute_output_shape(self, input_shape):
        """Return the shape of the codes."""
        batch, rows, size = input_shape
        return (batch, None if rows is None else rows - 1, size)

    def get_config(self):
        """Return the constructor's arguments."""
        return {**super().get_config(), "cell": self.cell}


@keras.saving.register_keras_serializable(package="keras_gan")
class WithContent(keras.layers.Layer):
    """The code of the content next to the code of the motion, for each frame; called with (content, motion)."""

    def call(self, inputs):
        """Return the codes of all frames, `(batch, num_frames, size of both)`."""
        content, motion = inputs
        everywhere = content[:, None] + ops.zeros_like(motion[..., :1])
        return ops.concatenate([everywhere, motion], axis=-1)

    def compute_output_shape(self, input_shape):
        """Return the shape of the codes."""
        content, motion = input_shape
        return (*motion[:-1], content[-1] + motion[-1])
