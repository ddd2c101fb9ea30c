"""A film of images along paths between latents."""

import numpy as np
from PIL import Image

from keras_gan import _gif
from keras_gan._arguments import require_int, require_seed
from keras_gan._files import replacement, writable_file
from keras_gan.callbacks import image_grid
from keras_gan.latents._spaces import classes_for, images_of, space_of
from keras_gan.latents.walk import walk

_SECONDS = 0.1


def write_walk(filepath, source, *, num_images=9, num_latents=5, steps=12, labels=None, seed=0):
    """Write a GIF of images that change along closed paths through random points.

    Args:
        filepath: str or path that ends in `.gif`. A file of this name is replaced.
        source: a GAN, for spherical paths between latents; or a `StyleSpace`, for straight ones between styles.
        num_images: int, how many paths, each a cell of the picture.
        num_latents: int, how many points each path passes before it returns to the first one, at least 2.
        steps: int, frames from one point to the next.
        labels: for a conditional GAN: one class, or a class for each path.
        seed: int, for the points.

    Returns:
        `pathlib.Path` of the file, with `num_latents * steps` frames.

    Raises:
        ValueError: if the name does not end in `.gif`, the file cannot be written, a conditional GAN is given no
            labels, or another argument is out of range.

    Example:
        >>> import pathlib, tempfile, keras_gan
        >>> gan = keras_gan.LSGAN(*keras_gan.networks.mlp(image_shape=(8, 8, 1), latent_dim=4, width=4, depth=1))
        >>> path = write_walk(pathlib.Path(tempfile.mkdtemp()) / "walk.gif", gan, num_images=1, num_latents=2, steps=2)
        >>> path.name
        'walk.gif'
    """
    space, num_images = space_of(source), require_int("num_images", num_images)
    num_latents, seed = require_int("num_latents", num_latents, low=2), require_seed(seed)
    file = writable_file(filepath, "filepath")
    if file.suffix != ".gif":
        raise ValueError(f"The name of a film must end in `.gif`. Received: filepath={filepath!r}")
    classes = classes_for(space, labels, num_images)
    points = np.stack([space.sample(num_images, seed + number, classes) for number in range(num_latents)], axis=1)
    closed, steps = np.concatenate([points, points[:, :1]], axis=1), require_int("steps", steps)
    # The last frame is the one before the first.
    frames = np.stack([walk(path, steps, method=space.method)[:-1] for path in closed], axis=1)
    grids = [image_grid(images_of(space, frame, classes)) for frame in frames]
    height, width = grids[0].shape[:2]
    pictures = (Image.fromarray(grid.squeeze(-1) if grid.shape[-1] == 1 else grid) for grid in grids)
    with replacement(file) as temporary, temporary.open("wb") as written:
        _gif.write_gif(written, pictures, [(width, height)] * len(grids), _SECONDS)
    return file
