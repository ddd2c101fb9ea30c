"""What the flags of restore.py describe: the model and how it is measured."""

import pathlib

import keras
from absl import flags

import keras_gan
from keras_gan import callbacks, losses, metrics, networks, schedules

FLAGS = flags.FLAGS


def measures():
    """Return the names of what is measured."""
    return ["hole_psnr", "ssim"] if FLAGS.task == "inpaint" else ["psnr", "ssim"]


def evaluation(batch, run_dir):
    """Return the callback that measures held-out squares. It keeps no best model: these measures prefer a blur."""
    return callbacks.Evaluate(batch, metrics.PairEvaluator(measures()), directory=run_dir)


def make_model(channels):
    """Return the compiled model of the flags, for pictures of some channels."""
    model = _MODELS[FLAGS.model](channels)
    beta_1 = 0.9 if FLAGS.task == "upscale" else 0.5
    rates = _rates()
    # EnlightenGAN's player of two discriminators has the rate of one.
    optimizers = {
        name: keras.optimizers.Adam(rates.get(name, rates["discriminator"]), beta_1, epsilon=1e-8)
        for name in model.players
    }
    model.compile(**{f"{name}_optimizer": optimizer for name, optimizer in optimizers.items()})
    return model


def _rates():
    """Return the learning rates by player. Narrow networks and short runs learn sooner than at the papers' rates."""
    if FLAGS.task == "upscale":
        first = 1e-3 if FLAGS.model == "SRGAN" else 4e-4
        falling = schedules.Cosine(first, 1e-4, steps=max(1, FLAGS.pretraining_steps))
        return {"generator": falling, "discriminator": 1e-4}
    rates, hold = {"generator": 1e-3, "discriminator": 2e-4}, FLAGS.steps // 2
    return {name: schedules.LinearDecay(rate, FLAGS.steps, hold_steps=hold) for name, rate in rates.items()}


def _srgan(channels):
    sizes = {"image_shape": (None, None, channels), "width": FLAGS.width, "blocks": FLAGS.blocks}
    # A short training need not learn to enlarge smoothly.
    generator, perceptual = networks.srresnet(**sizes, scale=FLAGS.scale, skip="bicubic"), _features("srgan")
    # Features take the place of the pixels, as in the paper.
    weights = {} if perceptual is None else {"perceptual": perceptual, "pixel_weight": 0.0}
    return keras_gan.SRGAN(generator, _vgg_discriminator(channels), **weights, **_phases())


def _esrgan(channels):
    perceptual = _features("esrgan")
    weights = {"pixel_weight": 1.0} if perceptual is None else {"perceptual": perceptual}
    return keras_gan.ESRGAN(_rrdb(channels), _vgg_discriminator(channels), **weights, **_short_average(), **_phases())


def _real_esrgan(channels):
    sizes = {"image_shape": (FLAGS.image_size, FLAGS.image_size, channels), "width": max(1, FLAGS.width // 2)}
    discriminator = networks.unet_discriminator(**sizes)
    perceptual = _features("real-esrgan")
    return keras_gan.RealESRGAN(_rrdb(channels), discriminator, perceptual=perceptual, **_short_average(), **_phases())


def _rrdb(channels):
    sizes = {"width": FLAGS.width, "growth": FLAGS.width // 2, "blocks": FLAGS.blocks}
    return networks.rrdb(image_shape=(None, None, channels), scale=FLAGS.scale, skip="bicubic", **sizes)


def _vgg_discriminator(channels):
    # Down to squares of at least 4 pixels.
    halvings = min(4, FLAGS.image_size.bit_length() - 3)
    shape = (FLAGS.image_size, FLAGS.image_size, channels)
    return networks.vgg_discriminator(image_shape=shape, width=max(1, FLAGS.width // 2), halvings=halvings)


def _phases():
    return {"pretraining_steps": FLAGS.pretraining_steps, "seed": FLAGS.seed}


def _short_average():
    """The averages of the papers are longer than these runs."""
    return {"ema_half_life": 100 * FLAGS.batch_size}


def _free_form(channels):
    sizes = {"width": max(1, FLAGS.width // 4), "discriminator_width": FLAGS.width, "discriminator_layers": 4}
    generator, discriminator = networks.gated_inpainter(image_shape=(None, None, channels), **sizes, attention=False)
    # With the paper's weight, 1, the discriminator wins a short training, and the generator draws blots into the holes.
    return keras_gan.FreeFormInpainter(_beyond_smooth_holes(generator), discriminator, l1_weight=50.0, seed=FLAGS.seed)


def _beyond_smooth_holes(network):
    """Return an inpainter that adds a network's details to what continues the picture smoothly into its holes.

    At first it adds nothing. The network sees and paints details alone: the difference to the smooth picture.
    """
    for stage in ("coarse", "fine"):
        kernel = network.get_layer(f"{stage}_to_images").kernel
        kernel.assign(keras.ops.zeros_like(kernel))
    images, masks = (keras.Input(tensor.shape[1:], name=name) for name, tensor in network.input.items())
    known = keras.layers.Rescaling(-1.0, 1.0, dtype="float32", name="known")(masks)
    smooth = _smooth(images, known)
    details = keras.ops.multiply(known, keras.ops.subtract(images, smooth))
    painted = network({"images": details, "masks": masks})
    stages = {name: keras.ops.clip(keras.ops.add(smooth, painted[name]), -1.0, 1.0) for name in ("images", "coarse")}
    return keras.Model({"images": images, "masks": masks}, stages, name="inpainter")


def _smooth(images, known):
    """Return what is known, blurred and continued: means of known pixels in squares, of which small ones count most.

    A normalised convolution (Knutsson and Westin 1993). It is made at a quarter of the sides.
    """

    def blurred(x):
        small = keras.layers.AveragePooling2D(4, dtype="float32")(x)
        means = [
            keras.layers.Rescaling(1000.0**-index, dtype="float32")(
                keras.layers.AveragePooling2D(side, 1, padding="same", dtype="float32")(small)
            )
            for index, side in enumerate((1, 3, 9, 27))
        ]
        return keras.layers.Add(dtype="float32")(means)

    weights = keras.layers.Rescaling(1.0, 1e-12, dtype="float32")(blurred(known))
    means = keras.ops.divide(blurred(keras.ops.multiply(images, known)), weights)
    return _enlarged(means, 4)


def _enlarged(images, scale):
    """Return nearly the bilinear enlargement. That of Keras needs to know the sides."""
    squares = keras.layers.UpSampling2D(scale, dtype="float32")(images)
    return keras.layers.AveragePooling2D(scale + 1, 1, padding="same", dtype="float32")(squares)


def _context_encoder(channels):
    sizes = {"image_shape": (FLAGS.image_size, FLAGS.image_size, channels), "width": FLAGS.width}
    parts = networks.context_encoder(**sizes, paints="whole", bottleneck=16 * FLAGS.width)
    return keras_gan.ContextEncoder(*parts, seed=FLAGS.seed)


def _pix2pix(channels):
    judge = _patch_discriminator(channels, source_channels=channels)
    return keras_gan.Pix2Pix(_enhancer(channels), judge, seed=FLAGS.seed)


def _dped(channels):
    return keras_gan.DPED(_enhancer(channels), _patch_discriminator(1), content=_features("dped"), seed=FLAGS.seed)


def _enlighten_gan(channels):
    judges = [_light_discriminator(channels, size) for size in (FLAGS.image_size, FLAGS.image_size // 2)]
    features = _features("enlightengan", "vgg16") or _untrained_features(channels)
    options = {"features": features, "patch_size": FLAGS.image_size // 2, "seed": FLAGS.seed}
    return keras_gan.EnlightenGAN(_enhancer(channels), *judges, **options)


def _light_discriminator(channels, size):
    """Return a judge of squares or their parts, without normalisation as in the paper."""
    sizes = {"image_shape": (size, size, channels), "width": max(1, FLAGS.width // 2)}
    return networks.patch_discriminator(**sizes, layers=min(4, size.bit_length() - 3), normalization=None)


def _untrained_features(channels):
    """Return the features of random convolutions: edges and their directions, which stay when light is added."""
    x = images = keras.Input((None, None, channels), name="images")
    # At half the sides, where noise counts less.
    for number, strides in enumerate((2, 1)):
        options = {"kernel_initializer": keras.initializers.HeNormal(seed=FLAGS.seed + number), "activation": "relu"}
        x = keras.layers.Conv2D(32, 3, strides, padding="same", name=f"conv_{number}", **options)(x)
    return losses.Perceptual(keras.Model(images, x, name="untrained"), ["conv_1"])


def _enhancer(channels):
    """Return the network of a task that keeps the size."""
    if FLAGS.task == "brighten":
        return networks.attention_unet(image_shape=(None, None, channels), width=FLAGS.width, halvings=3)
    return (_colouriser if FLAGS.task == "colourise" else _denoiser)(channels)


def _colouriser(channels):
    """Return a U-Net that finds the colours of a grey picture, whose luma stays as it is."""
    if channels != 3:
        raise ValueError(f"Grey pictures do not teach colours: give others. Received: --pictures={FLAGS.pictures}")
    images = keras.Input((None, None, 3), name="images")
    painted = networks.unet(image_shape=(None, None, 3), width=FLAGS.width, depth=4, dropout=0.0)(images)
    # ITU-R BT.601.
    luma = keras.ops.sum(painted * keras.ops.array([0.299, 0.587, 0.114]), axis=-1, keepdims=True)
    coloured = keras.layers.Activation("hard_tanh", dtype="float32")(images + painted - luma)
    # `restore_pictures` asks for the name.
    return keras.Model(images, coloured, name="colouriser")


def _alpha_gan(channels):
    sizes = {"image_shape": (None, None, channels + 1), "target_channels": 1, "width": FLAGS.width}
    generator = networks.unet(**sizes, depth=min(5, FLAGS.image_size.bit_length() - 1), dropout=0.0)
    # The distances count more than the discriminator, which a short training gains little from.
    weights = dict.fromkeys(("alpha_weight", "composition_weight"), 100.0)
    judge = _patch_discriminator(channels, source_channels=1)
    return keras_gan.AlphaGAN(generator, judge, **weights, seed=FLAGS.seed)


def _denoiser(channels):
    """Return convolutions that find the noise, which is taken away (DnCNN, Zhang et al. 2017, arXiv 1608.03981)."""
    x = images = keras.Input((None, None, channels), name="images")
    for number in range(FLAGS.blocks + 1):
        x = keras.layers.Conv2D(FLAGS.width, 3, padding="same", activation="relu", name=f"conv_{number}")(x)
    # Zeros: at first it returns what it is given.
    noise = keras.layers.Conv2D(channels, 3, padding="same", kernel_initializer="zeros", name="noise")(x)
    clean = keras.layers.Subtract(dtype="float32", name="clean")([images, noise])
    return keras.Model(images, keras.layers.Activation("hard_tanh", dtype="float32")(clean), name="denoiser")


def _patch_discriminator(channels, **options):
    shape = (FLAGS.image_size, FLAGS.image_size, channels)
    return networks.patch_discriminator(image_shape=shape, width=max(1, FLAGS.width // 2), layers=2, **options)


def _features(paper, architecture="vgg19"):
    """Return the perceptual loss of a paper in the features of --features, or None without them."""
    if not FLAGS.features:
        return None
    weights = pathlib.Path(FLAGS.features).expanduser()
    trunk = networks.perceptual_trunk(weights=weights, architecture=architecture)
    return losses.Perceptual.published(paper, trunk)


_MODELS = {
    "SRGAN": _srgan,
    "ESRGAN": _esrgan,
    "RealESRGAN": _real_esrgan,
    "FreeFormInpainter": _free_form,
    "ContextEncoder": _context_encoder,
    "Pix2Pix": _pix2pix,
    "DPED": _dped,
    "EnlightenGAN": _enlighten_gan,
    "AlphaGAN": _alpha_gan,
}
