import pytest

from keras_gan import data


@pytest.mark.parametrize(
    "kwargs, message",
    [
        ({"channels": 2}, r"`channels` must be 1 \(grey\), 3 \(RGB\) or None.*Received: channels=2"),
        ({"crop": "random"}, r"`crop` must be \"center\" or None.*Received: crop='random'"),
        ({"flip": "left"}, r"`flip` must be True or False. Received: flip='left'"),
        ({"dequantize": 1}, r"`dequantize` must be True or False. Received: dequantize=1"),
    ],
)
def test_options_that_do_not_exist(kwargs, message):
    with pytest.raises(ValueError, match=message):
        data.Preprocessing(**kwargs)
