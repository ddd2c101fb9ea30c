"""From an image file to pixels."""

import contextlib
from pathlib import Path
from typing import BinaryIO

import numpy as np
import tensorflow as tf
from PIL import Image

_GREY_MODES = ("1", "L", "LA", "La")
# What the eight orientations of EXIF do, but the first.
_TURNS = {
    2: np.fliplr,
    3: lambda pixels: np.rot90(pixels, 2),
    4: np.flipud,
    5: lambda pixels: pixels.swapaxes(0, 1),
    6: lambda pixels: np.rot90(pixels, -1),
    7: lambda pixels: np.rot90(pixels, 2).swapaxes(0, 1),
    8: np.rot90,
}
_ON_THEIR_SIDE = (5, 6, 7, 8)
# Tags of TIFF; EXIF has the first, too.
_ORIENTATION, _BITS_PER_SAMPLE, _PHOTOMETRIC, _SAMPLE_FORMAT = 274, 258, 262, 339
_SIDES = 256, 257
_WHITE_IS_ZERO, _SIGNED = 0, 2
_POINTER = b"version https://git-lfs"
_REMEDY = ", so convert it to unsigned numbers of 8 or 16 bits"


def decode(path: Path, *, alpha: bool = False, depth: int = 8) -> np.ndarray:
    """Read an image file as a viewer would show it.

    The image is turned as EXIF says. Palettes and CMYK become RGB, and an animation gives its first frame.

    Args:
        path: the file.
        alpha: whether to keep the alpha of a file with transparent parts; otherwise they become white.
        depth: 8 to round grey of 9 to 16 bits to 8, 16 to keep its levels, and those of deep colours in PNG files.

    Returns:
        Array of shape (height, width, 1) for a grey file, (height, width, 4) for one whose alpha is kept, else (height,
        width, 3): uint8, or float32 in [-1, 1] for deep levels that are kept.

    Raises:
        ValueError: if the file is empty or no image, has more pixels than `PIL.Image.MAX_IMAGE_PIXELS`, or holds
            numbers of no known range, or deep colours of another format than PNG where the depth is to be kept.
        Exception: any that Pillow raises for a damaged file; OSError and MemoryError if the computer fails.
    """
    # Given the path, some versions of Pillow map the file into memory, and read a turned TIFF with its sides exchanged.
    with path.open("rb") as file, _opened(file) as image:
        _require_known_range(image)
        is_deep_png = depth != 8 and _is_deep_png(image)
        if depth != 8 and not is_deep_png:
            _require_no_deep_colours(image)
        with_alpha = _repair_transparency(image)
        # Some formats tell the orientation only after the pixels.
        image.load()
        highest = _highest_level(image)
        if is_deep_png:
            pixels = _of_deep_png(path.read_bytes(), alpha)
        else:
            pixels = _of_deep_grey(image, highest, alpha, depth) if highest else _of_bytes(image, with_alpha, alpha)
        turn = _TURNS.get(_orientation(image))
    pixels = pixels if turn is None else np.ascontiguousarray(turn(pixels))
    return pixels[..., np.newaxis] if pixels.ndim == 2 else pixels


def decode_levels(path: Path) -> np.ndarray:
    """Read an image file as the numbers that it holds, with its alpha.

    Returns:
        uint8 or uint16 array of shape (height, width, channels), with the channels of `decode`.

    Raises:
        ValueError, Exception: as `decode` does.
    """
    pixels = decode(path, alpha=True, depth=16)
    return pixels if pixels.dtype == np.uint8 else np.rint((pixels + 1.0) * 32767.5).astype(np.uint16)


def is_animation(path: Path) -> bool:
    """Whether an image file holds several frames.

    Raises:
        Exception: as `decode` does.
    """
    with path.open("rb") as file, _opened(file) as image:
        return getattr(image, "is_animated", False)


def decode_frames(path: Path, *, alpha: bool = False) -> list[np.ndarray]:
    """Read all frames of an animation, as `decode` reads the first one, but with 8 bits. Their times are left out.

    Raises:
        ValueError, Exception: as `decode` does.
    """
    with path.open("rb") as file, _opened(file) as image:
        frames = []
        for number in range(image.n_frames):
            image.seek(number)
            pixels = _of_bytes(image, "RGBA", alpha)
            frames.append(pixels[..., np.newaxis] if pixels.ndim == 2 else pixels)
        return frames


def size_of(path: Path) -> tuple[int, int]:
    """Return the height and the width of an image file, without reading its pixels.

    They are those of `decode`, except for a PNG file that tells only after the pixels that it is turned.

    Raises:
        Exception: as `decode` does.
    """
    with path.open("rb") as file, _opened(file) as image:
        # Some versions of Pillow exchange the sides of a turned TIFF file.
        width, height = (_tag(image, tag)[0] for tag in _SIDES) if image.format == "TIFF" else image.size
        return (width, height) if _orientation(image) in _ON_THEIR_SIDE else (height, width)


def _opened(file: BinaryIO) -> Image.Image:
    try:
        image = Image.open(file)
    except Image.UnidentifiedImageError:
        raise ValueError(_why_no_image(file)) from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ValueError(_too_large()) from error
    if Image.MAX_IMAGE_PIXELS is not None and image.width * image.height > Image.MAX_IMAGE_PIXELS:
        raise ValueError(_too_large())
    return image


def _too_large() -> str:
    return (
        f"it has more pixels than the limit of {Image.MAX_IMAGE_PIXELS:,}, because a small file can unpack to "
        "gigabytes. Make it smaller, or raise the limit with `PIL.Image.MAX_IMAGE_PIXELS = ...` if you trust it"
    )


def _why_no_image(file: BinaryIO) -> str:
    file.seek(0)
    start = file.read(len(_POINTER))
    if not start:
        return "it is empty"
    if start == _POINTER:
        return "it is only a pointer of Git LFS, so fetch the image itself with `git lfs pull`"
    return "Pillow cannot identify an image in it"


def _require_known_range(image: Image.Image) -> None:
    if image.mode == "F" or (image.mode == "I" and image.format != "PPM"):
        raise ValueError(f"its pixels are 32-bit or signed numbers whose range is unknown (mode {image.mode}){_REMEDY}")
    if image.format == "TIFF" and _SIGNED in _tag(image, _SAMPLE_FORMAT):
        raise ValueError(f"its pixels are signed numbers whose range is unknown{_REMEDY}")


def _is_deep_png(image: Image.Image) -> bool:
    """Whether a PNG file has colours or an alpha of 16 bits, which Pillow would round, and no transparent colour."""
    arguments = image.tile[0][3] if image.tile else ()
    is_deep = image.format == "PNG" and arguments in ("RGB;16B", "RGBA;16B", "LA;16B")
    return is_deep and "transparency" not in image.info


def _of_deep_png(content: bytes, alpha: bool) -> np.ndarray:
    levels = tf.io.decode_png(content, dtype=tf.uint16).numpy()
    # Divided as float64: each level becomes the nearest float32.
    pixels = (levels * (2.0 / 65535) - 1.0).astype(np.float32)
    if pixels.shape[-1] % 2:
        return pixels
    colours, opacity = pixels[..., :-1], pixels[..., -1:]
    if alpha:
        return np.concatenate([np.broadcast_to(colours, (*colours.shape[:2], 3)), opacity], axis=-1)
    share = 0.5 * (opacity + 1.0)
    return share * colours + (1.0 - share)


def _require_no_deep_colours(image: Image.Image) -> None:
    """Raise an error for colours or an alpha that Pillow would read with 8 bits although the file has more."""
    arguments = image.tile[0][3] if image.tile else ()
    if image.format == "PNG":
        is_deep = arguments in ("RGB;16B", "RGBA;16B", "LA;16B")
    elif image.format == "TIFF":
        is_deep = max(_tag(image, _BITS_PER_SAMPLE), default=8) > 8 and not image.mode.startswith("I;16")
    else:
        # Pillow gives the highest level of a PPM file to its decoder, unless it is 255.
        is_deep = image.format == "PPM" and image.mode == "RGB" and arguments[-1] not in ("RGB", *range(256))
    if is_deep:
        raise ValueError(
            "its colours, or its alpha, have more than 8 bits, and only grey files and PNG files without a transparent "
            "colour keep their depth. Convert it to 8 bits or to such a file, or leave `depth` out, which rounds"
        )


def _highest_level(image: Image.Image) -> int | None:
    """The level of white in an image of grey deeper than 8 bits; None for other images."""
    if image.mode == "I":
        return 65535  # Pillow scales the levels of a PGM file to 16 bits.
    if not image.mode.startswith("I;16"):
        return None
    bits = _tag(image, _BITS_PER_SAMPLE) if image.format == "TIFF" else ()
    return 2 ** bits[0] - 1 if bits else 65535


def _of_deep_grey(image: Image.Image, highest: int, alpha: bool, depth: int) -> np.ndarray:
    levels = np.asarray(image)
    if depth == 8:
        pixels = np.rint(np.multiply(levels, 255.0 / highest, dtype=np.float32)).astype(np.uint8)
        black, white = 0, 255
    else:
        # Divided as float64: each level becomes the nearest float32.
        pixels = (levels * (2.0 / highest) - 1.0).astype(np.float32)
        black, white = -1, 1
    if image.format == "TIFF" and _WHITE_IS_ZERO in _tag(image, _PHOTOMETRIC):
        pixels = white + black - pixels  # Pillow inverts only 8 bits.
    if "transparency" not in image.info:
        return pixels
    clear = levels == image.info["transparency"]
    pixels[clear] = white
    opacity = np.where(clear, black, white).astype(pixels.dtype)
    return np.stack([pixels, pixels, pixels, opacity], axis=-1) if alpha else pixels


def _of_bytes(image: Image.Image, alpha_mode: str, alpha: bool) -> np.ndarray:
    mode = "L" if image.mode in _GREY_MODES or alpha_mode == "LA" else "RGB"
    if not image.has_transparency_data:
        return np.asarray(image.convert(mode))
    image = image.convert("RGBA")
    if alpha:
        return np.asarray(image)
    # Pasted, because to compose two images takes twice the memory.
    background = Image.new("RGB", image.size, "white")
    background.paste(image, mask=image)
    return np.asarray(background.convert(mode))


def _repair_transparency(image: Image.Image) -> str:
    """Bring the transparent colour of a PNG to 8 bits, as Pillow does with the pixels; return the mode with alpha."""
    raw_mode = image.tile[0][3] if image.format == "PNG" and image.tile else None
    transparent = image.info.get("transparency")
    if transparent is not None and raw_mode == "RGB;16B":
        image.info["transparency"] = tuple(level >> 8 for level in transparent)
    if transparent is not None and raw_mode in ("L;2", "L;4"):
        image.info["transparency"] = transparent * {"L;2": 85, "L;4": 17}[raw_mode]
    # Pillow reads 16-bit grey with alpha as colours.
    return "LA" if raw_mode == "LA;16B" else "RGBA"


def _orientation(image: Image.Image) -> int | None:
    # Only this tag: the others may be damaged, and do not change what a viewer shows.
    with contextlib.suppress(Exception):
        return image.getexif().get(_ORIENTATION)
    return None


def _tag(image: Image.Image, tag: int) -> tuple:
    value = image.tag_v2.get(tag, ())
    return value if isinstance(value, tuple) else (value,)
