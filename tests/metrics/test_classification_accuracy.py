"""A classifier that is trained on samples: what it tells, and what it is given."""

import numpy as np
import pytest
import tensorflow as tf

import keras_gan
from keras_gan._pixels import as_pixels
from keras_gan.metrics import classification_accuracy, classification_accuracy_score

LABELS = np.arange(60) % 3


def bright(labels):
    """Images whose brightness is their class, with some noise."""
    noise = np.random.default_rng(0).uniform(-0.1, 0.1, (len(labels), 8, 8, 1))
    return ((labels[:, None, None, None] - 1) / 2 + noise).astype("float32")


def test_samples_that_swap_two_classes_teach_the_opposite():
    swapped = bright(LABELS), np.array([1, 0, 2])[LABELS]
    assert classification_accuracy_score(swapped, (bright(LABELS), LABELS), steps=25) == pytest.approx(1 / 3)


@pytest.mark.long
@pytest.mark.parametrize("num_classes", [2, 3])
def test_it_is_the_share_of_test_images_whose_labels_it_tells(num_classes):
    images, kept = bright(LABELS), num_classes > LABELS
    score = classification_accuracy_score((images[kept], LABELS[kept]), (images, LABELS), steps=25)
    # Of a class without samples no label can be told.
    assert score == pytest.approx(num_classes / 3)


def test_batches_and_data_sets_are_the_same_images():
    images = bright(LABELS)
    forms = (
        (images, LABELS),
        [(images[:40], LABELS[:40]), (images[40:], LABELS[40:])],
        tf.data.Dataset.from_tensor_slices((images, LABELS)).batch(16),
        keras_gan.data.load((images, LABELS), labels=True, batch_size=16),
    )
    for form in forms:
        read = classification_accuracy._labelled("training", form, 100)
        np.testing.assert_array_equal(np.sort(read.pixels, axis=0), np.sort(as_pixels(images).numpy(), axis=0))
        np.testing.assert_array_equal(np.bincount(read.labels), [20, 20, 20])


@pytest.mark.parametrize(
    "training, message",
    [
        (bright(LABELS), r"`training` must have labels: give a tuple of images and labels"),
        ((bright(LABELS), np.eye(3)[LABELS]), r"one-hot rows with `labels.argmax\(axis=1\)`"),
        ((bright(LABELS), LABELS.astype("float32")), r"Labels must be integers"),
        ((bright(LABELS)[:, :4], LABELS), r"must have the same shape.*\(4, 8, 1\) and \(8, 8, 1\)"),
        ((bright(LABELS), 0 * LABELS), r"at least two"),
    ],
)
def test_what_it_refuses(training, message):
    with pytest.raises(ValueError, match=message):
        classification_accuracy_score(training, (bright(LABELS), LABELS), steps=1)
