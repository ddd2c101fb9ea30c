"""What the latent tools show, each as one picture."""

import numpy as np

from keras_gan._arguments import require_int, require_number, require_seed
from keras_gan.callbacks import image_grid
from keras_gan.latents._spaces import classes_for, images_of, space_of
from keras_gan.latents.interpolate import interpolate, require_points
from keras_gan.latents.project import Projection
from keras_gan.latents.style_space import StyleSpace
from keras_gan.latents.truncated_latents import truncated_latents

_PSIS = (0.0, 0.3, 0.5, 0.7, 1.0)
_THRESHOLDS = (0.5, 1.0, 1.5, 2.0, 4.0)


def interpolation_grid(source, *, ends=None, num_paths=6, steps=8, labels=None, seed=0):
    """Draw paths between random or given points, one in each row.

    Args:
        source: a GAN, for spherical paths between latents; or a `StyleSpace`, for straight ones between styles.
        ends: pair of float arrays `(num_paths, ...)`, where the paths begin and end, such as the codes of real images,
            `(model.encode(some), model.encode(others))`; None for random points.
        num_paths: int, how many, if `ends` are not given.
        steps: int, images of a path, at least 2.
        labels: for a conditional GAN: one class, or a class for each path.
        seed: int, for random ends.

    Returns:
        uint8 array `(height, width, channels)`, as `callbacks.image_grid` returns it.

    Raises:
        ValueError: if a conditional GAN is given no labels, or another argument is out of range.

    Example:
        >>> import keras_gan
        >>> gan = keras_gan.LSGAN(*keras_gan.networks.mlp(image_shape=(32, 32, 1), latent_dim=4, width=4, depth=1))
        >>> interpolation_grid(gan, num_paths=1, steps=3).shape
        (68, 200, 1)
    """
    space, num_paths = space_of(source), require_int("num_paths", num_paths)
    steps, seed = require_int("steps", steps, low=2), require_seed(seed)
    ends = None if ends is None else [_given_points("ends", space, each) for each in _require_pair(ends)]
    classes = classes_for(space, labels, num_paths if ends is None else len(ends[0]))
    if ends is None:
        ends = [space.sample(num_paths, seed + number, classes) for number in range(2)]
    return _rows(space, interpolate(*ends, steps, method=space.method), classes)


def truncation_grid(source, strengths=None, *, num_images=8, labels=None, seed=0):
    """Draw the same random points with less and less truncation, one strength in each row.

    Args:
        source: a `StyleSpace`, which `truncate` moves towards its mean; or a GAN, for `truncated_latents`.
        strengths: list of floats: psi for styles, None for 0, 0.3, 0.5, 0.7 and 1; the threshold for latents, None for
            0.5, 1, 1.5, 2 and 4.
        num_images: int, how many points.
        labels: for a conditional GAN: one class, or a class for each point.
        seed: int, for the points.

    Returns:
        uint8 array `(height, width, channels)`, as `callbacks.image_grid` returns it.

    Raises:
        ValueError: if a conditional GAN is given no labels, or another argument is out of range.

    Example:
        >>> import keras_gan
        >>> gan = keras_gan.LSGAN(*keras_gan.networks.mlp(image_shape=(32, 32, 1), latent_dim=4, width=4, depth=1))
        >>> truncation_grid(gan, [0.5, 2.0], num_images=3).shape
        (134, 200, 1)
    """
    space, num_images = space_of(source), require_int("num_images", num_images)
    is_style, seed = isinstance(space, StyleSpace), require_seed(seed)
    strengths = (
        ([0.0, 0.3, 0.5, 0.7, 1.0] if is_style else [0.1, 0.5, 1.0, 2.0, 4.0]) if strengths is None else strengths
    )
    strengths = _numbers("strengths", strengths)
    classes = classes_for(space, labels, num_images)
    if is_style:
        styles = space.sample(num_images, seed, classes)
        points = [space.truncate(styles, psi) for psi in strengths]
    else:
        shape = space.sampler.inputs[space.sampler.main].shape[1:]
        points = [truncated_latents(num_images, tuple(shape), threshold=each, seed=seed) for each in strengths]
    # A row for each strength, and a class for each column.
    columns = np.swapaxes(np.stack(points), 0, 1)
    return _rows(space, columns, classes, by_columns=True)


def mixing_grid(space, *, num_coarse, num_images=6, labels=None, seed=0):
    """Draw images that mix styles: each row has the coarse styles of its first image, each column the fine ones of its.

    Args:
        space: a `StyleSpace`.
        num_coarse: int, how many of the styles come from the first column.
        num_images: int, rows and columns.
        labels: for a conditional GAN: one class.
        seed: int, for the images.

    Returns:
        uint8 array `(height, width, channels)`, as `callbacks.image_grid` returns it.

    Raises:
        ValueError: if `space` is a GAN or its generator has no styles, a conditional GAN is given no labels, or another
            argument is out of range.

    Example:
        >>> import keras, keras_gan
        >>> z, w = keras.Input((4,), name="latents"), keras.Input((2, 8), name="styles")
        >>> mapping = keras.Model(z, keras.layers.Reshape((2, 8))(keras.layers.Dense(16)(z)), name="mapping")
        >>> drawn = keras.layers.Reshape((4, 4, 1))(keras.layers.Activation("tanh")(w))
        >>> synthesis = keras.Model(w, drawn, name="synthesis")
        >>> latents = keras.Input((4,), name="latents")
        >>> generator = keras.Model(latents, synthesis(mapping(latents)))
        >>> _, discriminator = keras_gan.networks.mlp(image_shape=(4, 4, 1), width=4)
        >>> gan = keras_gan.NonSaturatingGAN(generator, discriminator)
        >>> mixing_grid(keras_gan.latents.StyleSpace(gan), num_coarse=1, num_images=2).shape
        (200, 200, 1)
    """
    if not isinstance(space, StyleSpace):
        raise ValueError(f"Only styles can be mixed: give `StyleSpace(gan)`. Received: space={space!r:.80}")
    count, seed = require_int("num_images", num_images), require_seed(seed)
    coarse, fine = (space.sample(count, seed + number, labels) for number in range(2))
    pairs = np.repeat(coarse, count, axis=0), np.tile(fine, (count, 1, 1))
    mixed = space.generate(space.mix(*pairs, num_coarse=num_coarse))
    mixed = mixed.reshape(count, count, *mixed.shape[1:])
    rows = np.concatenate([space.generate(coarse)[:, None], mixed], axis=1)
    # White, as everything outside of the images.
    first = np.concatenate([np.ones_like(rows[:1, 0]), space.generate(fine)])
    return image_grid(np.concatenate([first, *rows]), columns=count + 1)


def projection_grid(images, projection):
    """Draw images above what the generator draws from their projections.

    Args:
        images: float array `(num_images, height, width, channels)` in [-1, 1], what was projected.
        projection: `Projection`, what `project` found.

    Returns:
        uint8 array `(height, width, channels)`, as `callbacks.image_grid` returns it.

    Raises:
        ValueError: if `projection` is none, or one of other images.

    Example:
        >>> import keras_gan
        >>> gan = keras_gan.LSGAN(*keras_gan.networks.mlp(image_shape=(32, 32, 1), latent_dim=4, width=4, depth=1))
        >>> images = gan.generate(3, seed=0)
        >>> projection_grid(images, keras_gan.latents.project(gan, images, steps=1, verbose=0)).shape
        (134, 200, 1)
    """
    if not isinstance(projection, Projection):
        raise ValueError(f"`projection` must be what `project` returns. Received: projection={projection!r:.80}")
    images = np.asarray(require_points("images", images))
    if images.shape != projection.images.shape:
        raise ValueError(
            "These are not the images that were projected. "
            f"Received: images.shape={images.shape}, projection.images.shape={projection.images.shape}"
        )
    return image_grid(np.concatenate([images, projection.images]), columns=len(images))


def direction_grid(source, directions, *, points=None, strength=5.0, steps=7, labels=None, seed=0):
    """Draw a point moved along directions, one direction in each row, with the point itself in the middle.

    Args:
        source: the GAN or the `StyleSpace` that the directions belong to.
        directions: float array, what `keras_gan.latents.directions` or `attribute_vectors` returns.
        points: float array, what is moved, such as the codes of real images: one point for all rows, or one for each;
            of a single direction, each point has a row. None for one random point.
        strength: float, how far the point is moved to both sides, as a multiple of the directions' length.
        steps: int, images in a row, at least 2; an odd number for one with the point itself.
        labels: for a conditional GAN: one class.
        seed: int, for a random point.

    Returns:
        uint8 array `(height, width, channels)`, as `callbacks.image_grid` returns it.

    Raises:
        ValueError: if the directions or points have another shape, or there are neither as many of both nor one of
            either; if a conditional GAN is given no labels, or another argument is out of range.

    Example:
        >>> import keras_gan
        >>> gan = keras_gan.LSGAN(*keras_gan.networks.mlp(image_shape=(32, 32, 1), latent_dim=4, width=4, depth=1))
        >>> direction_grid(gan, keras_gan.latents.directions(gan, 2), steps=3).shape
        (134, 200, 1)
    """
    space, directions = space_of(source), require_points("directions", directions)
    strength = require_number("strength", strength, low=0.0, open_low=True)
    moves = np.linspace(-strength, strength, require_int("steps", steps, low=2), dtype=np.float32)
    seed, points = require_seed(seed), None if points is None else _given_points("points", space, points)
    count = max(len(directions), 1 if points is None else len(points))
    classes = classes_for(space, labels, count)
    if points is None:
        points = space.sample(1, seed, None if classes is None else int(classes[0]))
    if directions.shape[1:] not in (points.shape[1:], points.shape[2:]):
        raise ValueError(
            f"`directions` must be those of this source, each of the shape of a point {points.shape[1:]}, or of one "
            f"style. Received: directions.shape={directions.shape}"
        )
    if {len(points), len(directions)} - {1, count}:
        raise ValueError(
            "Give as many points as directions, or one of either for all rows. "
            f"Received: {len(points)} points, {len(directions)} directions"
        )
    # One direction is for all styles of an image.
    directions = directions.reshape(len(directions), *(1,) * (points.ndim - directions.ndim), *directions.shape[1:])
    rows = points[:, None] + moves.reshape(-1, *(1,) * (points.ndim - 1)) * directions[:, None]
    return _rows(space, rows, classes)


def _given_points(name, space, points):
    """Points that a user gives, of the shape of the source's own; or a ValueError."""
    points, shape = require_points(name, points), tuple(space.sampler.inputs[space.sampler.main].shape[1:])
    if points.shape[1:] != shape:
        raise ValueError(
            f"`{name}` must be points of this source, each of the shape {shape}. Received: {name} of shape "
            f"{points.shape}"
        )
    return points


def _require_pair(ends):
    if not isinstance(ends, list | tuple) or len(ends) != 2:
        raise ValueError(f"`ends` must be two arrays, where paths begin and end. Received: ends={ends!r:.80}")
    return ends


def _rows(space, points, classes, *, by_columns=False):
    """Draw points `(rows, columns, ...)` with a class for each row; turned round where rows are to be columns."""
    rows, columns = points.shape[:2]
    labels = None if classes is None else np.repeat(classes, columns)
    images = images_of(space, points.reshape(rows * columns, *points.shape[2:]), labels)
    if by_columns:
        images = images.reshape(rows, columns, *images.shape[1:]).swapaxes(0, 1).reshape(images.shape)
        columns = rows
    return image_grid(images, columns=columns)


def _numbers(name, values):
    if not isinstance(values, list | tuple) or not values:
        raise ValueError(f"`{name}` must be a list of numbers. Received: {name}={values!r}")
    return [require_number(name, value) for value in values]
