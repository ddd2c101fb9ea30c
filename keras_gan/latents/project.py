"""The latents whose images are nearest to given images."""

import typing

import keras
import numpy as np
import tensorflow as tf

from keras_gan._arguments import require_function, require_int, require_number, require_seed
from keras_gan._pixels import require_images
from keras_gan._tensors import require_float_images
from keras_gan.latents._spaces import classes_for, drawn, images_of, space_of

# For each image, the search begins at the nearest of so many points.
_CANDIDATES = 256
_REPORTS = 20


class Projection(typing.NamedTuple):
    """What `project` finds.

    Attributes:
        points: float32 `(num_images, ...)`, latents or styles.
        images: float32 `(num_images, height, width, channels)` in [-1, 1], what the generator draws from them.
        distances: float32 `(num_images,)`, the mean squared distance of each from its image.
    """

    points: np.ndarray
    images: np.ndarray
    distances: np.ndarray


def project(source, images, *, labels=None, features=None, steps=300, learning_rate=0.1, seed=0, verbose=1):
    """Find the latents or styles whose images are nearest to real images, by gradient descent.

    It shows what a generator can draw and what it cannot, and makes real images editable. For each image x, with G the
    generator and f the features, the descent minimises

        mean (f(G(p)) - f(x))^2

    over its own point p, from the nearest of 256 random points. Adam steps all points at once with a rate that falls to
    0 along a cosine, and the generator does not change. Karras et al. 2020 (StyleGAN2, arXiv 1912.04958), appendix D,
    project into styles in this way, with LPIPS as features. They also search for the generator's noise; here it stays
    as it is, and so the point has to explain the image alone.

    Args:
        source: a GAN, to search its latents; or a `StyleSpace`, to search the styles, one for each layer. Styles come
            nearer to the images, also to images that the generator was not trained for.
        images: float array `(num_images, height, width, channels)` in [-1, 1]. All are projected at the same time, so
            memory limits their number.
        labels: for a conditional GAN: one class, or a class for each image.
        features: function of float32 images that returns a tensor, or a list of tensors, that TensorFlow can
            differentiate, such as a part of a trained `keras.Model`; the means of several are added. None for pixels.
        steps: int, how many steps.
        learning_rate: float, the rate in the first step.
        seed: int, for the random points.
        verbose: 1 for a line that shows the progress and the mean distance, 0 for nothing.

    Returns:
        `Projection`.

    Raises:
        ValueError: if the images have another shape than the generator's or are not in [-1, 1], a conditional GAN is
            given no labels, or another argument is out of range.

    Example:
        >>> import keras_gan
        >>> gan = keras_gan.LSGAN(*keras_gan.networks.mlp(image_shape=(8, 8, 1), latent_dim=4, width=4, depth=1))
        >>> found = project(gan, gan.generate(2, seed=5), steps=20, verbose=0)
        >>> found.points.shape, found.images.shape, found.distances.shape
        ((2, 4), (2, 8, 8, 1), (2,))
    """
    space, images = space_of(source), require_images("images", np.asarray(require_float_images("images", images)))
    _require_shape(images, space.sampler.output_shape)
    steps, rate = require_int("steps", steps), require_number("learning_rate", learning_rate, low=0.0, open_low=True)
    embed = _embedding(features)
    goal = embed(tf.constant(images))
    classes = classes_for(space, labels, len(images))
    points = _nearest(space, goal, classes, embed, require_seed(seed))
    inputs, main = space.inputs(points, classes), space.sampler.main

    def distances(points):
        return tf.reduce_sum(tf.square(embed(drawn(space.sampler, {**inputs, main: points})) - goal), axis=1)

    points = _descend(distances, inputs[main], steps, rate, require_int("verbose", verbose, low=0))
    found = drawn(space.sampler, {**inputs, main: points})
    return Projection(np.asarray(points), np.asarray(found), np.asarray(distances(points)))


def _require_shape(images, shape):
    if images.shape[1:] != shape:
        raise ValueError(
            f"The generator draws images of shape {shape}, so only such images can be projected. Load them with "
            f"`keras_gan.data.load(..., image_size={shape[:2]})`. Received: images.shape={images.shape}"
        )


def _embedding(features):
    """A function of images that returns rows whose squared distance is the mean squared distance of the features."""
    if features is not None:
        require_function("features", features)

    def embed(images):
        found = keras.tree.flatten(images if features is None else features(images))
        rows = [tf.reshape(tf.cast(each, tf.float32), (tf.shape(images)[0], -1)) for each in found]
        return tf.concat([row / tf.sqrt(tf.cast(tf.shape(row)[1], tf.float32)) for row in rows], axis=1)

    return embed


def _nearest(space, goal, classes, embed, seed):
    """For each image, the random point of its class whose image is nearest."""
    points = {}
    for label in [None] if classes is None else np.unique(classes):
        rows = np.arange(len(goal)) if label is None else np.flatnonzero(classes == label)
        candidates = space.sample(_CANDIDATES, seed, label)
        embedded = embed(tf.constant(images_of(space, candidates, label)))
        products = tf.matmul(tf.gather(goal, rows), embedded, transpose_b=True)
        nearest = np.argmin(tf.reduce_sum(tf.square(embedded), axis=1) - 2.0 * products, axis=1)
        points |= dict(zip(rows, candidates[nearest], strict=True))
    return np.stack([points[row] for row in range(len(goal))])


def _descend(distances, points, steps, rate, verbose):
    """Adam (Kingma and Ba 2014, algorithm 1) on each row's own distance, with a rate that falls to 0."""

    def step(number, points, mean, square):
        with tf.GradientTape() as tape:
            tape.watch(points)
            total = tf.reduce_sum(distances(points))
        gradient = tape.gradient(total, points)
        mean = 0.9 * mean + 0.1 * gradient
        square = 0.999 * square + 0.001 * tf.square(gradient)
        time = tf.cast(number, tf.float32)
        now = rate * 0.5 * (1.0 + tf.cos(np.pi * time / steps))
        unbiased = mean / (1.0 - tf.pow(0.9, time + 1.0)), square / (1.0 - tf.pow(0.999, time + 1.0))
        return number + 1, points - now * unbiased[0] / (tf.sqrt(unbiased[1]) + 1e-8), mean, square

    @tf.function(autograph=False)
    def run(number, end, *state):
        return tf.while_loop(lambda number, *_: number < end, step, (number, *state))[1:]

    bar = keras.utils.Progbar(steps, stateful_metrics=["distance"]) if verbose else None
    state = points, tf.zeros_like(points), tf.zeros_like(points)
    chunk = -(-steps // _REPORTS)
    for begin in range(0, steps, chunk):
        end = min(begin + chunk, steps)
        state = run(tf.constant(begin), tf.constant(end), *state)
        if bar:
            bar.update(end, [("distance", float(tf.reduce_mean(distances(state[0]))))])
    return state[0]
