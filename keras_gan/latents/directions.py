"""Directions that change images most, in closed form."""

import keras
import numpy as np
import tensorflow as tf

from keras_gan._arguments import require_int
from keras_gan._graph import Graph, input_named
from keras_gan._traversal import every_layer
from keras_gan.latents._spaces import space_of


def directions(source, count=5):
    """Directions in the latents or styles along which the first layer's output changes most.

    They often have a meaning: pose, thickness, colour. Nothing is trained and no image is drawn. If A is the matrix by
    which the first layer takes a latent z, a step of length s along n changes its output by s A n, so that the
    directions are

        the eigenvectors of A^T A with the largest eigenvalues

    Shen and Zhou 2020 (SeFa, arXiv 2007.06600), equations 5 to 8. If several layers take the points, as the layers of
    a synthesis network take the styles, A has the rows of all of them. The authors' code scales each row to length 1
    for such generators; here it stays as it is in the paper's equation. A direction of styles is the same for all
    styles of an image.

    Args:
        source: a GAN, for directions in its latents; or a `StyleSpace`.
        count: int, how many.

    Returns:
        float32 array `(count, *latent_shape)`, or `(count, style_dim)` for styles: orthogonal unit vectors, the most
        important first. Each has its largest number above 0. Use them as in
        `gan.generate(latents=latents + 3 * directions(gan)[0])`.

    Raises:
        ValueError: if there are fewer directions than `count`, or the first layer that takes the points is not Dense
            (or a layer with such layers inside).

    Example:
        >>> import keras, keras_gan, numpy as np
        >>> gan = keras_gan.LSGAN(*keras_gan.networks.mlp(image_shape=(8, 8, 1), latent_dim=2, width=2, depth=1))
        >>> gan.generator.get_layer("hidden_0").kernel.assign([[0.0, 1.0], [3.0, 0.0]])  # doctest: +SKIP
        >>> directions(gan, 2).shape
        (2, 2)
    """
    space = space_of(source)
    network, name = space.first_layers
    shape = space.sampler.inputs[space.sampler.main].shape[1:]
    is_style = name == "styles"
    basis = np.eye(shape[-1] if is_style else shape.num_elements(), dtype=np.float32)
    points = np.repeat(basis[:, None], shape[0], axis=1) if is_style else basis.reshape(-1, *shape)
    matrices = _first_matrices(network, name, points)
    if not matrices:
        raise ValueError(
            f"No dense layer takes the {name} of this generator first, so its directions have no closed form. "
            f"Received: {network.name!r}"
        )
    count = require_int("count", count, high=len(basis))
    matrix = np.concatenate(matrices, axis=1).astype(np.float64)
    _, vectors = np.linalg.eigh(matrix @ matrix.T)
    found = vectors.T[::-1][:count]
    found *= np.sign(np.take_along_axis(found, np.abs(found).argmax(axis=1)[:, None], axis=1))
    return found.astype(np.float32).reshape(count, *(shape[-1:] if is_style else shape))


def _first_matrices(network, name, points):
    """What the layers that first take some points make of them: matrices with a row for each point.

    Args:
        network: keras.Model.
        name: name of the input for the points.
        points: float32 array.
    """
    graph, matrices = Graph(network), []
    start, *others = graph.downstream_of(name)
    reached = {start: [points]}
    for layer_name in others:
        layer, taken = graph.layer(layer_name), graph.tensors[layer_name]
        seen = [reached[source][number] for source, number in taken if source in reached]
        if seen and not getattr(layer, "weights", None):
            reached[layer_name] = _made_of(points, network, name, layer.output)
        else:
            matrices += [matrix for each in seen for matrix in _matrices_of(layer, name, each)]
    return matrices


def _matrices_of(layer, name, seen):
    """What a layer's dense weights make of the points as they arrive there."""
    if isinstance(layer, keras.Model):
        return _first_matrices(layer, name, seen)
    kernels = [
        each.kernel for each in every_layer(layer) if len(getattr(getattr(each, "kernel", None), "shape", ())) == 2
    ]
    if seen.ndim > 2:
        # Each of the styles that the layer takes is the same.
        seen = seen[:, 0]
    fitting = [kernel for kernel in kernels if len(kernel.shape) == 2 and kernel.shape[0] == seen.shape[1]]
    return [seen @ np.asarray(kernel, np.float32) for kernel in fitting]


def _made_of(points, network, name, tensors):
    """What layers without weights make of the points until they arrive at tensors, without the part of the labels.

    Each point passes by itself, because a layer may mix the samples of a batch.
    """
    taken, model = input_named(network, name), keras.Model(network.inputs, keras.tree.flatten(tensors))

    def made_of(point):
        inputs = [
            point[None] if each is taken else tf.zeros((1, *each.shape[1:]), each.dtype) for each in network.inputs
        ]
        return [tf.cast(tensor[0], tf.float32) for tensor in keras.tree.flatten(model(inputs))]

    nothing = made_of(tf.zeros(points.shape[1:]))
    made = tf.map_fn(made_of, tf.constant(points), fn_output_signature=[tf.float32] * len(nothing))
    return [np.asarray(each - zero) for each, zero in zip(made, nothing, strict=True)]
