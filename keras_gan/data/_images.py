"""One image at a time: from its own size and channels to those asked for."""

import functools

import numpy as np
from PIL import Image

_LUMA = np.array([0.299, 0.587, 0.114], np.float32)


def fit(image: np.ndarray, *, size: tuple[int, int] | None, channels: int | None, crop: str | None) -> np.ndarray:
    """Bring one image to a number of channels and a size; return `image` itself if it has both.

    The resize is Pillow's bicubic filter. Its support grows when an image shrinks, so the result is antialiased.

    Args:
        image: uint8, or float32 in [-1, 1]; shape (height, width, channels).
        size: (height, width) to return, or None to keep the image's.
        channels: 1, 3, or None to keep the image's.
        crop: "center" to cut to the aspect ratio of `size` first, or None to change the aspect ratio.

    Returns:
        Array of shape (*size, channels), of the image's dtype and range.

    Raises:
        ValueError: if this is no image of such a dtype and shape.
    """
    if image.ndim != 3 or image.dtype not in (np.uint8, np.float32) or not image.size:
        raise ValueError(
            "A source must give `prepare` one image of shape (height, width, channels), of dtype uint8 or float32. "
            f"Received: an array of dtype {image.dtype} and shape {image.shape}"
        )
    if channels is not None and channels != image.shape[-1]:
        image = _convert_channels(image, channels)
    if size is None or size == image.shape[:2]:
        return image
    height, width = image.shape[:2]
    box = _center_box(height, width, size) if crop else (0, 0, width, height)
    resize = functools.partial(_resize_channel, size=size, box=box)
    return np.stack([resize(image[..., channel]) for channel in range(image.shape[-1])], axis=-1)


def _convert_channels(image: np.ndarray, channels: int) -> np.ndarray:
    if image.shape[-1] == 1:
        return np.repeat(image, channels, axis=-1)
    if image.shape[-1] != 3:
        raise ValueError(
            f"Only grey and RGB images convert to another number of channels; these have {image.shape[-1]}. "
            f"Received: channels={channels}"
        )
    grey = image @ _LUMA
    grey = np.rint(grey) if image.dtype == np.uint8 else np.clip(grey, -1.0, 1.0)
    return grey.astype(image.dtype)[..., np.newaxis]


def _center_box(height: int, width: int, size: tuple[int, int]) -> tuple[float, float, float, float]:
    """Return the largest centred (left, top, right, bottom) with the aspect ratio of `size`, not rounded."""
    # One side is kept whole. The division of integers rounds, but never above the side that it is cut from.
    cut_height, cut_width = min(height, width * size[0] / size[1]), min(width, height * size[1] / size[0])
    top, left = (height - cut_height) / 2, (width - cut_width) / 2
    return left, top, width - left, height - top


def _resize_channel(pixels: np.ndarray, *, size: tuple[int, int], box: tuple[float, ...]) -> np.ndarray:
    resized = Image.fromarray(pixels).resize(size[::-1], Image.Resampling.BICUBIC, box=box)
    # Bicubic overshoots next to edges. Pillow clips bytes, but not floats.
    return np.asarray(resized) if pixels.dtype == np.uint8 else np.clip(resized, -1.0, 1.0)
