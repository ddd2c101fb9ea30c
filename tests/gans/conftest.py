"""Networks so small that a test can check every number, and a model of each class that is made of such networks."""

import functools

import keras
import numpy as np
import pytest

import keras_gan
from keras_gan.layers import (
    CodeEncoding,
    LearnedConstant,
    MelSpectrogram,
    SpectralNormalization,
    WeightNormalization,
)


def make_networks(*, batch_norm=False, spectral=False, dropout=0.0):
    """A generator 4 -> 8x8x1 and a discriminator for it; without options, they have no state except their weights."""
    normalise = [keras.layers.BatchNormalization()] if batch_norm else []
    wrap = SpectralNormalization if spectral else (lambda layer: layer)
    generator = keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Dense(16),
            *normalise,
            keras.layers.LeakyReLU(0.2),
            keras.layers.Dense(64, activation="tanh", dtype="float32"),
            keras.layers.Reshape((8, 8, 1), dtype="float32"),
        ],
        name="generator",
    )
    # Synchronised, because only then are second-order gradients right.
    normalise = [keras.layers.BatchNormalization(synchronized=True)] if batch_norm else []
    discriminator = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            keras.layers.Flatten(),
            wrap(keras.layers.Dense(16)),
            *normalise,
            keras.layers.LeakyReLU(0.2),
            *([keras.layers.Dropout(dropout)] if dropout else []),
            wrap(keras.layers.Dense(1, dtype="float32")),
        ],
        name="discriminator",
    )
    return generator, discriminator


def _judge(shape, heads, *, spectral, dropout, name="discriminator"):
    """A discriminator with outputs of its own, and the features that they are made of."""
    wrap = SpectralNormalization if spectral else (lambda layer: layer)
    images = keras.Input(shape)
    hidden = wrap(keras.layers.Dense(8))(keras.layers.Flatten()(images))
    features = keras.layers.Dropout(dropout)(keras.layers.LeakyReLU(0.2)(hidden))
    outputs = {head: wrap(keras.layers.Dense(units, dtype="float32"))(features) for head, units in heads.items()}
    return images, outputs, hidden


def _conditional(**options):
    """A generator that is told the class, and a discriminator that names it."""
    latents, labels = keras.Input((4,), name="latents"), keras.Input((), dtype="int32", name="labels")
    both = keras.layers.Concatenate()([latents, keras.layers.Embedding(3, 4)(labels)])
    made = keras.layers.Reshape((8, 8, 1), dtype="float32")(keras.layers.Dense(64, "tanh", dtype="float32")(both))
    images, outputs, _ = _judge((8, 8, 1), {"logits": 1, "classes": 3}, **options)
    return keras.Model({"latents": latents, "labels": labels}, made), keras.Model(images, outputs)


def _informative(**options):
    """A generator that is told codes, and a discriminator that infers them and how sure it is."""
    latents, codes = keras.Input((4,), name="latents"), keras.Input((2,), name="codes")
    both = keras.layers.Concatenate()([latents, CodeEncoding((3,), 1)(codes)])
    made = keras.layers.Reshape((8, 8, 1), dtype="float32")(keras.layers.Dense(64, "tanh", dtype="float32")(both))
    images, outputs, _ = _judge((8, 8, 1), {"logits": 1, "codes": 5}, **options)
    return keras.Model({"latents": latents, "codes": codes}, made), keras.Model(images, outputs)


def _translating(**options):
    """Two translators and two discriminators."""
    convolutions = [keras.layers.Conv2D(1, 3, padding="same", activation="tanh", dtype="float32") for _ in range(2)]
    judges = [_judge((8, 8, 1), {"logits": 1}, **options) for _ in range(2)]
    return (
        *(keras.Sequential([keras.Input((8, 8, 1)), convolution]) for convolution in convolutions),
        *(keras.Model(images, outputs["logits"]) for images, outputs, _ in judges),
    )


def _pairing(*, scales=0, spectral, dropout):
    """A translator, and a discriminator of pairs; of several scales with features, if there are any."""
    wrap = SpectralNormalization if spectral else (lambda layer: layer)
    generator = [keras.Input((8, 8, 1)), keras.layers.Conv2D(1, 3, padding="same", activation="tanh", dtype="float32")]
    pair = {name: keras.Input((8, 8, 1), name=name) for name in ("images", "source")}
    joined = keras.layers.Flatten()(keras.layers.Concatenate()(list(pair.values())))
    logits, features = [], []
    for _ in range(scales or 1):
        maps = keras.layers.LeakyReLU(0.2)(wrap(keras.layers.Dense(8))(joined))
        features.append([maps])
        logits.append(wrap(keras.layers.Dense(1, dtype="float32"))(keras.layers.Dropout(dropout)(maps)))
    outputs = {"logits": logits, "features": features} if scales else logits[0]
    return keras.Sequential(generator), keras.Model(pair, outputs)


def _enlarging(**options):
    """A generator that doubles the sides, and a discriminator of large images."""
    make = [
        keras.Input((4, 4, 1)),
        keras.layers.Conv2D(4, 3, padding="same", activation="tanh", dtype="float32"),
        keras_gan.layers.PixelShuffle(2, dtype="float32"),
    ]
    images, outputs, _ = _judge((8, 8, 1), {"logits": 1}, **options)
    return keras.Sequential(make), keras.Model(images, outputs["logits"])


def _enhancing(**options):
    """A generator of colours, and a discriminator of grey pictures."""
    generator = [keras.Input((8, 8, 1)), keras.layers.Conv2D(3, 3, padding="same", activation="tanh", dtype="float32")]
    images, outputs, _ = _judge((8, 8, 1), {"logits": 1}, **options)
    return keras.Sequential(generator), keras.Model(images, outputs["logits"])


def _enlightening(**options):
    """A generator, and discriminators of whole pictures and of parts."""
    generator = [keras.Input((8, 8, 1)), keras.layers.Conv2D(1, 3, padding="same", activation="tanh", dtype="float32")]
    judges = [_judge((side, side, 1), {"logits": 1}, **options) for side in (8, 4)]
    return keras.Sequential(generator), *(keras.Model(images, outputs["logits"]) for images, outputs, _ in judges)


def _matting(**options):
    """A generator of alphas from grey pictures with trimaps, and a discriminator of pictures."""
    generator = [keras.Input((8, 8, 2)), keras.layers.Conv2D(1, 3, padding="same", activation="tanh", dtype="float32")]
    images, outputs, _ = _judge((8, 8, 1), {"logits": 1}, **options)
    return keras.Sequential(generator), keras.Model(images, outputs["logits"])


def _starring(**options):
    """A generator that is told the domain, and a discriminator that names it and draws nothing."""
    dropout = options.pop("dropout")
    images, labels = keras.Input((8, 8, 1), name="images"), keras.Input((3,), name="labels")
    planes = keras.layers.Reshape((8, 8, 3), dtype="float32")(keras.layers.RepeatVector(64, dtype="float32")(labels))
    both = keras.layers.Dropout(dropout)(keras.layers.Concatenate()([images, planes]))
    made = keras.layers.Conv2D(1, 3, padding="same", activation="tanh", dtype="float32")(both)
    judged, outputs, _ = _judge((8, 8, 1), {"logits": 1, "classes": 3}, dropout=0.0, **options)
    return keras.Model({"images": images, "labels": labels}, made), keras.Model(judged, outputs)


def _painting(**options):
    """A generator of whole pictures, and a discriminator of them that draws nothing."""
    dropout = options.pop("dropout")
    seen = keras.Input((8, 8, 1), name="images")
    made = keras.layers.Dropout(dropout)(keras.layers.Conv2D(2, 3, padding="same")(seen))
    made = keras.layers.Conv2D(1, 3, padding="same", activation="tanh", dtype="float32")(made)
    images, outputs, _ = _judge((8, 8, 1), {"logits": 1}, dropout=0.0, **options)
    return keras.Model(seen, made), keras.Model(images, outputs["logits"])


def _refining(**options):
    """A generator of two stages, and a discriminator that sees the mask and draws nothing."""
    dropout = options.pop("dropout")
    seen = {name: keras.Input((8, 8, 1), name=name) for name in ("images", "masks")}
    both = keras.layers.Dropout(dropout)(keras.layers.Concatenate()(list(seen.values())))
    stages = {"activation": "tanh", "padding": "same", "dtype": "float32"}
    coarse = keras.layers.Conv2D(1, 3, **stages)(both)
    fine = keras.layers.Conv2D(1, 3, **stages)(coarse)
    judged = {name: keras.Input((8, 8, 1), name=name) for name in ("images", "masks")}
    images, outputs, _ = _judge((8, 8, 2), {"logits": 1}, dropout=0.0, **options)
    logits = keras.Model(images, outputs["logits"])(keras.layers.Concatenate()(list(judged.values())))
    return keras.Model(seen, {"images": fine, "coarse": coarse}), keras.Model(judged, logits)


def _autoencoding(**options):
    """An encoder, a decoder, and a discriminator that returns its features."""
    images = keras.Input((8, 8, 1))
    flat = keras.layers.Flatten()(images)
    codes = {name: keras.layers.Dense(4, dtype="float32")(flat) for name in ("mean", "log_variance")}
    judged, outputs, features = _judge((8, 8, 1), {"logits": 1}, **options)
    outputs["features"] = keras.layers.Activation("linear", dtype="float32")(features)
    return keras.Model(images, codes), make_networks()[0], keras.Model(judged, outputs)


def _inferring(**options):
    """A generator, an encoder, and a discriminator of images with their codes."""
    wrap = SpectralNormalization if options["spectral"] else (lambda layer: layer)
    encoder = [keras.Input((8, 8, 1)), keras.layers.Flatten(), keras.layers.Dense(4, dtype="float32")]
    pair = {"images": keras.Input((8, 8, 1), name="images"), "latents": keras.Input((4,), name="latents")}
    joined = keras.layers.Concatenate()([keras.layers.Flatten()(pair["images"]), pair["latents"]])
    hidden = keras.layers.LeakyReLU(0.2)(wrap(keras.layers.Dense(8))(joined))
    logits = wrap(keras.layers.Dense(1, dtype="float32"))(keras.layers.Dropout(options["dropout"])(hidden))
    return make_networks()[0], keras.Sequential(encoder), keras.Model(pair, logits)


def _scoring(**options):
    """A generator, a critic, and an encoder for the second phase of the training."""
    images, outputs, _ = _judge((8, 8, 1), {"logits": 1}, **options)
    encoder = [keras.Input((8, 8, 1)), keras.layers.Flatten(), keras.layers.Dense(4, dtype="float32")]
    return make_networks()[0], keras.Model(images, outputs["logits"]), keras.Sequential(encoder)


def _encoding_again(**options):
    """An encoder, a decoder, a second encoder, and a discriminator that returns its features."""
    _, decoder, judge = _autoencoding(**options)
    encoders = [[keras.layers.Flatten(), keras.layers.Dense(4, dtype="float32")] for _ in range(2)]
    first, second = (keras.Sequential([keras.Input((8, 8, 1)), *layers]) for layers in encoders)
    return first, decoder, second, judge


def _bounding(*, spectral, dropout):
    """An encoder with a spectral norm and dropout, and a decoder that learns its scale."""
    wrap = SpectralNormalization if spectral else (lambda layer: layer)
    images, latents = keras.Input((8, 8, 1)), keras.Input((4,), name="latents")
    flat = keras.layers.Dropout(dropout)(wrap(keras.layers.Dense(8))(keras.layers.Flatten()(images)))
    codes = {name: keras.layers.Dense(4, dtype="float32")(flat) for name in ("mean", "log_variance")}
    made = {"images": make_networks()[0](latents), "log_scale": LearnedConstant((1, 1, 1), dtype="float32")(latents)}
    return keras.Model(images, codes), keras.Model(latents, made)


def _flowing(**options):
    """A generator of noise of the image's shape, and a discriminator without random layers."""
    make = [
        keras.Input((8, 8, 1)),
        keras.layers.Conv2D(1, 3, padding="same", activation="tanh"),
        keras.layers.Dropout(options.pop("dropout")),
        keras.layers.Conv2D(1, 3, padding="same", dtype="float32"),
    ]
    images, outputs, _ = _judge((8, 8, 1), {"logits": 1}, dropout=0.0, **options)
    return keras.Sequential(make), keras.Model(images, outputs["logits"])


def _sounding(*, spectral, dropout):
    """A generator of waveforms that is told the class, and a critic that hears it."""
    wrap = SpectralNormalization if spectral else (lambda layer: layer)
    generator, _ = keras_gan.networks.wavegan(num_samples=64, latent_dim=4, width=2, num_classes=3)
    labels = keras.Input((), dtype="int32", name="labels")
    heard = {"waveforms": keras.Input((64, 1), name="waveforms"), "labels": labels}
    shuffled = keras_gan.layers.PhaseShuffle(1 if dropout else 0)(heard["waveforms"])
    both = keras.layers.Concatenate()([keras.layers.Flatten()(shuffled), keras.layers.Embedding(3, 4)(labels)])
    hidden = keras.layers.LeakyReLU(0.2)(wrap(keras.layers.Dense(8))(both))
    logits = wrap(keras.layers.Dense(1, dtype="float32"))(keras.layers.Dropout(dropout)(hidden))
    return generator, keras.Model(heard, logits)


def _vocoding(*, spectral, dropout):
    """A generator of 16 samples for a frame of mels, and a discriminator of two scales with their maps."""
    wrap = SpectralNormalization if spectral else (lambda layer: layer)
    mels, waveforms = keras.Input((None, 8), name="mels"), keras.Input((None, 1), name="waveforms")
    hidden = keras.layers.LeakyReLU(0.2)(WeightNormalization(keras.layers.Conv1D(4, 3, padding="same"))(mels))
    last = {"strides": 16, "padding": "same", "activation": "tanh", "dtype": "float32"}
    made = WeightNormalization(keras.layers.Conv1DTranspose(1, 32, **last))(hidden)
    logits, features = [], []
    for strides in (2, 4):
        maps = keras.layers.LeakyReLU(0.2)(wrap(keras.layers.Conv1D(4, 8, strides))(waveforms))
        features.append([maps])
        logits.append(wrap(keras.layers.Conv1D(1, 3, dtype="float32"))(keras.layers.Dropout(dropout)(maps)))
    return keras.Model(mels, made), keras.Model(waveforms, {"logits": logits, "features": features})


@pytest.fixture
def vocoder_by_hand():
    """The function that makes a compiled vocoder whose losses can be computed by hand.

    Its generator is tanh(w sum of a frame's mels), and its discriminators have the maps (x, 2x) and (3x,), and logits.
    """

    def make(gan, front_end, **options):
        ones = {"use_bias": False, "kernel_initializer": "ones"}
        mels, waveforms = keras.Input((None, 8), name="mels"), keras.Input((None, 1), name="waveforms")
        frame = keras.layers.Conv1DTranspose(1, 16, strides=16, **ones)(mels)
        generator = keras.Model(mels, keras.layers.Activation("tanh")(0.01 * frame))
        one, other = (keras.layers.Conv1D(1, 1, **ones)(factor * waveforms) for factor in (2.0, 3.0))
        outputs = {"logits": [0.5 * one, 0.25 * other], "features": [[waveforms, one], [other]]}
        model = gan(generator, keras.Model(waveforms, outputs), front_end, seed=0, **options)
        still = {f"{name}_optimizer": keras.optimizers.SGD(0.0) for name in model.players}
        model.compile(**still, run_eagerly=True)
        return model

    return make


def sound_snapshots(directory, **options):
    """Snapshots of sound, which write no GIF."""
    return keras_gan.callbacks.AudioSnapshots(directory, sample_rate=8000, num_waveforms=4, **options)


def _filming(**options):
    """A generator of clips from content and motion, and discriminators of frames and of clips."""
    content, motion = keras.Input((4,), name="latents"), keras.Input((4, 2), name="motions")
    # Without a cell, which takes long to trace.
    path = keras.layers.Conv1D(4, 2)(motion)
    codes = keras.layers.Add()([path, keras.layers.RepeatVector(3)(content)])
    pixels = keras.layers.Dense(64, activation="tanh", dtype="float32")(codes)
    made = keras.layers.Reshape((3, 8, 8, 1), dtype="float32")(pixels)
    judges = [_judge(shape, {"logits": 1}, **options) for shape in ((8, 8, 1), (3, 8, 8, 1))]
    judges = (keras.Model(images, outputs["logits"]) for images, outputs, _ in judges)
    return keras.Model({"latents": content, "motions": motion}, made), *judges


def _acting(*, spectral, dropout):
    """A generator of clips with their masks, and a discriminator of clips."""
    latents = keras.Input((4,), name="latents")
    heads = {"clips": "tanh", "masks": "sigmoid"}
    shape = (3, 8, 8, 1)
    pixels = {name: keras.layers.Dense(192, activation, dtype="float32")(latents) for name, activation in heads.items()}
    made = {name: keras.layers.Reshape(shape, dtype="float32")(values) for name, values in pixels.items()}
    clips, outputs, _ = _judge(shape, {"logits": 1}, spectral=spectral, dropout=dropout)
    return keras.Model(latents, made), keras.Model(clips, outputs["logits"])


def _writing(*, spectral, dropout):
    """A generator of texts of four tokens out of five, and a discriminator of them."""
    tokens, judged = (keras.Input((4,), dtype="int32", name="tokens") for _ in range(2))
    # So large that a few steps of plain gradient descent move the weights.
    large = {"embeddings_initializer": keras.initializers.RandomNormal(stddev=1.0)}
    generator = keras.Model(tokens, keras_gan.layers.TokenDecoder(keras.layers.LSTMCell(4), 5, 3, **large)(tokens))
    return generator, keras.Model(judged, _judged(keras.layers.Embedding(5, 3, **large)(judged), spectral, dropout))


def _writing_rows(**options):
    """A generator of texts of four tokens out of five, and a discriminator of rows."""
    return _writing(**options)[0], _judge_of_rows(**options)


def _writing_at_once(**options):
    """A generator of all places at once, and a critic of rows."""
    layers = [keras.layers.Dense(20), keras.layers.Reshape((4, 5)), keras.layers.Softmax(dtype="float32")]
    return keras.Sequential([keras.Input((4,)), *layers]), _judge_of_rows(**options)


def _judge_of_rows(*, spectral, dropout):
    rows = keras.Input((4, 5), name="rows")
    return keras.Model(rows, _judged(rows, spectral, dropout))


def _judged(x, spectral, dropout):
    wrap = SpectralNormalization if spectral else (lambda layer: layer)
    hidden = keras.layers.LeakyReLU(0.2)(wrap(keras.layers.Dense(8))(keras.layers.Flatten()(x)))
    return wrap(keras.layers.Dense(1, dtype="float32"))(keras.layers.Dropout(dropout)(hidden))


def texts(count=48):
    """Texts of two to four tokens, of which the first two often are 3 and 1."""
    tokens = np.random.default_rng(0).integers(1, 5, (count, 4), "int32")
    tokens[::2, :2] = [3, 1]
    tokens[::3, 2:] = 0
    return tokens


def _with_known_weights(network):
    """The network with the same weights in each model, and far from 0, near which a unit vector turns fast."""
    rng = np.random.default_rng(0)
    network.set_weights([rng.normal(0, 0.5, weight.shape) for weight in network.get_weights()])
    return network


def _reading(*, drawn, spectral, dropout):
    """A generator of pictures of texts, from latents or from pictures, a discriminator, and both encoders."""
    wrap = SpectralNormalization if spectral else (lambda layer: layer)
    shape, text = (4,) if drawn else (8, 8, 1), keras.Input((3,), name="text")
    given = keras.Input(shape, name="latents" if drawn else "images")
    both = keras.layers.Concatenate()([keras.layers.Flatten()(given), text])
    made = keras.layers.Dense(64, activation="tanh", dtype="float32")(both)
    made = {"images": keras.layers.Reshape((8, 8, 1), dtype="float32")(made)}
    if drawn:
        made |= {name: keras.layers.Dense(2, dtype="float32")(text) for name in ("mean", "log_variance")}
    judged = {"images": keras.Input((8, 8, 1), name="images"), "text": keras.Input((3,), name="text")}
    joined = keras.layers.Concatenate()([keras.layers.Flatten()(judged["images"]), judged["text"]])
    hidden = keras.layers.Dropout(dropout)(keras.layers.LeakyReLU(0.2)(wrap(keras.layers.Dense(8))(joined)))
    logits = wrap(keras.layers.Dense(1, dtype="float32"))(hidden)
    reads = keras_gan.networks.text_encoder(vocab_size=6, length=2, text_dim=3, kind="bag", width=2)
    sees = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Flatten(), keras.layers.Dense(3, dtype="float32")])
    return (
        keras.Model({given.name: given, "text": text}, made),
        keras.Model(judged, logits),
        *map(_with_known_weights, (reads, sees)),
    )


def _reading_twice(**options):
    """A first generator of small pictures of texts, and the networks of the second stage with the text encoder."""
    latents, text = keras.Input((4,), name="latents"), keras.Input((3,), name="text")
    made = keras.layers.Dense(16, activation="tanh", dtype="float32")(keras.layers.Concatenate()([latents, text]))
    small = keras.Model({"latents": latents, "text": text}, keras.layers.Reshape((4, 4, 1), dtype="float32")(made))
    given = {"source": keras.Input((4, 4, 1), name="source"), "text": keras.Input((3,), name="text")}
    given["latents"] = keras.Input((2,), name="latents")
    joined = keras.layers.Concatenate()([keras.layers.Flatten()(given["source"]), given["text"], given["latents"]])
    made = keras.layers.Dense(64, activation="tanh", dtype="float32")(joined)
    made = {"images": keras.layers.Reshape((8, 8, 1), dtype="float32")(made)}
    made |= {name: keras.layers.Dense(2, dtype="float32")(given["text"]) for name in ("mean", "log_variance")}
    _, judge, reads, _ = _reading(drawn=True, **options)
    # Of no player, so nobody copies their weights.
    return _with_known_weights(small), keras.Model(given, made), judge, reads


def grey_images(count=48):
    """Images in [-1, 1], each batch of 8 brighter than the one before."""
    brightness = np.repeat(np.linspace(-0.5, 0.5, count // 8, dtype="float32"), 8)[:, None, None, None]
    return brightness + np.random.default_rng(0).uniform(-0.5, 0.5, (count, 8, 8, 1)).astype("float32")


def grey_clips(count=48):
    """Clips of three frames, each darker than the one before."""
    return 0.5 * np.stack([grey_images(count) - shade for shade in (0.0, 0.3, 0.6)], axis=1)


class Tiny:
    """A tiny model of a class: its networks, options and data. A new model needs a line here if it needs other ones.

    Args:
        make: the class.

    Attributes:
        networks: function that makes the networks, with `spectral=` and `dropout=`.
        options: dict of the constructor's other arguments.
        data: what `fit` is given, 48 samples.
        inputs: dict of what `sampler` makes five samples of, by name.
        snapshots: the callback that shows the model's samples, a function of the directory and the options.
        snapshot_suffix: what the names of its files end in.
        snapshot_inputs: what it needs to be given; None where the model draws by itself.
    """

    def __init__(self, make):
        images, latents = grey_images(), np.random.default_rng(1).normal(size=(5, 4)).astype("float32")
        self.make, self.networks, self.data = make, make_networks, images
        self.options = {"seed": 3, "ema_half_life": 100}
        self.inputs, self.snapshot_inputs = {"latents": latents}, None
        self.snapshots, self.snapshot_suffix = (
            functools.partial(keras_gan.callbacks.ImageSnapshots, num_images=4),
            ".png",
        )
        if issubclass(make, keras_gan.TwoPlayerGAN):
            several = make in (keras_gan.NonSaturatingGAN, keras_gan.WGAN, keras_gan.WGANGP)
            self.options |= {"discriminator_steps": 2 if several else 1}
        if make is keras_gan.WGAN:
            # No warm-up, and a clipping range so wide that a few steps move the generator.
            self.options |= {"warm_up_steps": 0, "clip": 0.5}
        if make is keras_gan.ACGAN:
            labels = np.arange(48, dtype="int32") % 3
            self.networks, self.data = _conditional, {"images": images, "labels": labels}
            self.inputs |= {"labels": labels[:5]}
        if make is keras_gan.InfoGAN:
            self.networks = _informative
            self.inputs |= {"codes": np.array([[0, -1.0], [1, 0.5], [2, 0.0], [2, 2.0], [0, 1.0]], "float32")}
        if make in (keras_gan.MelGAN, keras_gan.HiFiGAN):
            front_end = MelSpectrogram(8000, num_mels=8, fft_size=64, hop=16)
            self.networks, self.data = _vocoding, {"waveforms": images.reshape(48, 64, 1)}
            self.options |= {"mel_spectrogram": front_end}
            self.inputs = {"mels": front_end(self.data["waveforms"][:5]).numpy()}
            self.snapshots, self.snapshot_inputs = sound_snapshots, self.data
        if make is keras_gan.WaveGAN:
            labels = np.arange(48, dtype="int32") % 3
            self.networks, self.data = _sounding, {"waveforms": images.reshape(48, 64, 1), "labels": labels}
            self.inputs |= {"labels": labels[:5]}
            self.snapshots = sound_snapshots
        if make is keras_gan.AdversarialFlow:
            noise = np.random.default_rng(1).normal(size=(5, 8, 8, 1)).astype("float32")
            self.networks, self.inputs = _flowing, {"latents": noise}
            self.options |= {"transport_weight": 0.1}
        if make is keras_gan.CycleGAN:
            self.networks, self.options = _translating, self.options | {"pool_size": 6}
            self.data = {"source": images, "target": np.roll(images, 24, axis=0)}
            self.inputs, self.snapshot_inputs = {"images": images[:5]}, self.data
        if make in (keras_gan.Pix2Pix, keras_gan.Pix2PixHD):
            self.networks = _pairing
            self.data = {"source": images, "target": np.roll(images, 24, axis=0)}
            self.inputs, self.snapshot_inputs = {"images": images[:5]}, self.data
        if make is keras_gan.Pix2PixHD:
            self.networks = functools.partial(_pairing, scales=2)
        if make in (keras_gan.SRGAN, keras_gan.ESRGAN, keras_gan.RealESRGAN):
            # The pre-training ends in the first epoch.
            self.networks, self.options = _enlarging, self.options | {"pretraining_steps": 1, "pixel_weight": 1.0}
            self.data = {"source": images[:, ::2, ::2], "target": images}
            self.inputs, self.snapshot_inputs = {"images": images[:5, ::2, ::2]}, self.data
        if make in (keras_gan.Pix2PixHD, keras_gan.SRGAN, keras_gan.ESRGAN, keras_gan.RealESRGAN):
            trunk = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Conv2D(2, 3, name="edges")])
            self.options |= {"perceptual": keras_gan.losses.Perceptual(trunk, ["edges"])}
        if make is keras_gan.DPED:
            self.networks = _enhancing
            self.data = {"source": images, "target": np.repeat(np.roll(images, 24, axis=0), 3, axis=-1)}
            self.inputs, self.snapshot_inputs = {"images": images[:5]}, self.data
            trunk = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Conv2D(2, 3, name="edges")])
            self.options |= {"content": keras_gan.losses.Perceptual(trunk, ["edges"]), "colour_weight": 1.0}
            self.options |= {"variation_weight": 0.1}
        if make is keras_gan.EnlightenGAN:
            self.networks, self.data = _enlightening, {"source": images, "target": np.roll(images, 24, axis=0)}
            self.inputs, self.snapshot_inputs = {"images": images[:5]}, self.data
            trunk = keras.Sequential([keras.Input((None, None, 1)), keras.layers.Conv2D(2, 3, name="edges")])
            self.options |= {"features": keras_gan.losses.Perceptual(trunk, ["edges"]), "patch_size": 4}
        if make is keras_gan.AlphaGAN:
            trimaps = np.rint(1.2 * images)
            source = np.concatenate([images, trimaps], axis=-1)
            self.networks, self.data = _matting, {"source": source, "target": np.where(trimaps == 0, images, trimaps)}
            self.inputs, self.snapshot_inputs = {"images": source[:5]}, self.data
        if make is keras_gan.ContextEncoder:
            # With this weight the discriminator matters, too.
            self.networks, self.options = _painting, self.options | {"l2_weight": 0.5}
            masks = keras_gan.masks.Boxes(0.5, place="random")(5, (8, 8), seed=(0, 1)).numpy()
            self.inputs, self.snapshot_inputs = {"images": images[:5], "masks": masks}, images
        if make is keras_gan.FreeFormInpainter:
            self.networks = _refining
            masks = keras_gan.masks.Strokes()(5, (8, 8), seed=(0, 1)).numpy()
            self.inputs, self.snapshot_inputs = {"images": images[:5], "masks": masks}, images
        if make is keras_gan.VAE:
            self.networks = _bounding
        if make is keras_gan.VAEGAN:
            self.networks = _autoencoding
        if make is keras_gan.BiGAN:
            self.networks = _inferring
        if make is keras_gan.AnomalyGAN:
            # The second phase begins in the first epoch.
            self.networks, self.options = _scoring, self.options | {"gan_steps": 1, "discriminator_steps": 1}
        if make is keras_gan.GANomaly:
            self.networks, self.snapshot_inputs = _encoding_again, images
        if make is keras_gan.StarGAN:
            labels = np.arange(48, dtype="int32") % 3
            self.networks, self.data = _starring, {"images": images, "labels": labels}
            self.options |= {"discriminator_steps": 2}
            self.inputs, self.snapshot_inputs = {"images": images[:5], "labels": labels[:5]}, images

        if make is keras_gan.MoCoGAN:
            motions = np.random.default_rng(2).normal(size=(5, 4, 2)).astype("float32")
            self.networks, self.data = _filming, {"clips": grey_clips()}
            self.inputs |= {"motions": motions}

        if make in (keras_gan.TextToImage, keras_gan.TextEditor):
            words = np.stack([np.arange(48) % 4 + 2, np.arange(48) // 8 % 4], axis=1).astype("int32")
            drawn = make is keras_gan.TextToImage
            self.networks = functools.partial(_reading, drawn=drawn)
            self.data = {"images": images, "captions": words, "mismatched": np.roll(words, 1, axis=0)}
            # The game begins in the first epoch.
            self.options |= {"matching_steps": 1, "interpolation_weight": 0.5}
            self.options |= {"captions": words[:3]} if drawn else {}
            self.inputs = {**(self.inputs if drawn else {"images": images[:5]}), "tokens": words[:5]}
            self.snapshot_inputs = None if drawn else self.data

        if make is keras_gan.StackGAN:
            words = np.stack([np.arange(48) % 4 + 2, np.arange(48) // 8 % 4], axis=1).astype("int32")
            self.networks = _reading_twice
            self.data = {"images": images, "captions": words, "mismatched": np.roll(words, 1, axis=0)}
            self.options |= {"captions": words[:3], "interpolation_weight": 0.5}
            self.inputs = {"latents": np.random.default_rng(1).normal(size=(5, 6)).astype("float32")}
            self.inputs |= {"tokens": words[:5]}

        if make is keras_gan.VideoGAN:
            self.networks, self.data = _acting, {"clips": grey_clips()}

        if make in (keras_gan.LanguageModel, keras_gan.SeqGAN, keras_gan.RelGAN):
            self.networks = {
                keras_gan.LanguageModel: lambda **options: _writing(**options)[:1],
                keras_gan.SeqGAN: _writing,
                keras_gan.RelGAN: _writing_rows,
            }[make]
            self.data = {"tokens": texts()}
            prompts = np.array([[3, 1, -1, -1]] * 2 + [[-1] * 4] * 3, "int32")
            self.inputs |= {"temperatures": np.linspace(0.5, 1.5, 5, dtype="float32"), "prompts": prompts}
        if make in (keras_gan.LanguageModel, keras_gan.SeqGAN, keras_gan.RelGAN, keras_gan.TextWGANGP):
            self.snapshots = lambda directory, **_: keras_gan.callbacks.TextSnapshots(directory, num_texts=500)
            self.snapshot_suffix = ".txt"
        if make in (keras_gan.SeqGAN, keras_gan.RelGAN):
            self.options |= {"pretraining_steps": 1, "discriminator_steps": 1}
        if make is keras_gan.SeqGAN:
            self.options |= {"rollouts": 2}
        if make is keras_gan.TextWGANGP:
            self.networks, self.data = _writing_at_once, {"tokens": texts()}

    def model(self, networks=None, *, run_eagerly=False, **options):
        """A compiled model; to run eagerly saves the time of tracing where a test is not about the graph."""
        model = self.make(*(networks or self.networks(spectral=False, dropout=0.0)), **self.options | options)
        model.compile(run_eagerly=run_eagerly)
        return model

    def first(self, count):
        """The first so many samples of the data."""
        if isinstance(self.data, dict):
            return {name: values[:count] for name, values in self.data.items()}
        return self.data[:count]


@pytest.fixture
def networks():
    """The function that makes the two networks."""
    return make_networks


@pytest.fixture
def images():
    """48 images in [-1, 1], each batch of 8 brighter than the one before."""
    return grey_images()


@pytest.fixture(scope="session")
def tiny():
    """The tiny model of a class."""
    return Tiny
