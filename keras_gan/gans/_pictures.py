"""Pictures as files hold them: their levels, their alpha, and their colours as a network takes them."""

import numpy as np
import tensorflow as tf

# ITU-R BT.601.
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)
# How many pixels far colours are continued into transparent parts.
_REACH = 8


class Picture:
    """A picture, taken apart for a network.

    Args:
        picture: uint8 or uint16 `(height, width)` or `(height, width, channels)`.
        channels: int, the channels that the network takes.

    Attributes:
        colours: float32 `(height, width, channels)` in [-1, 1], what the network is given.

    Raises:
        ValueError: if this is no picture that the network takes.
    """

    def __init__(self, picture, channels):
        self._given = _require_picture(picture)
        values = self._given.reshape(*self._given.shape[:2], -1).astype(np.float32) / (self._white / 2) - 1.0
        count = values.shape[-1]
        has_alpha = count == channels + 1 or (channels == 3 and count == 2)
        self._alpha = values[..., -1:] if has_alpha else None
        colours = _continued(values[..., :-1], self._alpha > -1.0) if has_alpha else values
        self._is_grey = colours.shape[-1] == 1 < channels == 3
        self.colours = np.repeat(colours, 3, axis=-1) if self._is_grey else colours
        if self.colours.shape[-1] != channels:
            raise ValueError(
                f"The network takes pictures of {channels} channels, and one more for the alpha. "
                f"Received: picture.shape={self._given.shape}"
            )

    @property
    def _white(self):
        return np.float32(np.iinfo(self._given.dtype).max)

    def enlarged(self, colours, *, keeps_grey=True):
        """Return the picture with other, perhaps larger colours as it was given, with its alpha.

        Args:
            colours: float32 `(height, width, channels)` in [-1, 1].
            keeps_grey: whether a grey picture gets the luma of colours.
        """
        if keeps_grey and self._is_grey and colours.shape[-1] == 3:
            colours = (colours @ _LUMA)[..., np.newaxis]
        if self._alpha is not None and colours.shape[:2] == self._alpha.shape[:2]:
            colours = np.concatenate([colours, self._alpha], axis=-1)
        elif self._alpha is not None:
            alpha = tf.image.resize(self._alpha, colours.shape[:2], method="bicubic").numpy()
            colours = np.concatenate([colours, alpha], axis=-1)
        levels = _to_levels(colours, self._given.dtype)
        return levels[..., 0] if self._given.ndim == 2 and levels.shape[-1] == 1 else levels

    def with_alpha(self, alpha):
        """Return the picture as it was given, with another alpha, float32 `(height, width, 1)` in [0, 1].

        It has one channel more, unless it had an alpha.
        """
        given = self._given.reshape(*self._given.shape[:2], -1)
        levels = np.floor(alpha.astype(np.float64) * self._white + 0.5).astype(given.dtype)
        return np.concatenate([given if self._alpha is None else given[..., :-1], levels], axis=-1)


class PictureWithHoles:
    """A picture whose fully transparent pixels are to be filled.

    Args:
        picture: uint8 or uint16 `(height, width, channels)`, the last channel of which is the alpha.
        channels: int, the colours that the network takes.

    Raises:
        ValueError: if there is no hole, or the network takes other colours.
    """

    def __init__(self, picture, channels):
        pixels = _require_picture(picture)
        if pixels.ndim != 3 or pixels.shape[-1] not in (2, 4) or pixels[..., -1].all():
            raise ValueError(
                "`picture` must have an alpha, and it must be 0 where the picture is to be filled. "
                f"Received: picture of shape {pixels.shape}, without transparent pixels"
            )
        self._colours, self._alpha = pixels[..., :-1], pixels[..., -1:]
        if self._colours.shape[-1] == 1 < channels:
            self._colours = np.repeat(self._colours, channels, axis=-1)
        if self._colours.shape[-1] != channels:
            raise ValueError(
                f"The network takes pictures of {channels} channels, and one more for the alpha. "
                f"Received: picture.shape={pixels.shape}"
            )
        self._holes = self._alpha == 0

    def filled(self, inpaint):
        """Return the picture without holes: without alpha if nothing else is transparent.

        Args:
            inpaint: function of float32 images `(1, height, width, channels)` in [-1, 1] and masks that fills them.
        """
        half = np.float32(np.iinfo(self._colours.dtype).max / 2)
        images = self._colours.astype(np.float32) / half - 1.0
        made = inpaint(images[np.newaxis], self._holes[np.newaxis].astype(np.float32))[0]
        colours = np.where(self._holes, _to_levels(made, self._colours.dtype), self._colours)
        alpha = np.where(self._holes, np.iinfo(self._alpha.dtype).max, self._alpha).astype(self._alpha.dtype)
        is_opaque = (alpha == alpha.max()).all()
        return colours if is_opaque else np.concatenate([colours, alpha], axis=-1)


def _to_levels(images, dtype):
    """Floats in [-1, 1] as the nearest levels of an integer type."""
    white = np.float32(np.iinfo(dtype).max)
    return np.floor(np.clip((images.astype(np.float64) + 1.0) * (white / 2) + 0.5, 0, white)).astype(dtype)


def _require_picture(picture):
    found = picture if isinstance(picture, np.ndarray) else np.empty(())
    if found.dtype not in (np.uint8, np.uint16) or found.ndim not in (2, 3) or not found.size:
        given = f"{found.dtype} {found.shape}" if found is picture else type(picture).__name__
        raise ValueError(
            "`picture` must be one picture as files hold it, a NumPy array of uint8 or uint16 of shape (height, width) "
            f"or (height, width, channels); arrays of images are floats in [-1, 1]. Received: picture of {given}"
        )
    return found


def _continued(colours, known):
    """The colours, where they are not known replaced by the mean of their known neighbours, step by step.

    Args:
        colours: float32 `(height, width, channels)`.
        known: bool `(height, width, 1)`.
    """
    for _ in range(_REACH):
        if known.all():
            break
        total, count = _neighbours(colours * known), _neighbours(known.astype(np.float32))
        fresh = ~known & (count > 0)
        colours = np.where(fresh, total / np.maximum(count, 1.0), colours)
        known = known | fresh
    return colours


def _neighbours(values):
    """The sum over each pixel and its eight neighbours."""
    padded = np.pad(values, ((1, 1), (1, 1), (0, 0)))
    rows = padded[:-2] + padded[1:-1] + padded[2:]
    return rows[:, :-2] + rows[:, 1:-1] + rows[:, 2:]
