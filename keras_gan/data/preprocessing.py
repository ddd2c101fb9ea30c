"""What changes the images, other than their size."""

import dataclasses

from keras_gan._arguments import require_bool
from keras_gan.data._images import sides_of


@dataclasses.dataclass(frozen=True, kw_only=True)
class Preprocessing:
    """The options between a stored picture and a tensor in [-1, 1].

    Most data sets need none of them, so they are not arguments of `load`. `channels`, `depth` and `crop` apply once,
    when the images are read. `load_size`, `flip` and `dequantize` apply to every batch, with random numbers that are a
    function of the seed and the step.

    Dequantisation makes the 256 grey levels continuous: 2 (x / 256 - 1/2) + u with u ~ U(0, 1/128), as in the
    official code of spectral normalisation (Miyato et al. 2018, https://arxiv.org/abs/1802.05957).

    With a `load_size`, the images are read at that size, and each batch has a random part of `image_size` of each of
    its images, at the same scale: the jitter of pix2pix (Isola et al. 2017, section 6.2,
    https://arxiv.org/abs/1611.07004), which reads at 286 and cuts 256. `one_pass` has the middle of every image.

    Four channels are red, green, blue and alpha, where -1 is transparent and 1 opaque. The colours are not multiplied
    by the alpha: so PNG files store them, and an image of four channels can be written to one as it is. The colour of
    a pixel that is fully transparent means nothing, and becomes white.

    Args:
        channels: 1 for grey (ITU-R 601 luma), 3 for RGB, 4 for RGB with alpha, or None for what the images have. Files
            with transparent parts lie on white, unless this is 4; with 4, images without alpha are opaque.
        depth: 8 rounds deep files to 256 levels, and keeps the images as bytes. 16 keeps the levels of grey PNG, TIFF
            and PGM files and of PNG files in colour, and all images as float32, which take four times the memory.
        crop: "center" cuts the largest centred part with the aspect ratio of `image_size` before the resize;
            None resizes the whole image, which changes its aspect ratio.
        load_size: height and width to read the images at, or one number for both: at least `image_size`. None is
            `image_size`.
        flip: mirror each image left to right with probability 1/2.
        dequantize: add uniform noise as wide as one of the 256 levels. For uint8 images.

    Raises:
        ValueError: if an option has a value that does not exist, or two do not fit each other.

    Example:
        >>> from keras_gan import data
        >>> grey = data.Preprocessing(channels=1, flip=True)
        >>> grey.crop
        'center'
        >>> jitter = data.Preprocessing(load_size=36, flip=True)
        >>> data.load("digits", image_size=32, preprocessing=jitter).image_shape
        (32, 32, 1)
    """

    channels: int | None = None
    depth: int = 8
    crop: str | None = "center"
    load_size: int | tuple[int, int] | None = None
    flip: bool = False
    dequantize: bool = False

    def __post_init__(self):
        if self.channels is not None and (type(self.channels) is not int or self.channels not in (1, 3, 4)):
            raise ValueError(
                "`channels` must be 1 (grey), 3 (RGB), 4 (RGB with alpha) or None (as the images are). "
                f"Received: channels={self.channels!r}"
            )
        if type(self.depth) is not int or self.depth not in (8, 16):
            raise ValueError(
                "`depth` must be 8 (bytes) or 16 (float32, which keeps the levels of deep grey files). "
                f"Received: depth={self.depth!r}"
            )
        if self.crop is not None and (not isinstance(self.crop, str) or self.crop != "center"):
            raise ValueError(f'`crop` must be "center" or None (no crop). Received: crop={self.crop!r}')
        sides_of("load_size", self.load_size)
        for name in ("flip", "dequantize"):
            require_bool(name, getattr(self, name))
        if self.dequantize and self.depth != 8:
            raise ValueError(
                "Only bytes can be dequantised, and a depth of 16 makes floats: leave one of the two out. "
                f"Received: depth={self.depth}, dequantize=True"
            )

    def __repr__(self) -> str:
        """Name the options that are not the usual ones: checkpoints tell other data by this text."""
        fields = [(field.name, getattr(self, field.name), field.default) for field in dataclasses.fields(self)]
        return f"Preprocessing({', '.join(f'{name}={value!r}' for name, value, usual in fields if value != usual)})"
