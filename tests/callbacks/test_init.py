from keras_gan import callbacks


def test_the_public_names():
    assert callbacks.__all__ == ["ImageSnapshots", "LossCurves", "Throughput", "image_grid"]
    assert all(hasattr(callbacks, name) for name in callbacks.__all__)
