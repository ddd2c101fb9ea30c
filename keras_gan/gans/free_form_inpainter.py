"""Free-form inpainting with gated convolutions, known as DeepFill v2."""

import keras

from keras_gan._arguments import require_number
from keras_gan.gans._inpainting import InpaintingModel
from keras_gan.gans._inpainting_sampler import MASKS
from keras_gan.gans._translation import mean_distance, merged_shape
from keras_gan.losses import Hinge
from keras_gan.masks import Boxes, Strokes, Union
from keras_gan.training import Critic, Interface


@keras.saving.register_keras_serializable(package="keras_gan")
class FreeFormInpainter(InpaintingModel):
    """Inpainter of holes of any shape and place, whose discriminator judges patches and sees the mask.

    A hole of any shape has no region that a discriminator could judge by itself. So it judges patches of the completed
    picture, and is told where the hole was. With a picture x, its mask m (1 in the hole), the coarse and the fine
    picture (y', y) of the generator, and the completed picture z = m y + (1 - m) x:

        generator:      -E[D(z, m)]  +  lambda (E|x - y|  +  E|x - y'|)
        discriminator:  E[max(0, 1 - D(x, m))]  +  E[max(0, 1 + D(z, m))]

    |.| is the mean over all values of the picture, also the known ones, which the networks do not have to copy in the
    end. Yu et al. 2018 (arXiv 1806.03589), equation 4 and section 3.4, as in the authors' code: lambda is 1, holes are
    the union of a box at a random place and strokes, and each step updates the discriminator, then the generator, on
    the same paintings. `networks.gated_inpainter` builds both networks. There are no sketches of a user that guide it.

    Args:
        generator: keras.Model, "images" and "masks" to "images" and "coarse", of the same shape.
        discriminator: keras.Model, D, "images" and "masks" (or "images" alone) to logits or a patch map.
        masks: `keras_gan.masks.Masks`; "given" for batches of "images" and "masks"; None for the paper's.
        l1_weight: lambda, at least 0.
        adversarial_loss: `keras_gan.losses.AdversarialLoss`; None for `Hinge`.
        ema_half_life, seed, name: as for `TwoPlayerGAN`.

    Raises:
        ValueError: if the networks do not fit each other, or an argument is out of range.

    Example:
        >>> import keras_gan, numpy as np
        >>> sizes = {"width": 2, "attention": False, "discriminator_width": 2, "discriminator_layers": 2}
        >>> model = keras_gan.FreeFormInpainter(
        ...     *keras_gan.networks.gated_inpainter(image_shape=(8, 8, 1), **sizes), seed=0)
        >>> model.compile(run_eagerly=True)  # Faster for so few steps.
        >>> images = np.zeros((2, 8, 8, 1), "float32")
        >>> history = model.fit(images, batch_size=2, verbose=0)
        >>> model.inpaint(images, keras_gan.masks.Strokes()(2, (8, 8), seed=(0, 0))).shape
        (2, 8, 8, 1)
    """

    likeness_weight = "l1_weight"
    terms = ("g_loss", "fine_loss", "coarse_loss", "d_loss")

    def __init__(
        self,
        generator,
        discriminator,
        *,
        masks=None,
        l1_weight=1.0,
        adversarial_loss=None,
        ema_half_life=None,
        seed=None,
        name=None,
    ):
        maps = Interface(generator, "generator", ("images", MASKS), "images")
        critic = Critic(discriminator, role="discriminator", conditions=(MASKS,))
        _require_two_stages(maps)
        maps.require_fit(critic.interface)
        shape = merged_shape(maps.shapes["images"], *maps.outputs.values(), critic.interface.shapes["images"])
        masks = Union([Boxes((0.375, 0.5), place="random"), Strokes()]) if masks is None else masks
        loss = Hinge() if adversarial_loss is None else adversarial_loss
        super().__init__(maps, critic, shape, masks, loss, ema_half_life=ema_half_life, seed=seed, name=name)
        self.l1_weight = require_number("l1_weight", l1_weight, low=0.0)

    def default_optimizers(self):
        """Adam as in the authors' code: learning rate 1e-4, beta_1 0.5."""
        return {name: keras.optimizers.Adam(1e-4, beta_1=0.5, epsilon=1e-8) for name in self.players}

    def generator_terms(self, batch, painted):
        """What the generator minimises."""
        fine, coarse = (
            self.l1_weight * mean_distance(batch["images"], painted[stage]) for stage in ("images", "coarse")
        )
        return {"generator": {"g_loss": self.fooling(batch, painted), "fine_loss": fine, "coarse_loss": coarse}}

    def real_of(self, batch):
        """The pictures as they are, and where their holes are."""
        return {"images": batch["images"], MASKS: batch[MASKS]}

    def fake_of(self, batch, painted):
        """The completed pictures, and where their holes were."""
        return {"images": self.completed(batch["images"], batch[MASKS], painted["images"]), MASKS: batch[MASKS]}

    def get_config(self):
        """Return the constructor's arguments."""
        return {**super().get_config(), "l1_weight": self.l1_weight}


def _require_two_stages(maps):
    if set(maps.outputs) != {"images", "coarse"}:
        raise ValueError(
            "The generator must return a dict of 'images' and 'coarse', the pictures of its two stages, as "
            f"`networks.gated_inpainter` does. Received: outputs {list(maps.outputs)}"
        )
