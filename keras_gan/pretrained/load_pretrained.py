"""The trained models of the package, by name."""

import pathlib

from keras_gan._arguments import require_choice
from keras_gan.training import load_model

_FOLDER = pathlib.Path(__file__).parent
_FILE = "model.keras"

# Each has a folder, with its model card.
NAMES = tuple(sorted(path.parent.name for path in _FOLDER.glob(f"*/{_FILE}")))


def load_pretrained(name):
    """Load a small trained model that comes with the package.

    Training takes minutes to days, so this is the way to try samples, latents, metrics, exports or a server first. The
    files need no network. `keras_gan.pretrained.NAMES` lists them:

    * "digits": handwritten digits, 32x32, grey (`NonSaturatingGAN`);
    * "digits_by_class": digits of a given class, 16x16 (`NonSaturatingGAN`; `generate(16, labels=3)`);
    * "fashion_mnist": clothes of a given class, 32x32 (`NonSaturatingGAN`; `generate(16, labels=7)` draws sneakers);
    * "shakespeare": the plays, character by character (`LanguageModel`; `write(3, prompt="KING ")`).

    The model is whole, with all its networks: after `compile()`, `fit` trains it further, or on other data. It has no
    state of optimizers. Its generator is the average of the training, so that there is no other one; its weights are
    rounded to float16, and computed with in float32. README.md in the model's folder, next to this file, is the model
    card: the command that made it, the data and their licence, the seeds and what was measured.

    Args:
        name: str, one of `keras_gan.pretrained.NAMES`.

    Returns:
        `keras_gan.training.AdversarialModel`, not compiled. It draws the same samples from the same seed each time.

    Raises:
        ValueError: if there is no such model.

    Example:
        >>> gan = load_pretrained("digits_by_class")
        >>> threes = gan.generate(4, labels=3, seed=0)
        >>> threes.shape, threes.dtype.name, bool(abs(threes).max() <= 1.0)
        ((4, 16, 16, 1), 'float32', True)
    """
    require_choice("name", name, NAMES)
    return load_model(_FOLDER / name / _FILE)
