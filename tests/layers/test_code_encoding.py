"""The codes of InfoGAN: what a row of numbers becomes, and how it is drawn."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gan import _random
from keras_gan.layers import CodeEncoding


def test_categories_become_one_hot_and_the_other_codes_stay():
    encoding = CodeEncoding((2, 3), 2)
    rows = encoding(np.array([[1, 0, 0.25, -3.0], [0, 2, 1.0, 0.5]], "float32"))
    np.testing.assert_array_equal(rows, [[0, 1, 1, 0, 0, 0.25, -3.0], [1, 0, 0, 0, 1, 1.0, 0.5]])
    assert (encoding.num_codes, encoding.size) == (4, 7)
    assert encoding.compute_output_shape((None, 4)) == (None, 7)


@pytest.mark.parametrize("kinds", [{"categories": (4,)}, {"num_continuous": 2}])
def test_one_kind_of_codes_alone(kinds):
    encoding = CodeEncoding(**kinds)
    rows = encoding(tf.ones((3, encoding.num_codes))).numpy()
    np.testing.assert_array_equal(rows, [[0, 1, 0, 0]] * 3 if encoding.categories else [[1, 1]] * 3)


def test_half_precision_keeps_categories_apart_that_it_cannot_hold():
    encoding = CodeEncoding((3000,), dtype="mixed_float16")
    rows = encoding(np.array([[2998], [2999]], "float32"))
    assert rows.dtype == "float16"
    np.testing.assert_array_equal(np.argmax(rows, axis=-1), [2998, 2999])


def test_drawn_codes_are_uniform():
    encoding = CodeEncoding((3, 7), 1)
    codes = _random.codes_of_seed(20_000, encoding, 5).numpy()
    for column, number in zip(codes.T, encoding.categories, strict=False):
        np.testing.assert_allclose(np.bincount(column.astype(int)) / 20_000, np.full(number, 1 / number), atol=0.012)
    assert -1.0 <= codes[:, 2].min() < -0.99
    assert 0.99 < codes[:, 2].max() < 1.0
    np.testing.assert_allclose(codes[:, 2].var(), 1 / 3, atol=0.01)
    # The next number below 1 is still the last category.
    assert encoding.drawn(tf.fill((1, 3), np.float32(1.0 - 2.0**-24))).numpy()[0, :2].tolist() == [2, 6]


def test_it_is_saved_with_its_arguments():
    encoding = CodeEncoding((2, 3), 2, name="codes")
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(encoding))
    assert again.get_config() == encoding.get_config()
    assert (again.categories, again.num_continuous) == ((2, 3), 2)


@pytest.mark.parametrize(
    "arguments, message",
    [
        ((), r"at least one code.*Received: categories=\(\), num_continuous=0"),
        ((10,), r"`categories` must be a tuple.*such as \(10,\). Received: categories=10"),
        (((1,),), r"`categories` must be an integer of at least 2"),
        (((), -1), r"`num_continuous` must be an integer of at least 0"),
    ],
)
def test_codes_that_make_no_sense(arguments, message):
    with pytest.raises(ValueError, match=message):
        CodeEncoding(*arguments)
