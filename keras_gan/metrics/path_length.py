"""How smoothly images change along a path between latents."""

import keras
import numpy as np

from keras_gan._arguments import require_int, require_number, require_seed
from keras_gan._traversal import every_layer
from keras_gan.metrics.extractor import Extractor

_INTERPOLATIONS = ("lerp", "slerp")
_TRIMMED_PERCENT = 1.0
_SMALLEST_STEP = 1e-5


def perceptual_path_length(
    generator,
    embed,
    *,
    latent_dim,
    num_samples=10_000,
    epsilon=1e-4,
    interpolation="slerp",
    mapping=None,
    batch_size=64,
    seed=0,
):
    """Mean squared speed, in the eyes of a network, of images along paths between random latents.

    A path on which features vanish and come again, though they are in neither of its ends, is long: the latent space
    is entangled. For z0, z1 ~ N(0, I) and t ~ U(0, 1),

        E | f(G(p(t + epsilon))) - f(G(p(t))) |^2 / epsilon^2

    where f is `embed`, and the path p from z0 to z1 is a straight line, "lerp", or goes along a great circle, "slerp":
    (sin((1 - t) a) z0 + sin(t a) z1) / sin a, with a the angle between the ends. Normal latents of many dimensions
    lie near a sphere, so slerp stays where the generator was trained; lerp is for a learnt space, such as that behind
    a `mapping` network. The lowest and the highest percent of the samples are left out. Karras et al. 2019 (StyleGAN,
    arXiv 1812.04948), equations 2 and 3, with 100,000 samples, and LPIPS for the squared distance: an `embed` that
    returns its normalised activations, each times the root of its weight.

    The step is so small that images must not be rounded to 256 levels, and that networks which compute in float16 or
    bfloat16 do not see it. float32 resolves a step of 1e-4 to about one part in a thousand in each sample. Networks
    are run as in inference; one that draws noise of its own in each call cannot be measured.

    Args:
        generator: Keras model or other callable: float32 latents `(batch, latent_dim)` to images `(batch, ...)`.
        embed: Keras model or other callable: images to features `(batch, ...)`.
        latent_dim: int, the width of the latents; with `mapping`, of what it takes.
        num_samples: pairs of ends, one step on the path of each.
        epsilon: length of the step, at least 1e-5.
        interpolation: "slerp" or "lerp".
        mapping: None, or a Keras model or other callable that maps latents to the space `(batch, width)` in which the
            paths run and which the generator takes.
        batch_size: samples that pass through the networks at once, as twice as many images. It does not change the
            value but for rounding.
        seed: of the ends and of t.

    Returns:
        float of at least 0, of a scale that only the same `embed` has.

    Raises:
        ValueError: if `embed` is an `Extractor`, which rounds images; if a network computes in half precision or
            returns what is not finite or not a row for each sample; if another argument is out of its range.

    Example:
        >>> import numpy as np
        >>> stretch = np.array([[3.0, 0.0], [0.0, 4.0]])
        >>> length = perceptual_path_length(
        ...     lambda latents: latents @ stretch, lambda images: images, latent_dim=2, interpolation="lerp")
        >>> abs(length / (2 * (3**2 + 4**2)) - 1) < 0.1   # E |W (z1 - z0)|^2, less what is trimmed
        True
    """
    _require_full_precision(generator=generator, embed=embed, mapping=mapping)
    latent_dim = require_int("latent_dim", latent_dim)
    num_samples = require_int("num_samples", num_samples)
    epsilon = require_number("epsilon", epsilon, low=_SMALLEST_STEP, high=1.0)
    if interpolation not in _INTERPOLATIONS:
        raise ValueError(f'`interpolation` must be "slerp" or "lerp". Received: interpolation={interpolation!r}')
    batch_size = require_int("batch_size", batch_size)
    ends_rng, times_rng = (np.random.default_rng([require_seed(seed), number]) for number in range(2))

    distances = []
    for start in range(0, num_samples, batch_size):
        count = min(batch_size, num_samples - start)
        ends = ends_rng.standard_normal((count, 2, latent_dim))
        times = times_rng.random((count, 1))
        first, second = _map(mapping, ends)
        path = [_point(interpolation, first, second, moment) for moment in (times, times + epsilon)]
        features = _run("embed", embed, _run("generator", generator, np.concatenate(path).astype(np.float32)))
        distances.append(_squared_distances(features, count))
    return _trimmed_mean(np.concatenate(distances)) / epsilon**2


def _require_full_precision(**networks):
    for name, network in networks.items():
        if isinstance(network, Extractor):
            raise ValueError(
                "The step between two images is far smaller than the 256 levels to which an extractor rounds them. "
                "Give the network alone, as a function of floats in [-1, 1] that returns features. "
                f"Received: {name}={network!r}"
            )
        for layer in every_layer(network) if isinstance(network, keras.Layer) else ():
            if layer.compute_dtype in ("float16", "bfloat16"):
                raise ValueError(
                    "The step is lost in the rounding of half precision. Build the network with the dtype policy "
                    '"float32" and load its weights. '
                    f"Received: {name}={network.name!r}, whose layer {layer.name!r} computes in {layer.compute_dtype}"
                )


def _run(name, network, inputs):
    """Run a network as in inference, and see to it that its output is one finite row for each input."""
    outputs = network(inputs, training=False) if isinstance(network, keras.Layer) else network(inputs)
    shape = tuple(getattr(outputs, "shape", ()))
    if len(shape) < 2 or shape[0] != len(inputs):
        raise ValueError(
            f"`{name}` must return an array or a tensor with a row for each of the {len(inputs)} in its input. "
            f"Received: {type(outputs).__name__} of shape {shape}"
        )
    if not np.isfinite(outputs).all():
        raise ValueError(
            f"`{name}` must return finite numbers. Look for NaN in its weights. Received: NaN or infinity from {name}"
        )
    return outputs


def _map(mapping, ends):
    """Take both ends of each path to the space in which the paths run."""
    if mapping is not None:
        flat = _run("mapping", mapping, ends.reshape(-1, ends.shape[-1]).astype(np.float32))
        ends = np.asarray(flat, np.float64).reshape(*ends.shape[:2], -1)
    return ends[:, 0], ends[:, 1]


def _point(interpolation, first, second, moment):
    """The points of the paths at the given moments, float64 `(batch, width)`."""
    if interpolation == "lerp":
        return first + moment * (second - first)
    cosine = np.sum(first * second, axis=1) / (np.linalg.norm(first, axis=1) * np.linalg.norm(second, axis=1))
    angle = np.arccos(np.clip(cosine, -1.0, 1.0))[:, None]
    # Ends on one line through the origin have no great circle of their own, and the straight line is its limit.
    sine = np.sin(angle)
    is_line = sine < 1e-6
    sine = np.where(is_line, 1.0, sine)
    weights = [np.where(is_line, straight, np.sin(straight * angle) / sine) for straight in (1.0 - moment, moment)]
    return weights[0] * first + weights[1] * second


def _squared_distances(features, count):
    """Between row i and row count + i, float64 `(count,)`."""
    features = np.asarray(features, np.float64).reshape(2 * count, -1)
    return np.square(features[count:] - features[:count]).sum(axis=1)


def _trimmed_mean(values):
    low = np.percentile(values, _TRIMMED_PERCENT, method="lower")
    high = np.percentile(values, 100.0 - _TRIMMED_PERCENT, method="higher")
    return float(values[(values >= low) & (values <= high)].mean())
