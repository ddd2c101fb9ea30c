import numpy as np
import pytest

from keras_gan.metrics import attribute_accuracy


def test_each_attribute_and_all_are_counted():
    wanted = np.random.default_rng(0).integers(4, size=(1000, 3))
    predicted = wanted.copy()
    # The first attribute is wrong in the first 300, the second in the first 100 and the last 100.
    predicted[:300, 0] += 1
    predicted[:100, 1] += 1
    predicted[-100:, 1] += 1
    found = attribute_accuracy(predicted, wanted, ["digit", "colour", "size"])
    assert found == {"digit": 0.7, "colour": 0.8, "size": 1.0, "all": 0.6}
    assert list(attribute_accuracy(predicted, wanted)) == ["0", "1", "2", "all"]


@pytest.mark.parametrize(
    ("predicted", "names", "message"),
    [
        (np.zeros((3, 2), int), None, "one shape"),
        (np.zeros((3, 3)), None, "array of numbers"),
        (np.zeros((3, 3), int), ["a", "b"], "names"),
        (np.zeros((3, 3), int), ["a", "b", "all"], "other than"),
        (np.zeros((3, 3), int), ["a", "b", "b"], "name of its own"),
    ],
)
def test_bad_input_is_named(predicted, names, message):
    with pytest.raises(ValueError, match=message):
        attribute_accuracy(predicted, np.zeros((3, 3), int), names)
