"""The context encoder: what is missing in a picture, from what is around it."""

import keras
import numpy as np
import tensorflow as tf

from keras_gan._arguments import require_number
from keras_gan.gans._inpainting import GIVEN, InpaintingModel
from keras_gan.gans._inpainting_sampler import MASKS
from keras_gan.gans._translation import merged_shape
from keras_gan.losses import NonSaturating
from keras_gan.masks import Boxes, Regions
from keras_gan.training import Critic, Interface

# The mean colour of ImageNet, which the authors fill holes with, in [-1, 1].
_MEAN_COLOUR = tuple(level / 127.5 - 1.0 for level in (117.0, 104.0, 123.0))
# What a network paints beyond the hole on each side, as a share of the picture, and the weight of the squares there.
_OVERLAP, _WEIGHT_OF_OVERLAP = 4 / 128, 10.0


@keras.saving.register_keras_serializable(package="keras_gan")
class ContextEncoder(InpaintingModel):
    """Inpainter that learns from whole pictures: near the truth in its pixels, and real to a discriminator.

    The squared distance to the truth alone makes the mean of all that could be there, which is a blur. The
    discriminator, which sees what was painted, rejects that. With a picture x, its mask M (1 in the hole), the
    generator F, the painting y = F((1 - M) x), the discriminator's logits D and the softplus s:

        generator:      lambda E[w (x - y)^2]  +  (1 - lambda) E[s(-D(y))]
        discriminator:  E[s(-D(x))] + E[s(D(y))]

    Pathak et al. 2016 (arXiv 1604.07379), equations 1 to 3, as in the authors' code: a step of the discriminator, then
    one of the generator, on the same paintings; holes show the mean colour of ImageNet in pictures of three channels,
    here grey in others; lambda is 0.999. The generator's output decides on the kind of hole:

    * A generator that makes a part of the picture paints its centre, which D judges alone. The hole is a little smaller
      than that part, by 1/32 of the picture on each side, so that the painting meets what is known, and there w is 10.
      It cannot have holes elsewhere.
    * A generator that makes the whole picture takes any holes, by default `masks.Regions`. Then w = M, and D judges
      the picture with the painting in its hole.

    `networks.context_encoder` builds both. `l2_weight=1.0` is the distance alone, which has the best PSNR and blurs.

    Args:
        generator: keras.Model, F, images to images of the same size or of a smaller one, their centre. It may also take
            "masks".
        discriminator: keras.Model, D, images of the size that F makes to logits or a patch map.
        masks: `keras_gan.masks.Masks`; "given" for batches of "images" and "masks"; None for the paper's.
        l2_weight: lambda, in [0, 1].
        adversarial_loss: `keras_gan.losses.AdversarialLoss`; None for `NonSaturating`.
        ema_half_life, seed, name: as for `TwoPlayerGAN`.

    Raises:
        ValueError: if the networks do not fit each other, holes would lie where nothing is painted, or an argument is
            out of range.

    Example:
        >>> import keras_gan, numpy as np
        >>> networks = keras_gan.networks.context_encoder(image_shape=(16, 16, 1), width=2, bottleneck=4)
        >>> model = keras_gan.ContextEncoder(*networks, seed=0)
        >>> model.compile(run_eagerly=True)  # Faster for so few steps.
        >>> images = np.zeros((2, 16, 16, 1), "float32")
        >>> history = model.fit(images, batch_size=2, verbose=0)
        >>> hole = keras_gan.masks.Boxes(0.25)(2, (16, 16), seed=(0, 0))
        >>> filled = model.inpaint(images, hole)
        >>> np.array_equal(filled[hole == 0.0], images[hole == 0.0])
        True
    """

    likeness_weight = "l2_weight"
    terms = ("g_loss", "l2_loss", "d_loss")

    def __init__(
        self,
        generator,
        discriminator,
        *,
        masks=None,
        l2_weight=0.999,
        adversarial_loss=None,
        ema_half_life=None,
        seed=None,
        name=None,
    ):
        maps = Interface(generator, "generator", ("images", MASKS), "images")
        critic = Critic(discriminator, role="discriminator", conditions=())
        maps.require_fit(critic.interface)
        shape, margins = _shape_and_margins(maps)
        masks = _usual_masks(shape, margins) if masks is None else masks
        loss = NonSaturating() if adversarial_loss is None else adversarial_loss
        super().__init__(maps, critic, shape, masks, loss, ema_half_life=ema_half_life, seed=seed, name=name)
        self.l2_weight = require_number("l2_weight", l2_weight, low=0.0, high=1.0)
        self.fill = _MEAN_COLOUR if shape[-1] == 3 else 0.0
        self._margins = margins
        self.holes_within = _inside(shape, margins)
        self._require_holes_within()

    def default_optimizers(self):
        """Adam as in the authors' code: beta_1 0.5, learning rates 2e-3 of the generator and 2e-4 of the other."""
        rates = {"generator": 2e-3, "discriminator": 2e-4}
        return {name: keras.optimizers.Adam(rate, beta_1=0.5, epsilon=1e-8) for name, rate in rates.items()}

    def generator_terms(self, batch, painted):
        """What F minimises."""
        masks = self.centre_of(batch[MASKS])
        weights = masks if self._margins is None else masks + _WEIGHT_OF_OVERLAP * (1.0 - masks)
        squares = tf.reduce_mean(weights * tf.square(self.centre_of(batch["images"]) - painted["images"]))
        fooling = (1.0 - self.l2_weight) * self.fooling(batch, painted)
        return {"generator": {"g_loss": fooling, "l2_loss": self.l2_weight * squares}}

    def real_of(self, batch):
        """The part of the pictures that is painted."""
        return {"images": self.centre_of(batch["images"])}

    def fake_of(self, batch, painted):
        """What was painted; of a whole picture only its hole, in the picture."""
        if self._margins is not None:
            return {"images": painted["images"]}
        return {"images": self.completed(batch["images"], batch[MASKS], painted["images"])}

    def centre_of(self, images):
        """The part of pictures that the generator paints."""
        if self._margins is None:
            return images
        (top, bottom), (left, right) = self._margins
        return images[:, top : images.shape[1] - bottom, left : images.shape[2] - right]

    def completed(self, images, masks, painted):
        """Images whose holes show what was painted; all other pixels keep every bit."""
        if self._margins is not None:
            painted = tf.pad(painted, [(0, 0), *self._margins, (0, 0)])
        return super().completed(images, masks, painted)

    def _require_holes_within(self):
        """Raise a ValueError if the model would be trained on holes where it does not paint."""
        if self.holes_within is None:
            return
        if self.masks == GIVEN:
            raise ValueError(
                "This generator paints the centre of a picture alone, and masks of the data may be anywhere: build one "
                'for the whole picture, as with `networks.context_encoder(paints="whole")`. Received: masks="given"'
            )
        sides = self.holes_within.shape[:2]
        drawn = self.masks(16, sides, seed=(0, 0)).numpy().astype(bool)
        if (drawn & ~self.holes_within).any():
            raise ValueError(
                "This generator paints the centre of a picture alone, and these masks have holes outside of it: take "
                "smaller `Boxes` in the centre, or a generator of the whole picture, as with `networks.context_encoder("
                f'paints="whole")`. Received: masks={self.masks!r}'
            )

    def get_config(self):
        """Return the constructor's arguments."""
        return {**super().get_config(), "l2_weight": self.l2_weight}


def _shape_and_margins(maps):
    """The shape of the pictures, and what the generator leaves out on each side of them; None if it paints all."""
    taken, made = maps.shapes["images"], maps.outputs["images"]
    if None in (*taken, *made) or made[:2] == taken[:2]:
        return merged_shape(taken, made), None
    spare = [outer - inner for outer, inner in zip(taken[:2], made[:2], strict=True)]
    if made[2] != taken[2] or any(side < 0 or side % 2 for side in spare):
        raise ValueError(
            "The generator must make images of the shape that it takes, or their centre, smaller by an even number of "
            f"pixels. Received: generator from {taken} to {made}"
        )
    return taken, tuple((side // 2, side // 2) for side in spare)


def _usual_masks(shape, margins):
    """The paper's masks: a box in the centre of what is painted, or regions of any shape."""
    if margins is None:
        return Regions()
    share = min(1.0 - 2 * before / side for side, (before, _) in zip(shape, margins, strict=False))
    return Boxes(share - 2 * _OVERLAP if share > 2 * _OVERLAP else share)


def _inside(shape, margins):
    """Where there may be a hole, bool `(height, width, 1)`; None for everywhere."""
    if margins is None:
        return None
    painted = [side - before - after for side, (before, after) in zip(shape, margins, strict=False)]
    return np.pad(np.ones(painted, bool), margins)[..., np.newaxis]
