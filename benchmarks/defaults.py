"""Does `compile()` without arguments learn with every network? Trains every pair on digits; prints a Markdown table.

    python benchmarks/defaults.py --seeds=0

Each GAN is trained with each network that it can take; the larger networks, with the GANs of their papers. Nothing is
chosen but the size of the networks, so that a pair takes less than three minutes on two cores: no optimizer, no
penalty, no average of the generator. All GANs have the same number of updates, those of both players together, so a GAN
with five discriminator updates in a step takes a third of the steps of a GAN with one.

The judge is that of `demo_quality.py`, a classifier that sees only scikit-learn's training digits. For 1,797 samples it
measures the Frechet distance of its features to the test split, over that of a Gaussian of full covariance fitted to
the training pixels, and the share of the rarest class. A pair has learnt if the distance is below the Gaussian's and no
class has less than half a percent. `CycleGAN` draws no samples: it translates digits to their negatives, from unpaired
halves, and has learnt if the mean absolute error is less than half that of the untranslated images. `Pix2Pix`,
`Pix2PixHD` and `DPED` do the same from pairs, and `StarGAN` between digits, their negatives and their mirror images,
with one generator, and is judged by the negatives. `SRGAN`, `ESRGAN` and `RealESRGAN` enlarge digits of 8x8 pixels, and
are compared with squares in the place of pixels. `EnlightenGAN` brightens digits of a quarter of the light, from
unpaired halves, and `AlphaGAN` finds the alphas of digits on noise, next to those of 1/2. `ContextEncoder` and
`FreeFormInpainter` fill holes in digits, and have learnt if the error is less than half that of grey holes. A `VAE`
bounds the likelihood: it has learnt if its bound on the test split is above the log likelihood of probabilistic PCA
with as many directions as its codes have numbers.
"""

import os
import pathlib
import sys
import time

from absl import app, flags

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from _judge import NUM_SAMPLES, Judge, real_images
from PIL import Image
from sklearn.decomposition import PCA

import keras_gan
from keras_gan import networks

FLAGS = flags.FLAGS
flags.DEFINE_list("seeds", ["0"], "Seeds, each a whole training of each pair.")
flags.DEFINE_list("pairs", [], "Pairs such as LSGAN/mlp, GANs or networks; default: all.")
flags.DEFINE_string("pictures", "runs/defaults", "Where a picture of samples of each pair goes.")

SMALLEST_SHARE = 0.005
TWO_PLAYERS = (
    "MinimaxGAN",
    "NonSaturatingGAN",
    "LSGAN",
    "HingeGAN",
    "WGAN",
    "WGANGP",
    "RelativisticGAN",
    "RelativisticAverageGAN",
)
SHAPE = {"image_shape": (32, 32, 1)}
# Of the generators that enlarge.
SMALL = {"image_shape": (None, None, 1), "width": 16}


def _with_encoder():
    """The networks of an `AnomalyGAN`."""
    return *networks.dcgan(**SHAPE, width=16), networks.dcgan_encoder(**SHAPE, width=16)


# The networks that draw images: how they are built, and the updates of both players together.
NETWORKS = {
    "dcgan": (lambda: networks.dcgan(**SHAPE, width=16), 3000),
    "dense_dcgan": (lambda: networks.dense_dcgan(**SHAPE, width=16, units=256), 3000),
    "mlp": (lambda: networks.mlp(**SHAPE, width=256), 6000),
    "resnet": (lambda: networks.resnet(**SHAPE, generator_width=16, discriminator_width=16), 6000),
    "dcgan with labels": (lambda: networks.dcgan(**SHAPE, width=16, num_classes=10), 3000),
    "mlp with labels": (lambda: networks.mlp(**SHAPE, width=256, num_classes=10), 6000),
    "acgan": (lambda: networks.acgan(**SHAPE, width=16), 3000),
    "info_gan": (lambda: networks.info_gan(**SHAPE, width=16, units=256), 3000),
    "vae_gan": (lambda: networks.vae_gan(**SHAPE, width=16), 3000),
    "dcgan_encoder": (_with_encoder, 3000),
    "bigan": (lambda: networks.bigan(**SHAPE, width=16), 3000),
    "wgan_gp_resnet": (lambda: networks.wgan_gp_resnet(**SHAPE, width=16), 6000),
    "sagan": (lambda: networks.sagan(**SHAPE, width=16), 6000),
    "biggan": (lambda: networks.biggan(**SHAPE, width=16), 6000),
    "stylegan2": (lambda: networks.stylegan2(**SHAPE, latent_dim=64, width=16, max_width=64, mapping_layers=2), 3000),
    "progressive": (lambda: networks.progressive(**SHAPE, latent_dim=64, width=16, max_width=64), 3000),
    "r3gan": (lambda: networks.r3gan(**SHAPE, width=32, blocks=1), 1500),
    "vit": (lambda: networks.vit(**SHAPE, patch_size=8, width=64, depth=2), 6000),
    "noise_unet": (lambda: networks.noise_unet(**SHAPE, width=16, stages=3), 3000),
}
PAIRS = [
    *((gan, network) for network in list(NETWORKS)[:6] for gan in TWO_PLAYERS),
    ("ACGAN", "acgan"),
    ("InfoGAN", "info_gan"),
    ("VAE", "vae"),
    ("VAEGAN", "vae_gan"),
    ("BiGAN", "bigan"),
    ("AnomalyGAN", "dcgan_encoder"),
    ("WGANGP", "wgan_gp_resnet"),
    ("HingeGAN", "sagan"),
    ("HingeGAN", "biggan"),
    ("StyleGAN2", "stylegan2"),
    ("StyleGAN2", "progressive"),
    ("R3GAN", "dcgan"),
    ("R3GAN", "r3gan"),
    ("R3GAN", "vit"),
    ("AdversarialFlow", "noise_unet"),
    ("CycleGAN", "resnet_translator"),
    ("Pix2Pix", "unet"),
    ("Pix2PixHD", "multiscale_discriminator"),
    ("StarGAN", "resnet_translator"),
    ("SRGAN", "srresnet"),
    ("ESRGAN", "rrdb"),
    ("RealESRGAN", "unet_discriminator"),
    ("DPED", "unet"),
    ("EnlightenGAN", "attention_unet"),
    ("AlphaGAN", "unet"),
    ("ContextEncoder", "context_encoder"),
    ("FreeFormInpainter", "gated_inpainter"),
]


def train(gan_name, network, seed):
    """The trained GAN of a pair that draws images, with nothing but defaults."""
    keras.utils.set_random_seed(seed)
    build, updates = NETWORKS[network]
    gan = getattr(keras_gan, gan_name)(*build(), seed=seed)
    gan.compile()
    labels = getattr(gan, "num_classes", None) is not None
    digits = keras_gan.data.load("digits", image_size=32, batch_size=64, labels=labels, seed=seed)
    gan.fit(digits, steps_per_epoch=updates // (gan.batches_per_step + 1), verbose=0)
    return gan


def judged(judge, images):
    """The distance of samples over the Gaussian's, and the share of their rarest class."""
    if not np.isfinite(images).all():
        return float("inf"), 0.0
    classes = judge.classifier.predict(images, verbose=0).argmax(axis=1)
    return judge.distance(images) / judge.baseline, np.bincount(classes, minlength=10).min() / len(images)


def has_learnt(ratio, share):
    """Whether samples are nearer than the Gaussian's, with all ten classes."""
    return ratio < 1.0 and share >= SMALLEST_SHARE


def translated(seed):
    """Digits, their translations to negatives by a CycleGAN with defaults, and the ratio of the errors."""
    keras.utils.set_random_seed(seed)
    translators = [networks.resnet_translator(**SHAPE, width=16, blocks=2) for _ in range(2)]
    judges = [networks.patch_discriminator(**SHAPE, width=16, layers=1) for _ in range(2)]
    gan = keras_gan.CycleGAN(*translators, *judges, identity_weight=0.0, seed=seed)
    gan.compile()
    digits, test = real_images("train")[0], real_images("test")[0]
    half = len(digits) // 2
    gan.fit({"source": digits[:half], "target": -digits[half : 2 * half]}, batch_size=8, epochs=8, verbose=0)
    images = gan.translate(test)
    return test, images, float(np.abs(images + test).mean() / np.abs(2 * test).mean())


def translated_from_pairs(seed):
    """As `translated`, by a Pix2Pix."""
    keras.utils.set_random_seed(seed)
    judge = networks.patch_discriminator(**SHAPE, source_channels=1, width=16, layers=1)
    return _trained_on_pairs(keras_gan.Pix2Pix(networks.unet(**SHAPE, width=16), judge, seed=seed))


def translated_by_features(seed):
    """As `translated`, by a Pix2PixHD."""
    keras.utils.set_random_seed(seed)
    judge = networks.multiscale_discriminator(**SHAPE, source_channels=1, width=16, layers=1)
    translator = networks.resnet_translator(**SHAPE, width=16, blocks=2)
    return _trained_on_pairs(keras_gan.Pix2PixHD(translator, judge, seed=seed))


def enhanced(seed):
    """As `translated`, by a DPED without the loss in the features of a trained network."""
    keras.utils.set_random_seed(seed)
    judge = networks.patch_discriminator(**SHAPE, width=16, layers=1)
    return _trained_on_pairs(keras_gan.DPED(networks.unet(**SHAPE, width=16), judge, seed=seed))


def brightened(seed):
    """Dark digits, what an EnlightenGAN with defaults makes of them, and the ratio of the errors; from halves.

    The features are those of a network that was never trained, which already sees where the strokes are.
    """
    keras.utils.set_random_seed(seed)
    judges = [networks.patch_discriminator(**SHAPE, width=16, layers=2, normalization=None) for _ in range(2)]
    layers = [keras.layers.Conv2D(16, 3, strides=2, activation="relu"), keras.layers.Conv2D(32, 3, name="parts")]
    trunk = keras.Sequential([keras.Input((None, None, 1)), *layers])
    features = keras_gan.losses.Perceptual(trunk, ["parts"])
    generator = networks.attention_unet(**SHAPE, width=8, halvings=2)
    gan = keras_gan.EnlightenGAN(generator, *judges, features=features, seed=seed)
    gan.compile()
    digits, test = real_images("train")[0], real_images("test")[0]
    half = len(digits) // 2
    gan.fit({"source": _darkened(digits[:half]), "target": digits[half : 2 * half]}, batch_size=8, epochs=8, verbose=0)
    dark = _darkened(test)
    images = gan.translate(dark)
    return dark, images, float(np.abs(images - test).mean() / np.abs(dark - test).mean())


def _darkened(images):
    """A quarter of the light."""
    return 0.25 * (images + 1.0) - 1.0


def matted(seed):
    """Digits on noise, the alphas that an AlphaGAN with defaults finds, and their error over that of grey."""
    keras.utils.set_random_seed(seed)
    judge = networks.patch_discriminator(**SHAPE, source_channels=1, width=16, layers=1)
    gan = keras_gan.AlphaGAN(networks.unet(image_shape=(32, 32, 2), target_channels=1, width=16), judge, seed=seed)
    gan.compile()
    data = {split: _on_noise(real_images(split)[0], seed) for split in ("train", "test")}
    gan.fit(data["train"], batch_size=8, epochs=4, verbose=0)
    source, alphas = data["test"].values()
    made, is_open = gan.translate(source), source[..., 1:] == 0.0
    return source[..., :1], made, float(np.abs(made - alphas)[is_open].mean() / np.abs(alphas)[is_open].mean())


def _on_noise(alphas, seed):
    """Bright digits over a dark noise, with the trimaps of their alphas."""
    rng = np.random.default_rng(seed)
    opacity = 0.5 * (alphas + 1.0)
    pictures = 0.8 * opacity + (1.0 - opacity) * rng.uniform(-1.0, 0.2, alphas.shape)
    source = np.concatenate([pictures, keras_gan.data.trimaps_of(alphas, radius=2)], axis=-1)
    return {"source": source.astype("float32"), "target": alphas}


def _trained_on_pairs(gan):
    gan.compile()
    digits, test = real_images("train")[0], real_images("test")[0]
    gan.fit({"source": digits, "target": -digits}, batch_size=8, epochs=4, verbose=0)
    images = gan.translate(test)
    return test, images, float(np.abs(images + test).mean() / np.abs(2 * test).mean())


def translated_between_domains(seed):
    """As `translated`, by a StarGAN between digits, their negatives and their mirror images, from unpaired thirds."""
    keras.utils.set_random_seed(seed)
    translator = networks.resnet_translator(**SHAPE, width=16, blocks=2, padding="zeros", num_classes=3)
    judge = networks.stargan_discriminator(**SHAPE, width=16, layers=4, num_classes=3)
    gan = keras_gan.StarGAN(translator, judge, seed=seed)
    gan.compile()
    digits, test = real_images("train")[0], real_images("test")[0]
    third = len(digits) // 3
    domains = [digits[:third], -digits[third : 2 * third], digits[2 * third : 3 * third, :, ::-1]]
    order = np.random.default_rng(seed).permutation(3 * third)
    data = {"images": np.concatenate(domains)[order], "labels": np.repeat(np.arange(3), third)[order]}
    gan.fit(data, batch_size=16, epochs=20, verbose=0)
    images = gan.translate(test, labels=1)
    return test, images, float(np.abs(images + test).mean() / np.abs(2 * test).mean())


def enlarged_by_pixels(seed):
    """Digits of 8x8 pixels, drawn as squares, what an SRGAN makes of them, and the ratio of the errors."""
    keras.utils.set_random_seed(seed)
    judge = networks.vgg_discriminator(**SHAPE, width=8, halvings=3)
    return _enlarged(keras_gan.SRGAN(networks.srresnet(**SMALL, blocks=2), judge, pretraining_steps=400, seed=seed))


def enlarged_by_dense_blocks(seed):
    """As `enlarged_by_pixels`, by an ESRGAN, which has no features to compare here."""
    keras.utils.set_random_seed(seed)
    generator, judge = _dense_blocks(), networks.vgg_discriminator(**SHAPE, width=8, halvings=3)
    return _enlarged(keras_gan.ESRGAN(generator, judge, pixel_weight=1.0, pretraining_steps=400, seed=seed))


def enlarged_and_sharpened(seed):
    """As `enlarged_by_pixels`, by a RealESRGAN."""
    keras.utils.set_random_seed(seed)
    judge = networks.unet_discriminator(**SHAPE, width=8)
    return _enlarged(keras_gan.RealESRGAN(_dense_blocks(), judge, pretraining_steps=400, seed=seed))


def _dense_blocks():
    return networks.rrdb(**SMALL, growth=8, blocks=1)


def _enlarged(gan):
    gan.compile()
    smaller, (digits, test) = keras_gan.data.Bicubic(4), (real_images(split)[0] for split in ("train", "test"))
    gan.fit({"source": smaller(digits, None).numpy(), "target": digits}, batch_size=16, epochs=18, verbose=0)
    small = smaller(test, None).numpy()
    images, squares = gan.upscale(small), np.repeat(np.repeat(small, 4, axis=1), 4, axis=2)
    return squares, images, float(np.abs(images - test).mean() / np.abs(squares - test).mean())


def filled(seed):
    """Digits with grey holes, completed by a ContextEncoder with defaults, and the ratio of the errors."""
    keras.utils.set_random_seed(seed)
    parts = networks.context_encoder(**SHAPE, width=16, bottleneck=128)
    return _trained_on_holes(keras_gan.ContextEncoder(*parts, seed=seed))


def filled_anywhere(seed):
    """As `filled`, by a FreeFormInpainter."""
    keras.utils.set_random_seed(seed)
    sizes = {"width": 8, "attention": False, "discriminator_width": 16, "discriminator_layers": 3}
    parts = networks.gated_inpainter(**SHAPE, **sizes)
    return _trained_on_holes(keras_gan.FreeFormInpainter(*parts, seed=seed))


def _trained_on_holes(model):
    model.compile()
    digits, test = real_images("train")[0], real_images("test")[0]
    model.fit(digits, batch_size=16, epochs=8, verbose=0)
    masks = model.masks(len(test), test.shape[1:3], seed=(0, 0)).numpy()
    images, holes = model.inpaint(test, masks), np.where(masks, 0.0, test)
    return holes, images, float(np.abs(images - test).mean() / np.abs(holes - test).mean())


def bounded(seed):
    """Digits, their reconstructions by a VAE, and by how many nats an image its bound exceeds probabilistic PCA."""
    keras.utils.set_random_seed(seed)
    vae = keras_gan.VAE(*networks.vae(**SHAPE), seed=seed)
    vae.compile()
    digits, test = real_images("train")[0], real_images("test")[0]
    vae.fit(digits, batch_size=64, epochs=70, verbose=0)
    width, rng = vae.likelihood.noise_width, np.random.default_rng(seed)
    flat, held_out = (
        (images + width * rng.uniform(-0.5, 0.5, images.shape)).reshape(len(images), -1) for images in (digits, test)
    )
    pca = PCA(vae.latent_shape[0], random_state=0).fit(flat)
    linear = pca.score(held_out) + flat.shape[1] * np.log(width)
    return test, vae.reconstruct(test), float(vae.elbo(test).mean() - linear)


TRANSLATORS = {
    "ContextEncoder": filled,
    "FreeFormInpainter": filled_anywhere,
    "CycleGAN": translated,
    "Pix2Pix": translated_from_pairs,
    "Pix2PixHD": translated_by_features,
    "StarGAN": translated_between_domains,
    "SRGAN": enlarged_by_pixels,
    "ESRGAN": enlarged_by_dense_blocks,
    "RealESRGAN": enlarged_and_sharpened,
    "DPED": enhanced,
    "EnlightenGAN": brightened,
    "AlphaGAN": matted,
}


def row(judge, gan_name, network, seed, folder):
    """Train and judge a pair: one line of the table, and whether it has learnt."""
    begin = time.perf_counter()
    if gan_name in TRANSLATORS:
        inputs, images, ratio = TRANSLATORS[gan_name](seed)
        cells, learnt = f"{ratio:.3f} (error) | ", ratio < 0.5
        shown = np.concatenate([inputs[:18], images[:18]])
    elif gan_name == "VAE":
        inputs, images, gain = bounded(seed)
        cells, learnt = f"{gain:+.0f} nats | ", gain > 0
        shown = np.concatenate([inputs[:18], images[:18]])
    else:
        gan = train(gan_name, network, seed)
        images = gan.generate(NUM_SAMPLES, seed=0)
        ratio, share = judged(judge, images)
        cells, learnt = f"{ratio:.3f} | {share:.1%}", has_learnt(ratio, share)
        shown = images[:36]
    seconds = time.perf_counter() - begin
    folder.mkdir(parents=True, exist_ok=True)
    picture = keras_gan.callbacks.image_grid(shown).squeeze(-1)
    Image.fromarray(picture).save(folder / f"{gan_name}_{network.replace(' ', '_')}_{seed}.png")
    return f"| {gan_name} | {network} | {seed} | {cells} | {seconds:.0f} | {'yes' if learnt else '**no**'} |", learnt


def chosen():
    """The pairs that the flag names."""
    pairs = [pair for pair in PAIRS if not FLAGS.pairs or {*pair, "/".join(pair)}.intersection(FLAGS.pairs)]
    if not pairs:
        raise app.UsageError(
            f"--pairs must name pairs such as LSGAN/mlp, GANs or networks. Received: {','.join(FLAGS.pairs)}"
        )
    return pairs


def main(argv):
    """Train, judge, print, draw."""
    if argv[1:]:
        raise app.UsageError(f"Give flags alone. Received: {' '.join(argv[1:])}")
    pairs, judge, missed = chosen(), Judge(), 0
    print(f"Judge: test accuracy {judge.accuracy:.3f}. {NUM_SAMPLES} samples.\n")
    print("| GAN | networks | seed | distance over the Gaussian's | rarest class | seconds | learns |")
    print("|---|---|---|---|---|---|---|")
    for gan_name, network in pairs:
        for seed in map(int, FLAGS.seeds):
            line, learnt = row(judge, gan_name, network, seed, pathlib.Path(FLAGS.pictures))
            missed += not learnt
            print(line, flush=True)
    print(f"\nPictures: {FLAGS.pictures}. {missed} of {len(pairs) * len(FLAGS.seeds)} did not learn.")
    sys.exit(missed > 0)


if __name__ == "__main__":
    app.run(main)
