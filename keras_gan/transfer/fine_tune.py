"""From a trained GAN to one for other images."""

import keras

from keras_gan._arguments import require_bool, require_choice, require_int, require_number
from keras_gan.training import AdversarialModel, load_model
from keras_gan.transfer._blocks import blocks_of
from keras_gan.transfer._classes import Classes, with_classes
from keras_gan.transfer._optimizer_state import compile_again
from keras_gan.transfer.freeze import freeze_blocks

_NEW_CLASSES = ("mean", "fresh")


def fine_tune(
    filepath,
    *,
    freeze=0,
    num_classes=None,
    known_classes=None,
    new_classes="mean",
    learning_rate=None,
    keep_optimizers=True,
):
    """Load a trained GAN to train it on other images of the same shape.

    A GAN that already draws one kind of images needs far fewer of another kind, and less time. Both players are kept:
    a new discriminator would first have to learn what the generator knows (Wang et al. 2018, TransferGAN, arXiv
    1805.01677). With little data, also freeze the first blocks of the discriminator, see
    `keras_gan.transfer.freeze` (Mo, Cho and Shin 2020, FreezeD, arXiv 2002.10964).

        gan = keras_gan.transfer.fine_tune("runs/digits/gan.keras", freeze=3)
        gan.fit(other_images, epochs=20)

    The optimizers keep their state too, and so does the count of training steps: schedules that are saved with the GAN
    continue from where they were. For other optimizers, call `gan.compile(...)` afterwards.

    Args:
        filepath: str or path of the `.keras` file of a GAN.
        freeze: int, how many blocks of the discriminator to freeze, from the image on; 0 to leave it as in the file.
        num_classes: int, the number of classes of a conditional GAN; None for those of the file.
        known_classes: dict of a new class to the class of the file that it begins as; None for the same number, where
            the file has it. `{}` makes all classes new.
        new_classes: "mean", for the mean of the file's classes, or "fresh", as in a new network.
        learning_rate: float, of all optimizers; or a schedule, with `keep_optimizers=False`. None for the file's.
        keep_optimizers: bool, whether the optimizers keep their state. Otherwise they have the same settings, and
            begin as new ones.

    Returns:
        The GAN, compiled: of the class of the file, with everything that was saved.

    Raises:
        ValueError: if the file is no GAN or damaged, the discriminator has too few blocks, the GAN is not conditional
            and classes are given, new classes enter in a frozen block, or another argument is out of range.
        OSError: if the file cannot be read.

    Example:
        >>> import pathlib, tempfile, keras_gan
        >>> networks = keras_gan.networks.dcgan(image_shape=(32, 32, 1), width=4, num_classes=3)
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "gan.keras"
        >>> keras_gan.LSGAN(*networks).save(path)
        >>> gan = fine_tune(path, freeze=1, num_classes=5)
        >>> gan.generate(5, labels=[0, 1, 2, 3, 4]).shape
        (5, 32, 32, 1)
    """
    freeze = require_int("freeze", freeze, low=0)
    require_bool("keep_optimizers", keep_optimizers)
    require_choice("new_classes", new_classes, _NEW_CLASSES)
    _require_rate(learning_rate, keep_optimizers)
    gan = load_model(filepath)
    if not isinstance(gan, AdversarialModel):
        raise ValueError(f"This file holds no GAN, but a {type(gan).__name__}. Received: filepath={str(filepath)!r}")
    if num_classes is not None or known_classes is not None:
        classes = _classes(gan, num_classes, known_classes, new_classes)
        gan, with_rows = with_classes(gan, classes, keep_optimizers=keep_optimizers)
        if len(classes.known) < classes.count:
            _require_trained(gan, with_rows, freeze)
    if freeze:
        freeze_blocks(gan, freeze, keep_optimizers=keep_optimizers)
    if not gan.compiled:
        gan.compile()
    if learning_rate is not None or not keep_optimizers:
        compile_again(gan, learning_rate=learning_rate, keep_optimizers=keep_optimizers)
    return gan


def _require_rate(rate, keep_optimizers):
    """Raise a ValueError unless the learning rate is one, or a schedule that begins at its beginning."""
    if not isinstance(rate, keras.optimizers.schedules.LearningRateSchedule):
        if rate is not None:
            require_number("learning_rate", rate, low=0.0, open_low=True)
    elif keep_optimizers:
        raise ValueError(
            "Optimizers that keep their state also keep their count of steps, and a new schedule would begin in its "
            "middle or at its end: give a number, or `keep_optimizers=False`. "
            f"Received: learning_rate={rate!r}, keep_optimizers=True"
        )


def _classes(gan, num_classes, known, new_classes):
    """The classes of the new GAN, checked against those of the file."""
    if getattr(gan, "num_classes", None) is None:
        raise ValueError(
            "The GAN in this file is not conditional: leave `num_classes` and `known_classes` out. "
            f"Received: num_classes={num_classes}, known_classes={known}"
        )
    count = gan.num_classes if num_classes is None else require_int("num_classes", num_classes, low=2)
    known = {number: number for number in range(min(count, gan.num_classes))} if known is None else known
    if not isinstance(known, dict):
        raise ValueError(
            "`known_classes` must be a dict of new classes to the classes of the file that they begin as, such as "
            f"{{0: 3}}. Received: known_classes={known!r:.80}"
        )
    for new, old in known.items():
        require_int("known_classes", new, low=0, high=count - 1)
        require_int("known_classes", old, low=0, high=gan.num_classes - 1)
    return Classes(count, known, new_classes == "mean")


def _require_trained(gan, with_rows, freeze):
    """Raise a ValueError if weights that new classes have rows in would be frozen: they could not be learnt."""
    blocks = blocks_of(gan.discriminator, gan.critic.interface.main)
    has_rows = [any(id(weight) in with_rows for layer in block for weight in layer.weights) for block in blocks]
    if True in has_rows[:freeze]:
        raise ValueError(
            f"The labels enter the discriminator in block {has_rows.index(True) + 1}, and a discriminator that is "
            "frozen there cannot learn new classes: freeze fewer blocks. "
            f"Received: freeze={freeze}, num_classes={gan.num_classes}"
        )
