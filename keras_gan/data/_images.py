"""One image at a time: from its own size, depth and channels to those asked for."""

import dataclasses
import functools

import numpy as np
from PIL import Image

from keras_gan._arguments import require_int

_LUMA = np.array([0.299, 0.587, 0.114], np.float32)
_ALPHA = 3


@dataclasses.dataclass(frozen=True, kw_only=True)
class Fit:
    """`fit` with its arguments but the image: what `load` gives to a source as `prepare`."""

    size: tuple[int, int] | None = None
    channels: int | None = None
    crop: str | None = None
    depth: int = 8

    def __call__(self, image: np.ndarray) -> np.ndarray:
        """Return the image as it is stored."""
        return fit(image, size=self.size, channels=self.channels, crop=self.crop, depth=self.depth)

    @property
    def key(self) -> dict:
        """What a cache of such images depends on, a dict for JSON."""
        key = {"size": self.size, "channels": self.channels, "crop": self.crop}
        # Without the usual depth, caches that were written before there was another keep their names.
        return key if self.depth == 8 else {**key, "depth": self.depth}


def fit(
    image: np.ndarray, *, size: tuple[int, int] | None, channels: int | None, crop: str | None, depth: int = 8
) -> np.ndarray:
    """Bring one image to a depth, a number of channels and a size; return `image` itself if it has all three.

    The resize is Pillow's bicubic filter. Its support grows when an image shrinks, so the result is antialiased. With
    four channels, each pixel counts by its alpha, so that colours that nobody sees do not spread; where the alpha is
    zero, the colour becomes white.

    Args:
        image: uint8, or float32 in [-1, 1]; shape (height, width, channels).
        size: (height, width) to return, or None to keep the image's.
        channels: 1, 3, 4 (colours and alpha), or None to keep the image's.
        crop: "center" to cut to the aspect ratio of `size` first, or None to change the aspect ratio.
        depth: 16 to make float32 of bytes, or 8 to keep the image's dtype.

    Returns:
        Array of shape (*size, channels), of the image's range and, with a depth of 8, its dtype.

    Raises:
        ValueError: if this is no image of such a dtype and shape.
    """
    if image.ndim != 3 or image.dtype not in (np.uint8, np.float32) or not image.size:
        raise ValueError(
            "A source must give `prepare` one image of shape (height, width, channels), of dtype uint8 or float32. "
            f"Received: an array of dtype {image.dtype} and shape {image.shape}"
        )
    if depth != 8 and image.dtype == np.uint8:
        image = image.astype(np.float32) / 127.5 - 1
    if channels is not None and channels != image.shape[-1]:
        image = _convert_channels(image, channels)
    if channels == _ALPHA + 1:
        image = _with_white_where_clear(image)
    if size is None or size == image.shape[:2]:
        return image
    height, width = image.shape[:2]
    box = _center_box(height, width, size) if crop else (0, 0, width, height)
    return (_resize_by_alpha if channels == _ALPHA + 1 else _resize)(image, size, box)


def sides_of(name: str, size: int | tuple[int, int] | None) -> tuple[int, int] | None:
    """Return what a user gave as a size, one number or two, as (height, width), or raise; None stays None."""
    if size is None:
        return None
    pair = tuple(size) if isinstance(size, tuple | list) else (size, size)
    if len(pair) != 2:
        raise ValueError(
            f"`{name}` must be a positive integer, a pair (height, width) of them, or None. Received: {name}={size!r}"
        )
    return tuple(require_int(name, side) for side in pair)


def _convert_channels(image: np.ndarray, channels: int) -> np.ndarray:
    if image.shape[-1] not in (1, 3):
        raise ValueError(
            f"Only grey and RGB images convert to another number of channels; these have {image.shape[-1]}. "
            f"Received: channels={channels}"
        )
    if channels == _ALPHA + 1:
        colours = np.repeat(image, 3, axis=-1) if image.shape[-1] == 1 else image
        return np.concatenate([colours, np.full_like(colours[..., :1], _white(image))], axis=-1)
    if image.shape[-1] == 1:
        return np.repeat(image, channels, axis=-1)
    grey = image @ _LUMA
    grey = np.rint(grey) if image.dtype == np.uint8 else np.clip(grey, -1.0, 1.0)
    return grey.astype(image.dtype)[..., np.newaxis]


def _white(image: np.ndarray) -> float:
    """The highest level of an image, which is opaque as an alpha."""
    return 255 if image.dtype == np.uint8 else 1.0


def _with_white_where_clear(image: np.ndarray) -> np.ndarray:
    clear = image[..., _ALPHA:] == (0 if image.dtype == np.uint8 else -1)
    is_colour = np.arange(_ALPHA + 1) < _ALPHA
    return np.where(clear & is_colour, np.asarray(_white(image), image.dtype), image)


def _center_box(height: int, width: int, size: tuple[int, int]) -> tuple[float, float, float, float]:
    """Return the largest centred (left, top, right, bottom) with the aspect ratio of `size`, not rounded."""
    # One side is kept whole. The division of integers rounds, but never above the side that it is cut from.
    cut_height, cut_width = min(height, width * size[0] / size[1]), min(width, height * size[1] / size[0])
    top, left = (height - cut_height) / 2, (width - cut_width) / 2
    return left, top, width - left, height - top


def _resize(image: np.ndarray, size: tuple[int, int], box: tuple[float, ...]) -> np.ndarray:
    resize = functools.partial(_resize_channel, size=size, box=box)
    resized = np.stack([resize(image[..., channel]) for channel in range(image.shape[-1])], axis=-1)
    # Bicubic overshoots next to edges. Pillow clips bytes, but not floats.
    return resized if image.dtype == np.uint8 else np.clip(resized, -1.0, 1.0)


def _resize_by_alpha(image: np.ndarray, size: tuple[int, int], box: tuple[float, ...]) -> np.ndarray:
    """Resize colours times alpha, and divide by the resized alpha."""
    is_bytes = image.dtype == np.uint8
    parts = image.astype(np.float32) / 255 if is_bytes else (image + 1) / 2
    parts[..., :_ALPHA] *= parts[..., _ALPHA:]
    channels = [_resize_channel(parts[..., channel], size=size, box=box) for channel in range(_ALPHA + 1)]
    alpha = np.clip(channels[_ALPHA], 0, 1)
    # Less than half a level is nothing, and not to be divided by.
    is_seen = alpha > 0.5 / (255 if is_bytes else 65535)
    alpha = np.where(is_seen, alpha, np.float32(0))
    divisor = np.where(is_seen, alpha, np.float32(1))
    colours = [np.where(is_seen, np.clip(channel / divisor, 0, 1), np.float32(1)) for channel in channels[:_ALPHA]]
    parts = np.stack([*colours, alpha], axis=-1)
    return np.rint(parts * 255).astype(np.uint8) if is_bytes else parts * 2 - 1


def _resize_channel(pixels: np.ndarray, *, size: tuple[int, int], box: tuple[float, ...]) -> np.ndarray:
    return np.asarray(Image.fromarray(pixels).resize(size[::-1], Image.Resampling.BICUBIC, box=box))
