"""Learn handwritten digits in about a minute, draw 36, export the generator: python examples/minimal.py."""

import pathlib

import keras

import keras_gan

keras.utils.set_random_seed(0)
digits = keras_gan.data.load("digits", image_size=32)
generator, discriminator = keras_gan.networks.dcgan(
    image_shape=digits.image_shape, latent_dim=64, width=32, spectral_normalization=False
)
# Samples come from an average of the generator, which draws cleaner digits than the generator of the last step.
gan = keras_gan.NonSaturatingGAN(generator, discriminator, penalties=[keras_gan.penalties.R1(0.1)], ema_half_life=5000)
optimizers = [keras.optimizers.Adam(1e-3, beta_1=0.0, beta_2=0.99) for _ in range(2)]
gan.compile(*optimizers)
gan.fit(digits, epochs=12, steps_per_epoch=50, callbacks=[keras_gan.callbacks.Progress()])

picture = pathlib.Path("runs/minimal/samples.png")
picture.parent.mkdir(parents=True, exist_ok=True)
images = gan.generate(36, seed=0)
keras.utils.save_img(picture, keras_gan.callbacks.image_grid(images), scale=False)

folder = keras_gan.export.save(gan, "saved_models/minimal")
print(f"Samples: {picture}. The generator, for TensorFlow Serving: {folder}")
