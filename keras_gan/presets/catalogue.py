"""The presets by name."""

from keras_gan._arguments import require_choice
from keras_gan.presets.preset import Preset

_PRESETS = {
    preset.name: preset
    for preset in (
        Preset(
            name="digits",
            description="Small grey pictures, such as scikit-learn's digits, MNIST or Fashion-MNIST.",
            image_size=32,
            channels=1,
        ),
        Preset(
            name="icons_32",
            description="Icons, emoji and other flat pictures in colour, a thousand or more.",
            image_size=32,
            diff_augment=True,
            steps=2000,
        ),
        Preset(
            name="few_images",
            description="A few hundred pictures: differentiable augmentation keeps the discriminator from learning "
            "them by heart.",
            image_size=32,
            flip=True,
            diff_augment=True,
            steps=1500,
        ),
        Preset(
            name="photos_64_cpu",
            description="Photographs at 64x64 on a processor.",
            image_size=64,
            flip=True,
            diff_augment=True,
            batch_size=32,
            width=16,
            steps=4000,
        ),
        Preset(
            name="photos_64_gpu",
            description="Photographs at 64x64 on a GPU. Not measured.",
            image_size=64,
            flip=True,
            latent_dim=128,
            width=64,
            ema_half_life=20_000.0,
            learning_rate=5e-4,
            steps=50_000,
            precision="mixed_bfloat16",
        ),
        Preset(
            name="photos_128_gpu",
            description="Photographs at 128x128 on a GPU. Not measured.",
            image_size=128,
            flip=True,
            latent_dim=128,
            width=64,
            r1=1.0,
            ema_half_life=20_000.0,
            learning_rate=2e-4,
            steps=100_000,
            precision="mixed_bfloat16",
        ),
    )
}
NAMES = tuple(_PRESETS)


def get(name):
    """Return a preset by its name.

    Args:
        name: str, one of `keras_gan.presets.NAMES`.

    Returns:
        `Preset`.

    Raises:
        ValueError: if there is no such preset.

    Example:
        >>> get("few_images").diff_augment
        True
    """
    require_choice("name", name, NAMES)
    return _PRESETS[name]
