"""Whether samples show the class that was asked for, and how good they are within each class."""

import typing

import numpy as np

from keras_gan.metrics._features import require_features, require_labels, require_two_sets
from keras_gan.metrics.frechet import frechet_distance


class LabelAccuracy(typing.NamedTuple):
    """What `label_accuracy` returns.

    Attributes:
        accuracy: float in [0, 1], the share of all samples.
        by_class: dict of class to float in [0, 1], the share of the samples of that class.
    """

    accuracy: float
    by_class: dict


class ClassDistance(typing.NamedTuple):
    """What `class_frechet_distance` returns.

    Attributes:
        mean: float, the mean of the distances of all classes.
        by_class: dict of class to float, the distance within the class.
        num_images: dict of class to (number of real images, number of samples).
    """

    mean: float
    by_class: dict
    num_images: dict


def label_accuracy(logits, labels):
    """The share of samples that a classifier takes for the class which was asked for.

    A conditional GAN may ignore its labels, and no distance between all samples and all images shows it. The classifier
    sees real images alone. Its own accuracy on real test images is what a good GAN can reach; above it, the samples are
    easier than real images, as those of an auxiliary classifier often are. Look at the diversity within a class, too
    (`class_frechet_distance`): one good image for each class is enough for an accuracy of 1.

    Args:
        logits: array-like `(num_samples, num_classes)` of the samples, such as `extractor(images).logits`.
        labels: integers `(num_samples,)` in [0, num_classes), the classes that the samples were asked to show.

    Returns:
        `LabelAccuracy`.

    Raises:
        ValueError: if logits or labels have another shape, or are not finite, no integers or out of range.

    Example:
        >>> label_accuracy([[2.0, 0.0], [1.0, 3.0], [5.0, 0.0]], [0, 1, 1])
        LabelAccuracy(accuracy=0.666..., by_class={0: 1.0, 1: 0.5})
    """
    logits = require_features("logits", logits)
    labels = require_labels("labels", labels, len(logits), logits.shape[1])
    hits = logits.argmax(axis=1) == labels
    by_class = {int(label): float(hits[labels == label].mean()) for label in np.unique(labels)}
    return LabelAccuracy(float(hits.mean()), by_class)


def class_frechet_distance(real_features, real_labels, fake_features, fake_labels):
    """The Frechet distance within each class, and its mean over the classes.

    It sees what neither the distance of all samples nor the label accuracy sees: samples of a class that are all alike,
    or of another class. It is also called intra-FID (Miyato and Koyama 2018, arXiv 1802.05637, section 4).

        mean over c of d(real features of class c, features of samples asked to show class c)

    with d as in `frechet_distance`. That is biased, the more the fewer images a class has: compare values of the same
    numbers of images alone, and with the value of real images instead of samples.

    Args:
        real_features: array-like `(num_real, num_features)`.
        real_labels: integers `(num_real,)`, the classes of the real images.
        fake_features: array-like `(num_fake, num_features)`, from the same extractor.
        fake_labels: integers `(num_fake,)`, the classes that the samples were asked to show.

    Returns:
        `ClassDistance`, over the classes of the real images.

    Raises:
        ValueError: if features or labels are wrong, or a class has fewer than two real images or two samples.

    Example:
        >>> real, fake = [[0.0], [2.0], [9.0], [9.0]], [[3.0], [5.0], [9.0], [9.0]]
        >>> class_frechet_distance(real, [0, 0, 1, 1], fake, [0, 0, 1, 1])
        ClassDistance(mean=4.5, by_class={0: 9.0, 1: 0.0}, num_images={0: (2, 2), 1: (2, 2)})
    """
    real, fake = require_two_sets(real_features, fake_features, least=2)
    real_labels = require_labels("real_labels", real_labels, len(real))
    fake_labels = require_labels("fake_labels", fake_labels, len(fake))
    classes = np.union1d(real_labels, fake_labels).tolist()
    parts = {label: (real[real_labels == label], fake[fake_labels == label]) for label in classes}
    counts = {label: tuple(map(len, part)) for label, part in parts.items()}
    if few := {label: pair for label, pair in counts.items() if min(pair) < 2}:
        label, (num_real, num_fake) = next(iter(few.items()))
        raise ValueError(
            "Each class needs at least two real images and two samples: leave a class out of both, or give more. "
            f"Received: class {label} with {num_real} real images and {num_fake} samples"
        )
    by_class = {label: frechet_distance(*part) for label, part in parts.items()}
    return ClassDistance(float(np.mean(list(by_class.values()))), by_class, counts)
