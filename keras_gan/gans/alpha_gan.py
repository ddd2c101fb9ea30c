"""AlphaGAN: matting, the alpha of a foreground from a picture and a trimap."""

import keras
import numpy as np
import tensorflow as tf

from keras_gan._arguments import require_number
from keras_gan._tensors import require_float_images
from keras_gan._trimaps import is_background, is_foreground, is_unknown, warn_of_halves
from keras_gan.gans._paired_translation import PairedTranslationModel
from keras_gan.gans._pictures import Picture
from keras_gan.gans._serialised import serialised
from keras_gan.gans._translation import require_loss
from keras_gan.losses import NonSaturating
from keras_gan.training import Critic, Interface

_EPSILON = 1e-6


@keras.saving.register_keras_serializable(package="keras_gan")
class AlphaGAN(PairedTranslationModel):
    """Finds how much of each pixel belongs to the foreground, where a trimap leaves it open.

    Hair, fur and glass let the background through. The mean of what is possible there is a grey veil, which the
    distance of alphas alone prefers; a discriminator sees it as soon as the foreground lies on another background. With
    pictures x and trimaps t, true alphas a, the generator G, the picture c(a) with another background, the logits D and
    the softplus s:

        generator:      E[s(-D(c(G(x, t)), t))]  +  w_alpha d(a, G(x, t))  +  w_composition d(c(a), c(G(x, t)))
        discriminator:  1/2 (E[s(-D(c(a), t))] + E[s(D(c(G(x, t)), t))])
        d(u, v) = mean over the unknown region of sqrt((u - v)^2 + 1e-6^2),    c(a) = a x + (1 - a) b

    of numbers in [0, 1]; d is the mean over the unknown region of each picture, and then over the pictures. Lutz et
    al. 2018 (arXiv 1807.10088), section 3.2, with the losses of Deep Image Matting (Xu et al. 2017, arXiv 1703.03872),
    equations 1 and 2. What the trimap knows, the model does not ask the network: alphas are exactly 0 and 1 there.

    Sources have the channels of the picture, and after them the trimap: 1 for foreground, -1 for background, 0 where
    nothing is known. `data.load_mattes` makes such batches of files, cut-outs on photographs or pictures with their
    alphas, and draws the trimaps:

        model.fit(keras_gan.data.load_mattes("cut_outs/", backgrounds="photographs/", image_size=64), epochs=100)
        model.matte(pictures, trimaps)

    Differences from the paper: pairs do not have the true colours of the foreground, so those of the picture stand for
    them, and b is the picture turned by 180 degrees. The generator may be any network, such as `networks.unet`; the
    paper's is a ResNet-50 with dilated convolutions. It minimises the non-saturating loss.

    Args:
        generator: keras.Model, G, from the channels of the picture and the trimap to one channel in [-1, 1], such as
            `networks.unet(image_shape=(320, 320, 4), target_channels=1)`.
        discriminator: keras.Model, D, "images" with the channels of the picture, and perhaps "source", the trimap, to
            logits or a patch map, such as `networks.patch_discriminator(image_shape=(320, 320, 3), source_channels=1)`.
        alpha_weight: w_alpha, at least 0.
        composition_weight: w_composition, at least 0.
        adversarial_loss: `keras_gan.losses.AdversarialLoss`; None for `NonSaturating()`. The discriminator's is halved.
        ema_half_life, seed, name: as for `TwoPlayerGAN`.

    Raises:
        ValueError: if the networks do not fit each other, or an argument is out of range.

    Example:
        >>> import keras_gan, numpy as np
        >>> generator = keras_gan.networks.unet(image_shape=(8, 8, 4), target_channels=1, width=2, depth=2)
        >>> judge = {"source_channels": 1, "width": 2, "layers": 1}
        >>> discriminator = keras_gan.networks.patch_discriminator(image_shape=(8, 8, 3), **judge)
        >>> model = keras_gan.AlphaGAN(generator, discriminator, seed=0)
        >>> model.compile(run_eagerly=True)  # Faster for so few steps.
        >>> pictures, trimaps = np.full((2, 8, 8, 3), 0.2, "float32"), np.zeros((2, 8, 8, 1), "float32")
        >>> trimaps[:, :4], trimaps[:, 6:] = 1.0, -1.0
        >>> source = np.concatenate([pictures, trimaps], axis=-1)
        >>> history = model.fit({"source": source, "target": trimaps}, batch_size=2, verbose=0)
        >>> np.unique(model.matte(pictures, trimaps)[:, :4]).tolist()
        [1.0]
    """

    likeness_weight = "alpha_weight"
    terms = ("g_loss", "alpha_loss", "composition_loss", "d_loss")

    def __init__(
        self,
        generator,
        discriminator,
        *,
        alpha_weight=1.0,
        composition_weight=1.0,
        adversarial_loss=None,
        ema_half_life=None,
        seed=None,
        name=None,
    ):
        generator = _keeping_what_is_known(generator)
        discriminator = _seeing_compositions(discriminator, generator)
        critic = Critic(discriminator, role="discriminator", conditions=("source",))
        super().__init__(generator, critic, ema_half_life=ema_half_life, seed=seed, name=name)
        self.alpha_weight = require_number("alpha_weight", alpha_weight, low=0.0)
        self.composition_weight = require_number("composition_weight", composition_weight, low=0.0)
        self.adversarial_loss = NonSaturating() if adversarial_loss is None else require_loss(adversarial_loss)

    def generator_terms(self, batch, fake):
        """What G minimises."""
        source, alphas, made = batch["source"], batch["target"], fake["images"]
        compositions = recomposed(alphas, source[..., :-1]), recomposed(made, source[..., :-1])
        terms = {
            "g_loss": self.fooling(batch, fake),
            "alpha_loss": self.alpha_weight * distance(alphas, made, source[..., -1:]),
            "composition_loss": self.composition_weight * distance(*compositions, source[..., -1:]),
        }
        return {"generator": terms}

    def blocks_of(self, batch):
        """What a picture of training shows: a picture, its trimap, the alpha that is found, and the true one if given.

        As four channels, the trimap would be the alpha of the picture, and hide what matting looks at.
        """
        source, *targets = (np.asarray(batch[name], np.float32) for name in self.data_spec if name in batch)

        def alphas(pictures, trimaps):
            return self.translate(np.concatenate([pictures, trimaps], axis=-1))

        return [[source[..., :-1], source[..., -1:], alphas, *targets]]

    def matte(self, images, trimaps, **options):
        """Find the alphas of pictures.

        Args:
            images: float32 `(num_images, height, width, channels)` in [-1, 1], of any size that `translate` takes.
            trimaps: float32 `(num_images, height, width, 1)`: 1 for foreground, -1 for background, 0 where it is open.
            **options: averaged, batch_size, tile and overlap, as in `translate`.

        Returns:
            float32 NumPy array `(num_images, height, width, 1)` in [0, 1]: exactly 1 and 0 where the trimap is sure.

        Raises:
            ValueError: if these are no pictures and trimaps of the same sizes, or an argument is out of range.
        """
        images, trimaps = (
            np.asarray(require_float_images(name, value)) for name, value in (("images", images), ("trimaps", trimaps))
        )
        if images.ndim != 4 or trimaps.shape != (*images.shape[:3], 1):
            raise ValueError(
                "Each picture (num_images, height, width, channels) needs its trimap (num_images, height, width, 1). "
                f"Received: images.shape={images.shape}, trimaps.shape={trimaps.shape}"
            )
        # Next to the picture, nobody would see the range of the trimap.
        warn_of_halves("trimaps", trimaps, stacklevel=2)
        made = self.translate(np.concatenate([images, trimaps], axis=-1), **options)
        return np.clip(0.5 * (made + 1.0), 0.0, 1.0)

    def matte_picture(self, picture, trimap, **options):
        """Find the alpha of one picture as files hold it, of 8 or 16 bits.

        The colours stay as they are: half transparent ones still hold some of the old background.

        Args:
            picture: uint8 or uint16 `(height, width)` or `(height, width, channels)`, the channels those that the
                network takes next to the trimap, or grey. An alpha that it has is left out.
            trimap: uint8 or uint16 `(height, width)` or `(height, width, 1)`: white for foreground, black for
                background, grey where it is open.
            **options: as in `matte`.

        Returns:
            NumPy array of the picture's type, `(height, width, channels + 1)`, the last channel the alpha.

        Raises:
            ValueError: if these are no such picture and trimap.
        """
        given = Picture(picture, self.sampler().inputs["images"].shape[-1] - 1)
        known = Picture(trimap, 1)
        alphas = self.matte(given.colours[np.newaxis], known.colours[np.newaxis], **options)
        return given.with_alpha(alphas[0])

    def get_config(self):
        """Return the constructor's arguments."""
        return {
            **super().get_config(),
            "alpha_weight": self.alpha_weight,
            "composition_weight": self.composition_weight,
            "adversarial_loss": serialised(self.adversarial_loss),
        }


def distance(first, second, trimaps):
    """The mean over the unknown region of each picture of sqrt((u - v)^2 + 1e-6^2) in [0, 1]; a float32 scalar.

    A picture whose trimap knows everything counts as 0.
    """
    first, second = (tf.cast(each, tf.float32) for each in (first, second))
    distances = tf.sqrt(tf.square(0.5 * (first - second)) + _EPSILON**2)
    unknown = tf.cast(is_unknown(trimaps), tf.float32)
    sums = [tf.reduce_sum(each, axis=(1, 2, 3)) for each in (distances * unknown, unknown)]
    return tf.reduce_mean(sums[0] / (tf.maximum(sums[1], 1.0) * first.shape[-1]))


def recomposed(alphas, pictures):
    """What an alpha in [-1, 1] takes of a picture, on the picture turned by 180 degrees, in the picture's range."""
    opacity = 0.5 * (alphas + 1.0)
    return opacity * pictures + (1.0 - opacity) * tf.reverse(pictures, axis=(1, 2))


@keras.saving.register_keras_serializable(package="keras_gan")
class KnownAlphas(keras.layers.Layer):
    """Alphas, with 1 and -1 where the trimap at the end of the source is sure; called with (alphas, source)."""

    # `keras_gan.export` asks: a file of four channels would be taken for colours with alpha.
    takes_trimaps = True

    def __init__(self, **kwargs):
        super().__init__(**{"dtype": "float32", **kwargs})

    def call(self, inputs):
        """Return the alphas."""
        alphas, source = inputs
        trimaps = source[..., -1:]
        known = tf.where(is_foreground(trimaps), tf.ones_like(alphas), -tf.ones_like(alphas))
        return tf.where(is_foreground(trimaps) | is_background(trimaps), known, alphas)

    def compute_output_shape(self, input_shape):
        """Return the shape of the alphas."""
        return input_shape[0]


@keras.saving.register_keras_serializable(package="keras_gan")
class Recomposition(keras.layers.Layer):
    """Pictures with another background; called with (alphas, source)."""

    def __init__(self, **kwargs):
        super().__init__(**{"dtype": "float32", **kwargs})

    def call(self, inputs):
        """Return the pictures."""
        alphas, source = inputs
        return recomposed(alphas, source[..., :-1])

    def compute_output_shape(self, input_shape):
        """Return the shape of the pictures."""
        return (*input_shape[1][:-1], input_shape[1][-1] - 1)


def _keeping_what_is_known(generator):
    """The generator, with the alphas that the trimap knows in place of its own."""
    maps = Interface(generator, "generator", ("images",), "images")
    taken, made = maps.shapes["images"], maps.outputs["images"]
    if len(taken) != 3 or len(made) != 3 or made[-1] != 1 or taken[-1] < 2:
        raise ValueError(
            "The generator must take pictures with a trimap as their last channel, and make alphas of one channel: "
            "`networks.unet(image_shape=(height, width, 4), target_channels=1)` does. "
            f"Received: a generator from {taken} to {made}"
        )
    if isinstance(generator.layers[-1], KnownAlphas):
        return generator
    source = keras.Input(taken, name="images")
    return keras.Model(source, KnownAlphas(name="alphas")([generator(source), source]), name=generator.name)


def _seeing_compositions(discriminator, generator):
    """A discriminator of pictures (and trimaps) as one of alphas and sources."""
    shapes = Interface(discriminator, "discriminator", ("images", "source"), "logits").shapes
    if shapes["images"][-1] == 1 and shapes.get("source", (0,))[-1] == generator.input_shape[-1]:
        return discriminator
    _require_pictures(shapes, generator.input_shape[-1] - 1)
    sides, channels = shapes["images"][:2], {"images": 1, "source": generator.input_shape[-1]}
    alphas, source = (keras.Input((*sides, count), name=name) for name, count in channels.items())
    pictures = Recomposition(name="recomposed")([alphas, source])
    if "source" not in shapes:
        outputs = discriminator(pictures)
    else:
        outputs = discriminator({"images": pictures, "source": source[..., -1:]})
    return keras.Model({"images": alphas, "source": source}, outputs, name=discriminator.name)


def _require_pictures(shapes, channels):
    """Raise a ValueError unless a discriminator takes pictures, and trimaps or nothing next to them."""
    if shapes["images"][-1] != channels or shapes.get("source", (1,))[-1] != 1:
        raise ValueError(
            f'The discriminator must take "images" of {channels} channels, the pictures on another background, and '
            f'perhaps "source" of one channel, the trimap: `networks.patch_discriminator(image_shape=(height, width, '
            f"{channels}), source_channels=1)` does. Received: a discriminator of {shapes}"
        )
