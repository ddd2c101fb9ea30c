"""The styles of a generator that maps its latents to styles first."""

import keras
import numpy as np
import tensorflow as tf

from keras_gan._arguments import require_int, require_number, require_seed
from keras_gan.latents._spaces import BATCH_SIZE, compiled, images_of, require_labels, sampler_of
from keras_gan.latents.interpolate import require_points
from keras_gan.training import Interface, Sampler

# A mapping network is small.
_MAPPED_AT_ONCE = 2500


class StyleSpace:
    """The styles of a generator that consists of two models, "mapping" and "synthesis".

    The mapping network turns latents into styles, one for each layer of the synthesis network, from the coarse layers
    to the fine ones. Styles are a better space for editing than latents: what they change is less entangled. Karras et
    al. 2019 (StyleGAN, arXiv 1812.04948), sections 2 and 3.1 and appendix B.

        truncation:  mean + psi (styles - mean),     mean = E[mapping(z)]
        mixing:      the coarse styles of one image, the fine ones of another

    Args:
        gan: a GAN whose generator contains two `keras.Model` with these names, such as those of `networks.stylegan2`.
            The averaged generator is used if there is one. Training that follows is seen.

    Attributes:
        num_styles: int.
        style_shape: tuple, shape of the styles of one image, `(num_styles, style_dim)`.
        mapper: `Sampler` from latents, and labels if the mapping network takes them, to styles.
        sampler: `Sampler` from styles to images.
        draw: function of the sampler's inputs that returns images.

    Raises:
        ValueError: if `gan` is no GAN, or its generator has no such models.

    Example:
        >>> import keras, keras_gan
        >>> z, w = keras.Input((4,), name="latents"), keras.Input((3, 8), name="styles")
        >>> mapping = keras.Model(z, keras.layers.Reshape((3, 8))(keras.layers.Dense(24)(z)), name="mapping")
        >>> drawn = keras.layers.Dense(16, "tanh")(keras.layers.Flatten()(w))
        >>> synthesis = keras.Model(w, keras.layers.Reshape((4, 4, 1))(drawn), name="synthesis")
        >>> latents = keras.Input((4,), name="latents")
        >>> generator = keras.Model(latents, synthesis(mapping(latents)))
        >>> _, discriminator = keras_gan.networks.mlp(image_shape=(4, 4, 1), width=4)
        >>> space = StyleSpace(keras_gan.NonSaturatingGAN(generator, discriminator))
        >>> styles = space.map([[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0]])
        >>> styles.shape, space.generate(space.truncate(styles, psi=0.7)).shape
        ((2, 3, 8), (2, 4, 4, 1))
        >>> mixed = space.mix(styles[:1], styles[1:], num_coarse=1)
        >>> bool((mixed[0, 0] == styles[0, 0]).all() and (mixed[0, 1:] == styles[1, 1:]).all())
        True
    """

    method = "linear"

    def __init__(self, gan):
        whole = sampler_of(gan)
        mapping, synthesis = (_nested(whole.network, name) for name in ("mapping", "synthesis"))
        maps = Interface(mapping, "mapping network", ("latents", "labels"), "styles")
        draws = Interface(synthesis, "synthesis network", ("styles",), "images")
        maps.require_fit(draws)
        self.mapper = Sampler(maps, num_classes=whole.num_classes)
        self.sampler = Sampler(draws, is_drawn=False)
        self.draw = compiled(self.sampler)
        self.style_shape = draws.shapes["styles"]
        self.num_styles = self.style_shape[0]

    def map(self, latents, labels=None):
        """Return the styles of latents, a float32 array `(num_images, num_styles, style_dim)`.

        Args:
            latents: float array `(num_images, *latent_shape)`.
            labels: for a conditional GAN: one class, or a class for each image.

        Raises:
            ValueError: if the latents have another shape, or a conditional GAN is given no labels.
        """
        require_labels(self.mapper, labels)
        return self.mapper.run(self.mapper.inputs_for(latents=latents, labels=labels), BATCH_SIZE)

    def generate(self, styles):
        """Return the images for styles, a float32 array `(num_images, height, width, channels)` in [-1, 1].

        Args:
            styles: float array `(num_images, num_styles, style_dim)`.

        Raises:
            ValueError: if the styles have another shape.
        """
        return images_of(self, styles, None)

    def mean(self, num_latents=10_000, *, seed=0):
        """Return the mean of the styles of random latents (and random classes), a float32 array of `style_shape`.

        Args:
            num_latents: int, how many.
            seed: int, for the latents.

        Raises:
            ValueError: if an argument is out of range.
        """
        inputs = self.mapper.draw(require_int("num_latents", num_latents), require_seed(seed))
        return self.mapper.run(inputs, _MAPPED_AT_ONCE).mean(axis=0, dtype=np.float64).astype(np.float32)

    def truncate(self, styles, psi):
        """Return styles that are nearer to their mean: better images of less variety.

        Args:
            styles: float array `(num_images, num_styles, style_dim)`.
            psi: float: 1 leaves the styles as they are, and 0 gives the mean for all. Beyond 1, images exaggerate what
                they differ in; below 0, they show its opposite.

        Raises:
            ValueError: if the styles have another shape, or `psi` is not a number.
        """
        styles, mean = self._styles("styles", styles), self.mean()
        return (mean + require_number("psi", psi) * (styles - mean)).astype(np.float32)

    def mix(self, coarse, fine, *, num_coarse):
        """Return styles of which the first come from some images and the others from other images.

        Args:
            coarse: float array `(num_images, num_styles, style_dim)`, for pose and shape.
            fine: float array of the same shape, for texture and colours.
            num_coarse: int, how many styles come from `coarse`, from 1 to `num_styles - 1`.

        Raises:
            ValueError: if the styles have other shapes, or `num_coarse` is out of range.
        """
        coarse, fine = self._styles("coarse", coarse), self._styles("fine", fine)
        if coarse.shape != fine.shape:
            raise ValueError(
                "Each mixed image needs two: give as many coarse styles as fine ones. "
                f"Received: coarse.shape={coarse.shape}, fine.shape={fine.shape}"
            )
        number = require_int("num_coarse", num_coarse, high=max(self.num_styles - 1, 1))
        return np.concatenate([coarse[:, :number], fine[:, number:]], axis=1)

    def sample(self, count, seed, labels=None):
        """Return the styles of `count` latents that a seed stands for.

        Args:
            count: int, how many.
            seed: int, the same as in `gan.generate(count, seed=seed)`.
            labels: as in `map`.
        """
        return self.map(self.mapper.draw(count, seed)["latents"], labels)

    def inputs(self, styles, labels=None):  # noqa: ARG002 - the labels are in the styles
        """The inputs of `sampler` for styles."""
        return {"styles": tf.constant(self._styles("styles", styles))}

    @property
    def first_layers(self):
        """The network that takes the styles, and the name of its input for them."""
        return self.sampler.network, "styles"

    def _styles(self, name, value):
        styles = require_points(name, value)
        if styles.shape[1:] != self.style_shape:
            raise ValueError(
                f"`{name}` must be styles, of shape {('num_images', *self.style_shape)}. Latents become styles by "
                f"`map`. Received: {name}.shape={styles.shape}"
            )
        return styles


def _nested(network, name):
    """The model of this name in a generator."""
    found = [layer for layer in network.layers if layer.name == name and isinstance(layer, keras.Model)]
    if not found:
        raise ValueError(
            f"This generator has no styles: it contains no model called '{name}'. Generators of `networks.stylegan2` "
            "have one. With other generators, work on the latents: truncate with `truncated_latents`, and leave mixing "
            f"out. Received: generator with the layers {', '.join(layer.name for layer in network.layers)[:200]}"
        )
    return found[0]
