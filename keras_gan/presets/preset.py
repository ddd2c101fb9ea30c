"""The settings of a training run, and what is built from them."""

import dataclasses
import inspect

import keras

from keras_gan import augmentation, data, gans, networks, penalties
from keras_gan._arguments import require_bool, require_choice, require_int, require_number, require_text

_KINDS = [getattr(gans, name) for name in gans.__all__]
_GANS = [kind.__name__ for kind in _KINDS if issubclass(kind, gans.TwoPlayerGAN) and not inspect.isabstract(kind)]
_PRECISIONS = ("float32", "mixed_bfloat16", "mixed_float16")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Preset:
    """The settings of a training run, which were chosen together.

    All presets share a recipe, that of the demo: the networks of `networks.dcgan` without normalisation in the
    discriminator, the `R1` penalty, Adam with beta_1 0 and beta_2 0.99, and samples from an average of the generator.
    They differ in the images and in how much computation they spend. `dataclasses.replace(preset, width=64)` changes
    a setting.

    Args:
        name: str.
        description: str, what it is for, in one sentence.
        image_size: int, height and width of the images.
        channels: int, 1 for grey or 3 for RGB images; None for the images as they are.
        flip: bool, whether images are mirrored left to right with probability 1/2.
        batch_size: int, images in a minibatch.
        gan: str, a class of `keras_gan.gans` with two players.
        latent_dim: int, size of the generator's input.
        width: int, channels of both networks next to the picture.
        r1: float, weight of the R1 penalty.
        diff_augment: bool, whether the discriminator sees images changed by `DiffAugment`.
        ema_half_life: float, half-life of the averaged generator, in images.
        learning_rate: float, of both players' Adam.
        betas: tuple of two floats, beta_1 and beta_2 of both players' Adam.
        steps: int, training steps of a whole run.
        precision: str, "float32", "mixed_bfloat16" or "mixed_float16".
            `keras.config.set_dtype_policy(preset.precision)` sets it.

    Raises:
        ValueError: if a setting is not one of these.

    Example:
        >>> import dataclasses, keras_gan
        >>> small = dataclasses.replace(keras_gan.presets.get("icons_32"), width=4)
        >>> gan = small.make_gan((32, 32, 3), seed=0)
        >>> gan.generate(2, seed=0).shape
        (2, 32, 32, 3)
    """

    name: str
    description: str
    image_size: int
    channels: int | None = 3
    flip: bool = False
    batch_size: int = 64
    gan: str = "NonSaturatingGAN"
    latent_dim: int = 64
    width: int = 32
    r1: float = 0.1
    diff_augment: bool = False
    ema_half_life: float = 5000.0
    learning_rate: float = 1e-3
    betas: tuple[float, float] = (0.0, 0.99)
    steps: int = 1000
    precision: str = "float32"

    def __post_init__(self):
        for name in ("name", "description"):
            require_text(name, getattr(self, name))
        for name in ("image_size", "batch_size", "latent_dim", "width", "steps"):
            require_int(name, getattr(self, name))
        for name in ("flip", "diff_augment"):
            require_bool(name, getattr(self, name))
        for name in ("ema_half_life", "learning_rate"):
            require_number(name, getattr(self, name), low=0.0, open_low=True)
        require_number("r1", self.r1, low=0.0)
        require_choice("gan", self.gan, _GANS)
        require_choice("precision", self.precision, _PRECISIONS)
        if self.channels is not None and require_int("channels", self.channels) not in (1, 3):
            raise ValueError(f"`channels` must be 1, 3 or None. Received: channels={self.channels!r}")
        if not isinstance(self.betas, tuple) or len(self.betas) != 2:
            raise ValueError(f"`betas` must be a tuple of two numbers. Received: betas={self.betas!r:.80}")
        for beta in self.betas:
            require_number("betas", beta, low=0.0, high=1.0)

    def load(self, source, **options):
        """Return endless batches of images, as `keras_gan.data.load` does.

        Args:
            source: where the images come from; see `keras_gan.data.load`.
            **options: further arguments of `keras_gan.data.load`, such as `split` and `seed`.
        """
        preprocessing = data.Preprocessing(channels=self.channels, flip=self.flip)
        settings = {"image_size": self.image_size, "batch_size": self.batch_size, "preprocessing": preprocessing}
        return data.load(source, **settings | options)

    def make_gan(self, image_shape, *, seed=None):
        """Return a new compiled GAN.

        Args:
            image_shape: tuple (height, width, channels), the `image_shape` of what `load` returns.
            seed: int, for the random numbers of the training; None for a random one. `keras.utils.set_random_seed`
                decides the initial weights.
        """
        players = networks.dcgan(
            image_shape=image_shape, latent_dim=self.latent_dim, width=self.width, spectral_normalization=False
        )
        changes = [augmentation.DiffAugment()] if self.diff_augment else []
        gan = getattr(gans, self.gan)(
            *players,
            penalties=[penalties.R1(self.r1)],
            augmentation=changes,
            ema_half_life=self.ema_half_life,
            seed=seed,
        )
        optimizers = [keras.optimizers.Adam(self.learning_rate, *self.betas, epsilon=1e-8) for _ in gan.players]
        gan.compile(*optimizers)
        return gan
