"""What changes the images, other than their size."""

import dataclasses

from keras_gan._arguments import require_bool


@dataclasses.dataclass(frozen=True, kw_only=True)
class Preprocessing:
    """The options between a stored picture and a tensor in [-1, 1].

    Most data sets need none of them, so they are not arguments of `load`. `channels` and `crop` apply once, when
    the images are read. `flip` and `dequantize` apply to every batch, with random numbers that are a function of
    the seed and the step.

    Dequantisation makes the 256 grey levels continuous: 2 (x / 256 - 1/2) + u with u ~ U(0, 1/128), as in the
    official code of spectral normalisation (Miyato et al. 2018, https://arxiv.org/abs/1802.05957).

    Args:
        channels: 1 for grey (ITU-R 601 luma), 3 for RGB, or None for what the images have.
        crop: "center" cuts the largest centred part with the aspect ratio of `image_size` before the resize;
            None resizes the whole image, which changes its aspect ratio.
        flip: mirror each image left to right with probability 1/2.
        dequantize: add uniform noise as wide as one of the 256 levels. For uint8 images.

    Raises:
        ValueError: if an option has a value that does not exist.

    Example:
        >>> from keras_gan import data
        >>> grey = data.Preprocessing(channels=1, flip=True)
        >>> grey.crop
        'center'
    """

    channels: int | None = None
    crop: str | None = "center"
    flip: bool = False
    dequantize: bool = False

    def __post_init__(self):
        if self.channels is not None and (type(self.channels) is not int or self.channels not in (1, 3)):
            raise ValueError(
                "`channels` must be 1 (grey), 3 (RGB) or None (as the images are). "
                f"Received: channels={self.channels!r}"
            )
        if self.crop is not None and (not isinstance(self.crop, str) or self.crop != "center"):
            raise ValueError(f'`crop` must be "center" or None (no crop). Received: crop={self.crop!r}')
        for name in ("flip", "dequantize"):
            require_bool(name, getattr(self, name))
