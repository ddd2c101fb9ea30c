import pytest

from keras_gan import data


@pytest.mark.parametrize(
    "kwargs, message",
    [
        ({"channels": 2}, r"`channels` must be 1 \(grey\), 3 \(RGB\), 4 \(RGB with alpha\) or None.*channels=2"),
        ({"channels": True}, r"Received: channels=True"),
        ({"depth": 12}, r"`depth` must be 8 \(bytes\) or 16.*Received: depth=12"),
        ({"depth": "16"}, r"Received: depth='16'"),
        ({"load_size": 0}, r"`load_size` must be an integer of at least 1. Received: load_size=0"),
        ({"load_size": (8, 8, 8)}, r"pair \(height, width\).*Received: load_size=\(8, 8, 8\)"),
        ({"depth": 16, "dequantize": True}, r"a depth of 16 makes floats.*Received: depth=16, dequantize=True"),
        ({"crop": "random"}, r"`crop` must be \"center\" or None.*Received: crop='random'"),
        ({"flip": "left"}, r"`flip` must be True or False. Received: flip='left'"),
        ({"dequantize": 1}, r"`dequantize` must be True or False. Received: dequantize=1"),
    ],
)
def test_options_that_do_not_exist(kwargs, message):
    with pytest.raises(ValueError, match=message):
        data.Preprocessing(**kwargs)


def test_the_text_of_it_names_what_is_unusual():
    assert repr(data.Preprocessing()) == "Preprocessing()"
    unusual = data.Preprocessing(channels=4, crop=None, load_size=(9, 8), flip=True)
    assert repr(unusual) == "Preprocessing(channels=4, crop=None, load_size=(9, 8), flip=True)"
    assert eval(repr(unusual), {"Preprocessing": data.Preprocessing}) == unusual
