from keras_gan import export


def test_the_public_names():
    assert export.__all__ == ["save"]
    assert all(hasattr(export, name) for name in export.__all__)
