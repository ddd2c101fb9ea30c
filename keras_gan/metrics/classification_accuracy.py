"""Whether samples can take the place of real images in the training of a classifier."""

from keras_gan._arguments import require_int, require_seed
from keras_gan.metrics._training_images import read_images
from keras_gan.metrics.train_extractor import accuracy_of, build_classifier, train_classifier

_NUM_FEATURES = 64


def classification_accuracy_score(training, test, *, steps=1000, seed=0, max_images=60_000):
    """Train a classifier on labelled samples, and return its accuracy on real test images.

    A sample that shows the wrong class, a class whose samples are all alike, and a detail that no real image has: each
    makes the classifier worse. So this one number sees both the quality and the diversity within each class. It is also
    called TSTR, train on synthetic and test on real. Compare it with the value for the real training images (TRTR).

    Ravuri and Vinyals 2019 (arXiv 1905.10887), section 3; Esteban et al. 2017 (arXiv 1706.02633), section 4. Here the
    classifier is the small network of `train_extractor`, trained with the same settings; no part of it is kept.

    Args:
        training: labelled images to train on: a tuple of images in [-1, 1] and integer labels; what
            `keras_gan.data.load` returns with `labels=True`; or a finite iterable of batches of (images, labels).
        test: labelled real images of the same shape, as `training`.
        steps: int, the number of training steps.
        seed: int, for the initial weights and the order of the images.
        max_images: int, how many images to use at most of each set. Of more, a random part is used.

    Returns:
        float in [0, 1], the share of the test images whose labels the classifier tells.

    Raises:
        ValueError: if a set has no labels, fewer than 10 images, one class alone or images out of [-1, 1]; if the sets
            differ in the shape of their images; or if a number is out of range.

    Example:
        >>> import numpy as np
        >>> labels = np.arange(40) % 2
        >>> images = np.broadcast_to(labels[:, None, None, None] - 0.5, (40, 8, 8, 1)).astype("float32")
        >>> classification_accuracy_score((images, labels), (images, labels), steps=10)
        1.0
    """
    steps, seed = require_int("steps", steps), require_seed(seed)
    training, test = (
        _labelled(name, data, require_int("max_images", max_images))
        for name, data in (("training", training), ("test", test))
    )
    if training.pixels.shape[1:] != test.pixels.shape[1:]:
        raise ValueError(
            "The images to train on and to test on must have the same shape. "
            f"Received: images of shape {training.pixels.shape[1:]} and {test.pixels.shape[1:]}"
        )
    network = build_classifier(training.pixels.shape[1:], training.num_classes, _NUM_FEATURES, seed)
    train_classifier(network, training, steps=steps, seed=seed)
    return accuracy_of(network, test.pixels, test.labels)


def _labelled(name, data, max_images):
    is_pair = isinstance(data, tuple | list) and len(data) == 2 and len(getattr(data[0], "shape", ())) == 4
    images = read_images([tuple(data)] if is_pair else data, max_images)
    if images.labels is None:
        raise ValueError(
            f"`{name}` must have labels: give a tuple of images and labels, or load the data with `labels=True`. "
            f"Received: {name} without labels"
        )
    return images
