"""One image at a time: from a file to pixels, and from its own size to the size asked for."""

import functools
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

_GREY_MODES = ("1", "L", "LA", "La")
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)


def decode(path: Path) -> np.ndarray:
    """Read an image file as a viewer would show it.

    The image is turned as EXIF says. Transparent parts become white, 16-bit grey is rounded to 8 bits, palettes
    and CMYK become RGB, and an animation gives its first frame.

    Returns:
        uint8 array of shape (height, width, 1) for a grey file, else (height, width, 3).
    """
    with Image.open(path) as image:
        image = ImageOps.exif_transpose(image)
        if image.mode.startswith("I;16"):
            return np.rint(np.asarray(image) / 257.0).astype(np.uint8)[..., np.newaxis]
        if image.mode in ("I", "F"):
            raise ValueError(f"its pixels are 32-bit numbers whose range is unknown (mode {image.mode})")
        mode = "L" if image.mode in _GREY_MODES else "RGB"
        if image.has_transparency_data:
            white = Image.new("RGBA", image.size, "white")
            image = Image.alpha_composite(white, image.convert("RGBA"))
        pixels = np.asarray(image.convert(mode))
    return pixels[..., np.newaxis] if mode == "L" else pixels


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
    """
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
    scale = min(height / size[0], width / size[1])
    top, left = (height - scale * size[0]) / 2, (width - scale * size[1]) / 2
    return left, top, width - left, height - top


def _resize_channel(pixels: np.ndarray, *, size: tuple[int, int], box: tuple[float, ...]) -> np.ndarray:
    resized = Image.fromarray(pixels).resize(size[::-1], Image.Resampling.BICUBIC, box=box)
    # Bicubic overshoots next to edges. Pillow clips bytes, but not floats.
    return np.asarray(resized) if pixels.dtype == np.uint8 else np.clip(resized, -1.0, 1.0)
