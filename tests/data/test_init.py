from keras_gan import data


def test_the_public_names():
    assert data.__all__ == [
        "TFDS",
        "Arrays",
        "Digits",
        "Folder",
        "ImageData",
        "NumpyFile",
        "Preprocessing",
        "Source",
        "load",
    ]
    assert all(hasattr(data, name) for name in data.__all__)
