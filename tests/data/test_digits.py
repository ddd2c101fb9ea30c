import numpy as np
import pytest
from sklearn.datasets import load_digits

from keras_gan import data


def read(split):
    return data.Digits().read(split, lambda image: image)


def test_the_splits_divide_the_1797_digits_by_class():
    train, test, everything = read("train"), read("test"), read("all")
    assert [len(part.images) for part in (train, test, everything)] == [1437, 360, 1797]
    counts = np.bincount(everything.labels)
    np.testing.assert_array_less(abs(np.bincount(test.labels) - counts / 5), 1)
    together = np.concatenate([train.images, test.images]).reshape(1797, 64)
    assert sorted(map(bytes, together)) == sorted(map(bytes, everything.images.reshape(1797, 64)))


def test_the_sixteen_grey_steps_span_0_to_255():
    pixels, labels = load_digits(return_X_y=True)
    everything = read("all")
    np.testing.assert_array_equal(everything.labels, labels)
    np.testing.assert_allclose(everything.images.reshape(1797, 64), pixels * 255 / 16, atol=0.5)
    assert (everything.images.min(), everything.images.max()) == (0, 255)


def test_the_split_does_not_depend_on_the_seed():
    batches = [next(iter(data.load("digits", split="test", batch_size=360, seed=seed))) for seed in (0, 1)]
    first, second = (batch.numpy() for batch in batches)
    assert not np.array_equal(first, second)
    assert sorted(map(bytes, first.reshape(360, 64))) == sorted(map(bytes, second.reshape(360, 64)))


def test_an_unknown_split():
    with pytest.raises(ValueError, match=r"digits has no such split. It has: 'train', 'test', 'all'.*split='val'"):
        data.load("digits", split="val")
