import pytest

from keras_gan.callbacks._checks import whole_number


def test_a_whole_number_comes_back():
    assert whole_number(3, "every") == 3
    assert whole_number(0, "padding", least=0) == 0


@pytest.mark.parametrize("value", [0, -1, True, 1.0, "1", None])
def test_everything_else_is_refused(value):
    with pytest.raises(ValueError, match=r"`every` must be a whole number of at least 1. Received: every="):
        whole_number(value, "every")
