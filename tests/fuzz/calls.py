"""A good call of every public callable, for the fuzz to spoil one argument at a time.

Each entry of `CALLS` makes the callable and its arguments, by the name under which the callable is documented. The
networks have as few units as they can, because each is called thousands of times.
"""

import functools
import pathlib
import tempfile

import keras
import numpy as np
import soundfile
import tensorflow as tf
from PIL import Image

from keras_gan import (
    augmentation,
    callbacks,
    data,
    export,
    gans,
    layers,
    losses,
    masks,
    metrics,
    networks,
    penalties,
    presets,
    pretrained,
    schedules,
    training,
    transfer,
)
from keras_gan import (
    latents as latent_tools,
)

SHAPE = (8, 8, 1)
WORDS = ("", "[UNK]", "a", "dog", "cat")


@functools.cache
def _work():
    """The folder of all folders, which is removed at the end."""
    return tempfile.TemporaryDirectory(prefix="keras_gan_fuzz_")


def folder():
    """An empty folder."""
    return tempfile.mkdtemp(dir=_work().name)


def images(count=8):
    return np.random.default_rng(0).uniform(-1, 1, (count, *SHAPE)).astype("float32")


def features(count=12, size=3):
    return np.random.default_rng(1).normal(size=(count, size)).astype("float32")


def latents(count=4):
    return np.random.default_rng(2).normal(size=(count, 2)).astype("float32")


def labels(count=8):
    return np.arange(count, dtype="int32") % 3


def tokens(count=6):
    return np.random.default_rng(3).integers(1, 5, (count, 4)).astype("int32")


class Reader:
    def log_likelihood(self, texts):
        return -np.ones(len(texts), "float32")


def pair(**options):
    generator, discriminator = networks.mlp(image_shape=SHAPE, latent_dim=2, width=2, depth=1, **options)
    return {"generator": generator, "discriminator": discriminator}


def sounding():
    generator, discriminator = networks.wavegan(num_samples=64, latent_dim=2, width=1)
    return {"generator": generator, "discriminator": discriminator}


def flowing():
    images = networks.mlp(image_shape=(4,), latent_dim=4, width=2, depth=1)
    return dict(zip(("generator", "discriminator"), images, strict=True))


def network(shape, *outputs):
    """A network of one layer; several outputs by name."""
    given = keras.Input(shape)
    flat = keras.layers.Flatten()(given)
    return keras.Model(given, {name: keras.layers.Dense(units)(flat) for name, units in outputs})


def classifying():
    return {
        "generator": pair(num_classes=3)["generator"],
        "discriminator": network(SHAPE, ("logits", 1), ("classes", 3)),
    }


def informing():
    sizes = {"image_shape": SHAPE, "categories": (3,), "num_continuous": 1, "latent_dim": 2, "width": 1, "units": 2}
    return dict(zip(("generator", "discriminator"), networks.info_gan(**sizes), strict=True))


def filming():
    sizes = {"content_dim": 2, "motion_dim": 1, "width": 1, "stages": 1}
    made = networks.mocogan(image_shape=SHAPE, num_frames=7, **sizes)
    return dict(zip(("generator", "image_discriminator", "video_discriminator"), made, strict=True))


def acting():
    made = networks.vgan(image_shape=SHAPE, num_frames=2, latent_dim=2, width=1, stages=1, from_first_frame=True)
    return dict(zip(("generator", "discriminator"), made, strict=True))


def reading():
    """The networks of a `TextToImage` of 8x8 pictures."""
    sizes = {"image_shape": SHAPE, "text_dim": 3, "latent_dim": 2, "width": 1, "text_width": 2}
    made = dict(zip(("generator", "discriminator"), networks.gan_cls(**sizes), strict=True))
    encoder = networks.text_encoder(vocab_size=4, length=2, text_dim=3, kind="bag", width=2)
    tokenizer = layers.Tokenizer(("", "[UNK]", "red", "blue"), length=2)
    return {**made, "text_encoder": encoder, "tokenizer": tokenizer}


def matching():
    """The same, with an image encoder."""
    return {
        **reading(),
        "image_encoder": keras.Sequential([keras.Input(SHAPE), keras.layers.Flatten(), keras.layers.Dense(3)]),
        "matching_steps": 1,
    }


def editing():
    """The networks of a `TextEditor`."""
    sizes = {"image_shape": SHAPE, "text_dim": 3, "width": 1, "text_width": 2, "blocks": 1}
    return {**matching(), **dict(zip(("generator", "discriminator"), networks.text_editor(**sizes), strict=True))}


def stacking():
    """The networks of a `StackGAN` of the pictures of `reading`."""
    sizes = {"source_shape": SHAPE, "scale": 1, "text_dim": 3, "width": 1, "text_width": 2, "blocks": 1}
    first = reading()
    second = dict(zip(("generator", "discriminator"), networks.stack_gan(**sizes), strict=True))
    return {**first, "first_generator": first["generator"], **second}


def translators():
    def translator():
        return keras.Sequential([keras.Input(SHAPE), keras.layers.Conv2D(1, 1, activation="tanh")])

    return {
        "source_to_target": translator(),
        "target_to_source": translator(),
        "source_discriminator": pair()["discriminator"],
        "target_discriminator": pair()["discriminator"],
    }


def pairing(scales=0):
    """A translator, and a discriminator of pairs; of several scales with features, if there are any."""
    generator = keras.Sequential([keras.Input(SHAPE), keras.layers.Conv2D(1, 1, activation="tanh")])
    judge = {"image_shape": SHAPE, "source_channels": 1, "width": 1, "layers": 1}
    make = networks.multiscale_discriminator if scales else networks.patch_discriminator
    return {"generator": generator, "discriminator": make(**judge, **({"scales": scales} if scales else {}))}


def pairing_hd():
    return pairing(scales=1)


def enhancing():
    return pairing() | {"discriminator": networks.patch_discriminator(image_shape=SHAPE, width=1, layers=1)}


def enlightening():
    local = networks.patch_discriminator(image_shape=(None, None, 1), width=1, layers=1)
    return enhancing() | {"local_discriminator": local}


def matting():
    generator = keras.Sequential([keras.Input((8, 8, 2)), keras.layers.Conv2D(1, 1, activation="tanh")])
    return enhancing() | {"generator": generator}


def edges(name="edges"):
    """A network of one layer, for perceptual losses."""
    return keras.Sequential([keras.Input((None, None, 1)), keras.layers.Conv2D(2, 3, name=name)])


@functools.cache
def trunk_file():
    """A file with the weights of SqueezeNet, all zero."""
    path, arrays, channels = f"{folder()}/squeezenet.npz", {"conv1/kernel": np.zeros((3, 3, 3, 64))}, 64
    for number in range(2, 10):
        narrow = 16 * (number // 2)
        for part, shape in (
            ("squeeze1x1", (1, 1, channels, narrow)),
            ("expand1x1", (1, 1, narrow, 4 * narrow)),
            ("expand3x3", (3, 3, narrow, 4 * narrow)),
        ):
            arrays[f"fire{number}_{part}/kernel"] = np.zeros(shape)
        channels = 8 * narrow
    arrays |= {key.replace("kernel", "bias"): np.zeros(kernel.shape[-1]) for key, kernel in arrays.items()}
    np.savez(path, **arrays)
    return path


def starring():
    given, labels = keras.Input(SHAPE, name="images"), keras.Input((3,), name="labels")
    planes = keras.layers.Reshape((8, 8, 1))(keras.layers.Dense(64)(labels))
    made = keras.layers.Conv2D(1, 1, activation="tanh")(keras.layers.Concatenate()([given, planes]))
    judge = network(SHAPE, ("logits", 1), ("classes", 3))
    return {"generator": keras.Model({"images": given, "labels": labels}, made), "discriminator": judge}


def painting():
    judge = network(SHAPE, ("logits", 1))
    return {"generator": translators()["source_to_target"], "discriminator": judge}


def refining():
    seen, judged = ({name: keras.Input(SHAPE, name=name) for name in ("images", "masks")} for _ in range(2))
    both = keras.layers.Concatenate()(list(seen.values()))
    stages = {name: keras.layers.Conv2D(1, 1, activation="tanh")(both) for name in ("images", "coarse")}
    logits = keras.layers.Conv2D(1, 3)(keras.layers.Concatenate()(list(judged.values())))
    return {"generator": keras.Model(seen, stages), "discriminator": keras.Model(judged, logits)}


def autoencoder():
    return {
        "encoder": network(SHAPE, ("mean", 2), ("log_variance", 2)),
        "decoder": pair()["generator"],
        "discriminator": network(SHAPE, ("logits", 1), ("features", 2)),
    }


def enlarging():
    """A generator that doubles the sides."""
    layers_ = [keras.Input((4, 4, 1)), keras.layers.Conv2D(4, 1, activation="tanh"), layers.PixelShuffle(2)]
    return {"generator": keras.Sequential(layers_), "discriminator": pair()["discriminator"]}


def inferring():
    pair = {"images": keras.Input(SHAPE, name="images"), "latents": keras.Input((2,), name="latents")}
    joined = keras.layers.Concatenate()([keras.layers.Flatten()(pair["images"]), pair["latents"]])
    return {
        "generator": networks.mlp(image_shape=SHAPE, latent_dim=2, width=2, depth=1)[0],
        "encoder": keras.Sequential([keras.Input(SHAPE), keras.layers.Flatten(), keras.layers.Dense(2)]),
        "discriminator": keras.Model(pair, keras.layers.Dense(1)(joined)),
    }


def scoring():
    return pair() | {"encoder": inferring()["encoder"]}


def encoding_again():
    encoder, again = (inferring()["encoder"] for _ in range(2))
    return {
        "encoder": encoder,
        "decoder": pair()["generator"],
        "second_encoder": again,
        "discriminator": network(SHAPE, ("logits", 1), ("features", 2)),
    }


def bounding():
    encoder, decoder = networks.vae(image_shape=SHAPE, latent_dim=2, width=1, units=2)
    return {"encoder": encoder, "decoder": decoder}


def vocoding():
    sizes = {"num_mels": 8, "ratios": (16,), "width": 2}
    generator, discriminator = networks.melgan(**sizes, blocks=1, discriminator_width=1, scales=1)
    front_end = layers.MelSpectrogram(8000, num_mels=8, fft_size=64, hop=16)
    return {"generator": generator, "discriminator": discriminator, "mel_spectrogram": front_end}


_TEXT = {"vocab_size": 5, "length": 4, "width": 2, "filters": {2: 2}}


def writing():
    return dict(zip(("generator", "discriminator"), networks.seqgan(**_TEXT), strict=True))


def writing_alone():
    return {"generator": networks.seqgan(**_TEXT)[0]}


def writing_softly():
    return dict(zip(("generator", "discriminator"), networks.relgan(**_TEXT, representations=2), strict=True))


def writing_at_once():
    sizes = {"vocab_size": 5, "length": 4, "width": 2, "blocks": 1, "latent_dim": 2}
    return dict(zip(("generator", "discriminator"), networks.text_wgan_gp(**sizes), strict=True))


@functools.cache
def compiled(make, *options):
    """One compiled model of each kind, for all calls that do not change what it is."""
    parts = {gans.ACGAN: classifying, gans.CycleGAN: translators, gans.VAEGAN: autoencoder, gans.InfoGAN: informing}
    parts |= {gans.Pix2Pix: pairing, gans.Pix2PixHD: pairing_hd, gans.StarGAN: starring, gans.SRGAN: enlarging}
    parts |= {gans.AlphaGAN: matting, gans.Pix2Pix: pairing, gans.Pix2PixHD: pairing_hd, gans.StarGAN: starring}
    parts |= {gans.Pix2Pix: pairing, gans.Pix2PixHD: pairing_hd, gans.StarGAN: starring}
    parts |= {gans.ContextEncoder: painting, gans.FreeFormInpainter: refining}
    parts |= {gans.Pix2Pix: pairing, gans.Pix2PixHD: pairing_hd, gans.StarGAN: starring, gans.VAE: bounding}
    parts |= {gans.BiGAN: inferring, gans.AnomalyGAN: scoring, gans.MelGAN: vocoding, gans.HiFiGAN: vocoding}
    parts |= {gans.MoCoGAN: filming, gans.VideoGAN: acting}
    parts |= {gans.LanguageModel: writing_alone, gans.SeqGAN: writing, gans.RelGAN: writing_softly}
    parts |= {gans.TextWGANGP: writing_at_once}
    parts |= {gans.TextToImage: reading, gans.TextEditor: editing, gans.StackGAN: stacking}
    parts = parts.get(make, pair)
    model = make(**parts(), **dict(options))
    model.compile()
    return model


def fresh():
    model = gans.LSGAN(**pair())
    model.compile()
    return model


@functools.cache
def saved():
    path = f"{folder()}/gan.keras"
    compiled(gans.LSGAN).save(path)
    return path


@functools.cache
def exported():
    directory = f"{folder()}/digits"
    export.save(compiled(gans.LSGAN), directory)
    return directory


@functools.cache
def converted():
    path = f"{folder()}/generator.tflite"
    export.save_litert(compiled(gans.LSGAN), path)
    return path


@functools.cache
def pictures():
    directory = pathlib.Path(folder())
    for index in range(4):
        Image.new("L", (8, 8), index).save(directory / f"{index}.png")
    return str(directory)


@functools.cache
def numbers_file():
    path = f"{folder()}/images.npy"
    np.save(path, np.zeros((4, 8, 8), "uint8"))
    return path


class Stripes(data.Source):
    def read(self, split, prepare):
        return data.ImageData(data.Source.stack([prepare(np.zeros((8, 8, 1), "uint8"))] * 24), labels(24))


class Mean(training.AdversarialModel):
    def default_optimizers(self):
        return {}

    def train_step(self, data):
        return {}


class MeanColour(metrics.Extractor):
    def embed(self, pixels):
        return metrics.Embedding(tf.reduce_mean(pixels, axis=(1, 2)))


@functools.cache
def extractor():
    return metrics.ModelExtractor(lambda pixels: pixels[:, 0, :3, 0], name="three_pixels", fingerprint="1")


@functools.cache
def evaluator():
    return metrics.Evaluator(extractor(), ["precision_recall"], num_images=20, num_halves=0)


def held_out():
    return {"source": images(), "target": images()[::-1].copy()}


def perceptual():
    return metrics.Lpips(
        keras.Sequential([keras.Input(SHAPE), keras.layers.Conv2D(2, 3, name="edges")]), layers=["edges"]
    )


@functools.cache
def exported_translator():
    directory = f"{folder()}/night"
    export.save(compiled(gans.CycleGAN), directory)
    return directory


@functools.cache
def exported_reader():
    directory = f"{folder()}/described"
    export.save(compiled(gans.TextToImage), directory)
    return directory


def compared(metric, **changes):
    """A metric of pairs and its arguments."""
    return lambda: (metric, {"images": images(), "targets": images()[::-1].copy(), **changes})


def result(**changes):
    facts = {"name": "recall", "value": 0.5, "better": "higher", "extractor": "pixels", "extractor_hash": "ab"}
    return facts | {"resize": "clean", "num_real": 10, "num_fake": 10} | changes


def options(make, parts, **extra):
    """A constructor with all of its options."""
    shared = {"augmentation": (), "discriminator_steps": 1, "num_classes": None} if make not in _OWN else {}
    shared = {"penalties": ()} | shared if make not in _OWN else shared
    return lambda: (make, {**parts(), **shared, "ema_half_life": None, "seed": 0, "name": "gan"} | extra)


_OWN = (
    gans.AlphaGAN,
    gans.AnomalyGAN,
    gans.BiGAN,
    gans.ContextEncoder,
    gans.CycleGAN,
    gans.DPED,
    gans.ESRGAN,
    gans.EnlightenGAN,
    gans.FreeFormInpainter,
    gans.GANomaly,
    gans.HiFiGAN,
    gans.LanguageModel,
    gans.MelGAN,
    gans.MoCoGAN,
    gans.Pix2Pix,
    gans.Pix2PixHD,
    gans.RealESRGAN,
    gans.RelGAN,
    gans.SRGAN,
    gans.SeqGAN,
    gans.StackGAN,
    gans.StarGAN,
    gans.TextEditor,
    gans.TextToImage,
    gans.VAE,
    gans.VAEGAN,
)
_DRAWN_TEXTS = {
    "num_images": None,
    "text": ["red", "blue"],
    "tokens": None,
    "vectors": None,
    "latents": None,
    "seed": 0,
    "averaged": True,
    "batch_size": 4,
}
_ENLARGING = {"pretraining_steps": 1, "adversarial_weight": 1.0, "pixel_weight": 1.0}
_ENLARGING |= {"perceptual": None, "perceptual_weight": 1.0}
_GANS = {
    "ACGAN": options(gans.ACGAN, classifying, classified="real", adversarial_loss=losses.Hinge()),
    "AdversarialFlow": options(gans.AdversarialFlow, flowing, transport_weight=0.1),
    "AlphaGAN": options(gans.AlphaGAN, matting, alpha_weight=1.0, composition_weight=1.0, adversarial_loss=None),
    "AnomalyGAN": options(gans.AnomalyGAN, scoring, gan_steps=10, discriminator_steps=1, kappa=1.0),
    "BiGAN": options(gans.BiGAN, inferring, feature_weight=0.1),
    "ContextEncoder": options(
        gans.ContextEncoder, painting, masks="given", l2_weight=0.9, adversarial_loss=losses.Hinge()
    ),
    "CycleGAN": options(
        gans.CycleGAN,
        translators,
        cycle_weight=10.0,
        identity_weight=0.5,
        pool_size=2,
        adversarial_loss=losses.NonSaturating(),
    ),
    "ESRGAN": options(gans.ESRGAN, enlarging, **_ENLARGING),
    "DPED": options(
        gans.DPED,
        enhancing,
        content=None,
        content_weight=1.0,
        colour_weight=1.0,
        variation_weight=1.0,
        adversarial_loss=None,
    ),
    "EnlightenGAN": options(
        gans.EnlightenGAN,
        enlightening,
        features=None,
        feature_weight=1.0,
        num_patches=2,
        patch_size=4,
        adversarial_loss=None,
    ),
    "FreeFormInpainter": options(
        gans.FreeFormInpainter, refining, masks="given", l1_weight=1.0, adversarial_loss=losses.Hinge()
    ),
    "GANomaly": options(gans.GANomaly, encoding_again, image_weight=50.0, code_weight=1.0, feature_weight=1.0),
    "HiFiGAN": options(gans.HiFiGAN, vocoding, feature_weight=2.0, mel_weight=45.0, adversarial_loss=losses.Hinge()),
    "HingeGAN": options(gans.HingeGAN, pair),
    "InfoGAN": options(gans.InfoGAN, informing, categorical_weight=1.0, continuous_weight=0.1),
    "LanguageModel": options(gans.LanguageModel, writing_alone, tokenizer=None),
    "RelGAN": options(
        gans.RelGAN,
        writing_softly,
        pretraining_steps=1,
        discriminator_steps=1,
        inverse_temperature=100.0,
        annealing_steps=10,
        adversarial_loss=None,
        tokenizer=None,
    ),
    "SeqGAN": options(
        gans.SeqGAN,
        writing,
        pretraining_steps=1,
        discriminator_pretraining_steps=1,
        discriminator_steps=1,
        rollouts=2,
        rollout_momentum=0.8,
        baseline=True,
        tokenizer=None,
    ),
    "TextWGANGP": options(gans.TextWGANGP, writing_at_once, tokenizer=None),
    "LSGAN": options(gans.LSGAN, pair, a=0.0, b=1.0, c=1.0),
    "MelGAN": options(gans.MelGAN, vocoding, feature_weight=12.0, adversarial_loss=losses.Hinge()),
    "MinimaxGAN": options(gans.MinimaxGAN, pair, real_label=1.0),
    "MoCoGAN": options(gans.MoCoGAN, filming, adversarial_loss=None),
    "NonSaturatingGAN": options(gans.NonSaturatingGAN, pair, real_label=1.0),
    "Pix2Pix": options(gans.Pix2Pix, pairing, l1_weight=1.0, adversarial_loss=None, penalties=(), augmentation=()),
    "Pix2PixHD": options(
        gans.Pix2PixHD,
        pairing_hd,
        feature_weight=1.0,
        perceptual=None,
        perceptual_weight=1.0,
        adversarial_loss=None,
    ),
    "R3GAN": options(gans.R3GAN, pair, gamma=1.0),
    "RealESRGAN": options(gans.RealESRGAN, enlarging, **_ENLARGING, sharpening=0.5),
    "RelativisticAverageGAN": options(gans.RelativisticAverageGAN, pair),
    "RelativisticGAN": options(gans.RelativisticGAN, pair),
    "SRGAN": options(gans.SRGAN, enlarging, **_ENLARGING, adversarial_loss=None),
    "StackGAN": options(gans.StackGAN, stacking),
    "StackGAN.of": lambda: (
        gans.StackGAN.of,
        {"stage_one": compiled(gans.TextToImage)} | {name: stacking()[name] for name in ("generator", "discriminator")},
    ),
    "StackGAN.generate": lambda: (compiled(gans.StackGAN).generate, dict(_DRAWN_TEXTS)),
    "StackGAN.draw_small": lambda: (
        compiled(gans.StackGAN).draw_small,
        {"num_images": None, "text": ["red"], "seed": 0, "batch_size": 4},
    ),
    "StarGAN": options(
        gans.StarGAN,
        starring,
        labels="domains",
        class_weight=1.0,
        reconstruction_weight=10.0,
        adversarial_loss=losses.Hinge(),
        penalties=(),
        discriminator_steps=1,
    ),
    "TextEditor": options(
        gans.TextEditor,
        editing,
        reconstruction_weight=1.0,
        mismatch_weight=0.5,
        interpolation_weight=0.5,
        adversarial_loss=None,
        penalties=(),
        augmentation=(),
    ),
    "TextEditor.edit": lambda: (
        compiled(gans.TextEditor).edit,
        {
            "images": images(2),
            "text": ["red", "blue"],
            "tokens": None,
            "vectors": None,
            "averaged": True,
            "batch_size": 4,
        },
    ),
    "TextToImage": options(
        gans.TextToImage,
        matching,
        captions=["red"],
        mismatch_weight=0.5,
        interpolation_weight=0.5,
        kl_weight=2.0,
        adversarial_loss=None,
        penalties=(),
        augmentation=(),
    ),
    "TextToImage.generate": lambda: (compiled(gans.TextToImage).generate, dict(_DRAWN_TEXTS)),
    "TextToImage.generate (tokens)": lambda: (
        compiled(gans.TextToImage).generate,
        _DRAWN_TEXTS | {"text": None, "tokens": np.array([[2, 3], [3, 0]])},
    ),
    "StyleGAN2": options(gans.StyleGAN2, pair),
    "VAE": options(gans.VAE, bounding, likelihood=losses.Gaussian(), beta=1.0, free_bits=0.1),
    "VAEGAN": options(
        gans.VAEGAN, autoencoder, gamma=0.1, beta=0.3, equilibrium=0.68, margin=0.35, adversarial_loss=None
    ),
    "VideoGAN": options(gans.VideoGAN, acting, mask_weight=0.1, frame_weight=10.0),
    "WGAN": options(gans.WGAN, pair, clip=0.01, warm_up_steps=0),
    "WGANGP": options(gans.WGANGP, pair),
    "WaveGAN": options(gans.WaveGAN, sounding, sample_rate=8000),
    "WaveGAN.generate": lambda: (
        gans.WaveGAN(**sounding()).generate,
        {
            "num_waveforms": 2,
            "latents": None,
            "labels": None,
            "seed": 0,
            "averaged": True,
            "batch_size": 4,
        },
    ),
}


def method(make, name, **arguments):
    """A method of a compiled model."""
    return lambda: (getattr(compiled(make), name), arguments)


_METHODS = {
    "SRGAN.upscale": method(
        gans.SRGAN, "upscale", images=images()[:2, ::2, ::2], averaged=True, batch_size=2, tile=None, overlap=None
    ),
    "AlphaGAN.matte_picture": method(
        gans.AlphaGAN,
        "matte_picture",
        picture=np.zeros((8, 8, 1), "uint8"),
        trimap=np.full((8, 8, 1), 128, "uint8"),
    ),
    "ContextEncoder.inpaint_picture": method(
        gans.ContextEncoder, "inpaint_picture", picture=np.eye(8, dtype="uint8")[..., None].repeat(2, axis=-1)
    ),
    "Pix2Pix.translate_picture": method(gans.Pix2Pix, "translate_picture", picture=np.zeros((8, 8), "uint8")),
    "SRGAN.upscale_picture": method(gans.SRGAN, "upscale_picture", picture=np.zeros((4, 4), "uint8")),
    **{
        f"{make.__name__}.{name}": method(make, name, **arguments)
        for make in (gans.HiFiGAN, gans.MelGAN)
        for name, arguments in {
            "vocode": {"mels": np.zeros((2, 8, 8), "float32"), "averaged": True, "batch_size": 2},
            "vocode_stream": {"mels": np.zeros((2, 8, 8), "float32"), "chunk": 4, "averaged": True},
            "resynthesise": {"waveforms": np.zeros((2, 128, 1), "float32"), "averaged": True, "batch_size": 2},
        }.items()
    },
    "TwoPlayerGAN.generate": method(
        gans.LSGAN, "generate", num_images=2, latents=None, labels=None, seed=0, averaged=True, batch_size=4
    ),
    "TwoPlayerGAN.compile": lambda: (
        gans.LSGAN(**pair()).compile,
        {
            "generator_optimizer": "adam",
            "discriminator_optimizer": "adam",
            "gradient_accumulation_steps": 1,
            "loss_weights": None,
            "run_eagerly": True,
            "steps_per_execution": 1,
            "jit_compile": False,
        },
    ),
    "ContextEncoder.inpaint": method(
        gans.ContextEncoder,
        "inpaint",
        images=images(),
        masks=np.eye(8, dtype="float32")[None, :, :, None],
        averaged=True,
        batch_size=4,
        tile=8,
        overlap=2,
    ),
    "CycleGAN.translate": method(
        gans.CycleGAN, "translate", images=images(), to="target", averaged=True, batch_size=4, tile=8, overlap=2
    ),
    "CycleGAN.cycle": method(gans.CycleGAN, "cycle", images=images(), to="target"),
    "StarGAN.translate": method(
        gans.StarGAN,
        "translate",
        images=images(),
        labels=labels(),
        averaged=True,
        batch_size=4,
        tile=8,
        overlap=2,
    ),
    "VAE.elbo": method(gans.VAE, "elbo", images=images(), num_samples=1, seed=0, averaged=True, batch_size=4),
    "VAEGAN.generate": method(gans.VAEGAN, "generate", num_images=2, latents=None, seed=0, averaged=True, batch_size=4),
    "VAEGAN.encode": method(gans.VAEGAN, "encode", images=images(), averaged=True, batch_size=4),
    "VAEGAN.decode": method(gans.VAEGAN, "decode", latents=latents(), averaged=True, batch_size=4),
    "VAEGAN.reconstruct": method(gans.VAEGAN, "reconstruct", images=images(), averaged=True, batch_size=4),
    "VAEGAN.score": method(gans.VAEGAN, "score", images=images(), averaged=True, batch_size=4),
    "BiGAN.score": method(gans.BiGAN, "score", images=images(), averaged=True, batch_size=4),
    "AnomalyGAN.of": lambda: (gans.AnomalyGAN.of, {"gan": compiled(gans.LSGAN), "encoder": scoring()["encoder"]}),
    "ACGAN.generate": method(
        gans.ACGAN, "generate", num_images=3, latents=None, labels=labels(3), seed=0, averaged=True, batch_size=4
    ),
    "InfoGAN.generate": method(
        gans.InfoGAN,
        "generate",
        num_images=3,
        latents=None,
        codes=np.array([[0, 0.5], [1, -1.0], [2, 0.0]], "float32"),
        seed=0,
        averaged=True,
        batch_size=4,
    ),
    "MoCoGAN.generate": method(
        gans.MoCoGAN,
        "generate",
        num_clips=2,
        latents=None,
        motions=np.zeros((2, 3, 1), "float32"),
        num_frames=None,
        seed=0,
        averaged=True,
        batch_size=2,
    ),
    "MoCoGAN.combine": method(
        gans.MoCoGAN, "combine", num_contents=1, num_motions=2, num_frames=2, seed=0, averaged=True, batch_size=2
    ),
    "VideoGAN.generate": method(
        gans.VideoGAN,
        "generate",
        num_clips=2,
        latents=None,
        frames=images(2),
        labels=None,
        seed=0,
        averaged=True,
        batch_size=2,
    ),
    "LanguageModel.generate": method(
        gans.LanguageModel,
        "generate",
        num_texts=2,
        prompt=np.array([3, 1]),
        temperature=0.5,
        latents=None,
        seed=0,
        averaged=True,
        batch_size=2,
    ),
    "LanguageModel.log_likelihood": method(
        gans.LanguageModel,
        "log_likelihood",
        tokens=np.array([[1, 2, 3, 0]]),
        temperature=0.5,
        averaged=True,
        batch_size=2,
    ),
    "TextWGANGP.generate": method(
        gans.TextWGANGP, "generate", num_texts=2, latents=None, seed=0, averaged=True, batch_size=2
    ),
    "InfoGAN.infer_codes": method(gans.InfoGAN, "infer_codes", images=images(), batch_size=4),
}


def fitting(make, x):
    def made():
        extra = {"epochs": 1, "verbose": 0, "callbacks": None, "validation_data": None, "shuffle": True}
        extra |= {"initial_epoch": 0, "steps_per_epoch": 1, "validation_steps": 1, "validation_freq": 1}
        return compiled(make).fit, {"x": x, "y": None, "batch_size": 4} | extra

    return made


_TRAINING = {
    "AdversarialModel.fit": fitting(gans.LSGAN, images()),
    "AdversarialModel.fit (labels)": fitting(gans.ACGAN, {"images": images(), "labels": labels()}),
    "AdversarialModel.evaluate": lambda: (
        compiled(gans.LSGAN).evaluate,
        {"x": images(), "y": None, "batch_size": 4, "steps": 1, "verbose": 0, "callbacks": None, "return_dict": True},
    ),
    "AdversarialModel.train_on_batch": method(gans.LSGAN, "train_on_batch", x=images(), y=None, return_dict=True),
    "AdversarialModel.test_on_batch": method(gans.LSGAN, "test_on_batch", x=images(), y=None, return_dict=True),
    "AdversarialModel.predict": lambda: (
        compiled(gans.LSGAN).predict,
        {"x": latents(), "batch_size": 4, "verbose": 0, "steps": None, "callbacks": None},
    ),
    "AdversarialModel.sampling_inputs": method(gans.LSGAN, "sampling_inputs", count=2, seed=0),
    "AdversarialModel.draw_samples": method(gans.LSGAN, "draw_samples", count=2, seed=0, averaged=True, batch_size=4),
    # Of a model of its own, which nobody trains at the rates that this makes.
    "AdversarialModel.scale_learning_rates": lambda: (fresh().scale_learning_rates, {"factor": 1.0}),
    "load_model": lambda: (training.load_model, {"filepath": saved()}),
    "Sampler": lambda: (
        training.Sampler,
        {
            "interface": training.Interface(pair()["generator"], "generator", ("latents",), "images"),
            "network": None,
            "num_classes": None,
            "num_labels": None,
            "is_drawn": True,
        },
    ),
    "AdversarialModel": lambda: (
        Mean,
        {
            "players": {"guess": training.Player(guess=network((2,), ("guess", 1)))},
            "data_spec": {"points": training.Field((2,))},
            "batches_per_step": 1,
            "seed": 0,
            "name": "model",
        },
    ),
    "Critic": lambda: (
        training.Critic,
        {
            "network": pair()["discriminator"],
            "role": "critic",
            "judges": "images",
            "conditions": ("labels",),
            "multiscale": False,
            "augmentations": (),
            "generator": None,
        },
    ),
    "Field": lambda: (
        training.Field,
        {"shape": (2,), "num_classes": None, **dict.fromkeys(("is_noise", "is_mask", "is_sound", "is_text"), False)},
    ),
    "Interface": lambda: (
        training.Interface,
        {"network": pair()["generator"], "role": "generator", "takes": ("latents",), "returns": "images"},
    ),
    "Player": lambda: (
        training.Player,
        {"ema_half_life": 5.0, "penalties": (), "updates_per_step": 1, "judge": network((2,), ("logits", 1))},
    ),
    "Sampler.draw": lambda: (compiled(gans.LSGAN).sampler().draw, {"count": 2, "seed": 0}),
    "Sampler.inputs_for": lambda: (compiled(gans.LSGAN).sampler().inputs_for, {"count": 2, "seed": 0}),
}


def loss(make, **arguments):
    return {
        make.__name__: lambda: (make, arguments),
        f"{make.__name__}.discriminator_loss": lambda: (
            make().discriminator_loss,
            {"real_logits": features(4, 1), "fake_logits": features(4, 1)},
        ),
        f"{make.__name__}.generator_loss": lambda: (
            make().generator_loss,
            {"real_logits": features(4, 1), "fake_logits": features(4, 1)},
        ),
    }


def likelihood(make, **arguments):
    """A likelihood and its method."""
    made = {name: tf.constant(0.1 * images(4)) for name in ("images", "logits", "log_scale")}
    return {
        make.__name__: lambda: (make, arguments),
        f"{make.__name__}.log_likelihood": lambda: (
            make().log_likelihood,
            {"images": tf.constant(images(4)), "made": made},
        ),
    }


_LOSSES = {
    **likelihood(losses.Bernoulli),
    **likelihood(losses.DiscretizedLogistic, levels=256),
    **likelihood(losses.Gaussian, scale=None, levels=256),
    **loss(losses.Hinge),
    **loss(losses.LeastSquares, a=0.0, b=1.0, c=1.0),
    **loss(losses.Minimax, real_label=1.0),
    **loss(losses.NonSaturating, real_label=1.0),
    **loss(losses.Relativistic),
    **loss(losses.RelativisticAverage),
    **loss(losses.Wasserstein),
    "Perceptual": lambda: (
        losses.Perceptual,
        {
            "network": edges(),
            "layers": ["edges"],
            "weights": [1.0],
            "style_weights": [1.0],
            "preprocessing": None,
            "distance": "absolute",
            "name": "likeness",
        },
    ),
    "Perceptual()": lambda: (
        losses.Perceptual(edges(), ["edges"]).call,
        {"real_images": tf.constant(images(4)), "fake_images": tf.constant(images(4))},
    ),
    "Perceptual.published": lambda: (
        losses.Perceptual.published,
        {"name": "esrgan", "network": edges("block5_conv4")},
    ),
    "Style": lambda: (
        losses.Style,
        {"network": edges(), "layers": ["edges"], "weights": [1.0], "preprocessing": None, "name": "style"},
    ),
    "Style()": lambda: (
        losses.Style(edges(), ["edges"]).call,
        {"real_images": tf.constant(images(4)), "fake_images": tf.constant(images(4))},
    ),
    "Style.published": lambda: (
        functools.partial(losses.Style.published, layers=["edges"], weights=[1.0]),
        {"name": "gatys", "network": edges()},
    ),
    "TotalVariation": lambda: (losses.TotalVariation, {"power": 1}),
    "TotalVariation()": lambda: (losses.TotalVariation(), {"images": tf.constant(images(4))}),
    "Perceptual.features": lambda: (losses.Perceptual(edges(), ["edges"]).features, {"images": tf.constant(images(4))}),
    "feature_matching": lambda: (
        losses.feature_matching,
        {"real_features": [tf.constant(images(4))], "fake_features": [tf.constant(images(4))]},
    ),
}


def penalty(make, **arguments):
    def called():
        critic = pair()["discriminator"]
        return make(**arguments), {"critic": critic, "real_images": images(4), "fake_images": images(4), "seed": None}

    return {make.__name__: lambda: (make, arguments), f"{make.__name__}()": called}


def of_generator(make, **arguments):
    def called():
        return make(**arguments), {"generator": pair()["generator"], "latents": latents(), "seed": None}

    return {make.__name__: lambda: (make, arguments), f"{make.__name__}()": called}


_PENALTIES = {
    **penalty(penalties.R1, weight=10.0),
    **penalty(penalties.R2, weight=10.0),
    **penalty(penalties.GradientPenalty, weight=10.0, target=1.0, one_sided=False),
    **penalty(penalties.DRAGAN, weight=10.0, target=1.0, noise=0.5),
    **penalty(penalties.LeCam, weight=0.3, decay=0.99, begin=0),
    **penalty(penalties.Drift, weight=0.1),
    **penalty(penalties.ApproximateR1, weight=10.0, sigma=0.01),
    **penalty(penalties.ApproximateR2, weight=10.0, sigma=0.01),
    **penalty(
        penalties.ConsistencyRegularization, augmentation=augmentation.InstanceNoise(), weight=10.0, fake_weight=1.0
    ),
    **of_generator(penalties.PathLength, weight=2.0, decay=0.99, shrink=2),
    **of_generator(penalties.LatentDiversity, weight=0.5, sigma=0.03),
    "LatentConsistency": lambda: (penalties.LatentConsistency, {"weight": 5.0, "sigma": 0.03}),
    "Orthogonal": lambda: (penalties.Orthogonal, {"weight": 1e-4, "player": "generator"}),
    "Lazy": lambda: (penalties.Lazy, {"penalty": penalties.R1(), "every": 16}),
    "mean_logits": lambda: (penalties.mean_logits, {"logits": features(4, 1)}),
    "squared_gradient_norms": lambda: (
        penalties.squared_gradient_norms,
        {"critic": pair()["discriminator"], "images": tf.constant(images(4))},
    ),
}


def layer(make, **arguments):
    return lambda: (make, arguments | {"name": "layer"})


_LAYERS = {
    "BatchNormalization": layer(layers.BatchNormalization, axis=-1, momentum=0.9, epsilon=1e-5, synchronized=True),
    "EqualizedLearningRate": lambda: (
        layers.EqualizedLearningRate,
        {
            "layer": keras.layers.Dense(1),
            "gain": 1.0,
            "learning_rate_multiplier": 0.01,
            "name": "equalized",
            "trainable": True,
        },
    ),
    "FIRBlur2D": layer(layers.FIRBlur2D, taps=(1, 3, 3, 1), growth=1),
    "CodeEncoding": layer(layers.CodeEncoding, categories=(3,), num_continuous=1),
    "ConditionalBatchNormalization": layer(
        layers.ConditionalBatchNormalization,
        num_classes=3,
        momentum=0.9,
        epsilon=2e-5,
        initializer="zeros",
        spectral_normalization=False,
    ),
    "FIRDownsampling2D": layer(layers.FIRDownsampling2D, taps=(1, 3, 3, 1)),
    "FIRUpsampling2D": layer(layers.FIRUpsampling2D, taps=(1, 3, 3, 1)),
    "GroupNormalization": layer(
        layers.GroupNormalization, groups=1, epsilon=1e-5, center=True, scale=True, gamma_initializer="ones"
    ),
    "GumbelSoftmax": layer(layers.GumbelSoftmax, inverse_temperature=2.0, straight_through=False, seed=1),
    "gumbel_of": lambda: (layers.gumbel_of, {"uniform": tf.constant([0.2, 0.5])}),
    "ImagePool": layer(layers.ImagePool, size=5),
    "LearnedConstant": layer(layers.LearnedConstant, shape=(4, 4, 2), initializer="zeros"),
    "LeakyReLU": layer(layers.LeakyReLU, negative_slope=0.2),
    "MelSpectrogram": layer(
        layers.MelSpectrogram,
        sample_rate=8000,
        num_mels=20,
        fft_size=256,
        hop=64,
        window=200,
        low=0.0,
        high=3000.0,
        name="mels",
    ),
    "MinibatchDiscrimination": layer(layers.MinibatchDiscrimination, num_kernels=4, kernel_dim=2),
    "MinibatchStddev": layer(layers.MinibatchStddev, group_size=4, num_features=1),
    "ModulatedConv2D": layer(
        layers.ModulatedConv2D, filters=2, kernel_size=3, upsample=True, demodulate=True, gain=1.0
    ),
    "NoiseInjection": layer(layers.NoiseInjection, constant=True, seed=1),
    "PixelNormalization": layer(layers.PixelNormalization, epsilon=1e-8),
    "PhaseShuffle": layer(layers.PhaseShuffle, shift=2, seed=1),
    "Pack": layer(layers.Pack, size=2),
    "PixelShuffle": layer(layers.PixelShuffle, factor=2),
    "ReflectionPadding1D": layer(layers.ReflectionPadding1D, padding=1),
    "ReflectionPadding2D": layer(layers.ReflectionPadding2D, padding=1),
    "ContextualAttention": lambda: (layers.ContextualAttention, {"rate": 2, "scale": 10.0}),
    "FrameByFrame": lambda: (layers.FrameByFrame, {"network": keras.layers.Dense(1)}),
    "GatedConv2D": layer(
        layers.GatedConv2D,
        filters=1,
        kernel_size=3,
        strides=1,
        dilation_rate=1,
        activation="elu",
        kernel_initializer="zeros",
    ),
    "RelationalMemoryCell": layer(
        layers.RelationalMemoryCell, head_size=2, num_heads=1, memory_slots=1, mlp_layers=2, forget_bias=1.0
    ),
    "SelfAttention": layer(layers.SelfAttention, spectral_normalization=True, kernel_initializer="glorot_uniform"),
    "SpectralNormalization": lambda: (
        layers.SpectralNormalization,
        {"layer": keras.layers.Dense(1), "power_iterations": 1, "epsilon": 1e-12, "name": "sn", "trainable": True},
    ),
    "StyleMixing": layer(layers.StyleMixing, probability=0.9, seed=1),
    "TokenDecoder": lambda: (
        layers.TokenDecoder,
        {"cell": keras.layers.LSTMCell(2), "vocab_size": 5, "embedding_dim": 2, "ends": True}
        | dict.fromkeys(("embeddings_initializer", "kernel_initializer", "bias_initializer"), "zeros"),
    ),
    "Tokenizer": layer(layers.Tokenizer, vocabulary=WORDS, level="words", length=4, standardize="lower"),
    "Tokenizer.fitted": lambda: (
        layers.Tokenizer.fitted,
        {"texts": ["a dog"], "level": "words", "length": 4, "max_tokens": 9, "standardize": "lower", "name": "words"},
    ),
    "Tokenizer.decode": lambda: (layers.Tokenizer(WORDS, length=4).decode, {"tokens": labels(8).reshape(2, 4)}),
    "Tokenizer.num_tokens": lambda: (layers.Tokenizer(WORDS, length=4).num_tokens, {"strings": ["a dog"]}),
    "Truncation": layer(layers.Truncation, psi=0.7, momentum=0.995),
    "WeightNormalization": lambda: (
        layers.WeightNormalization,
        {"layer": keras.layers.Dense(1), "name": "wn", "trainable": True},
    ),
    "fold_weight_normalization": lambda: (
        layers.fold_weight_normalization,
        {"network": keras.Sequential([keras.Input((2,)), layers.WeightNormalization(keras.layers.Dense(1))])},
    ),
}


def made(make, **sizes):
    return lambda: (make, sizes)


_IMAGE = {"image_shape": (32, 32, 1), "width": 2}
_NETWORKS = {
    "acgan": made(
        networks.acgan,
        **_IMAGE,
        latent_dim=2,
        num_classes=3,
        discriminator_normalization="batch",
        spectral_normalization=False,
        discriminator_dropout=0.5,
    ),
    "biggan": made(
        networks.biggan,
        image_shape=(8, 8, 1),
        latent_dim=4,
        width=1,
        embedding_dim=2,
        attention_side=0,
        num_classes=None,
    ),
    "context_encoder": made(networks.context_encoder, image_shape=(16, 16, 1), paints="whole", width=1, bottleneck=2),
    "dcgan": made(
        networks.dcgan,
        **_IMAGE,
        latent_dim=2,
        kernel_size=4,
        stages=2,
        generator_normalization="batch",
        discriminator_normalization="batch",
        spectral_normalization=False,
        discriminator_dropout=0.0,
        num_classes=None,
    ),
    "dense_dcgan": made(
        networks.dense_dcgan,
        **_IMAGE,
        latent_dim=2,
        units=2,
        discriminator_normalization="batch",
        spectral_normalization=False,
    ),
    "gated_inpainter": made(
        networks.gated_inpainter,
        image_shape=(8, 8, 1),
        width=1,
        attention=False,
        discriminator_width=1,
        discriminator_layers=1,
    ),
    "ganomaly": made(networks.ganomaly, **_IMAGE, latent_dim=2, kernel_size=4, stages=1),
    "hifigan": made(
        networks.hifigan,
        version="V3",
        num_mels=4,
        ratios=(2,),
        width=2,
        discriminator_width=1,
        periods=(2,),
        scales=1,
    ),
    "relgan": made(
        networks.relgan,
        **_TEXT,
        cell="memory",
        num_heads=2,
        memory_slots=1,
        embedding_dim=2,
        representations=2,
        features=2,
        dropout=0.1,
        ends=True,
    ),
    "seqgan": made(networks.seqgan, **_TEXT, embedding_dim=2, judge_embedding_dim=2, dropout=0.1, ends=True),
    "text_oracle": made(networks.text_oracle, vocab_size=5, length=4, width=2, embedding_dim=2, seed=0),
    "text_wgan_gp": made(networks.text_wgan_gp, vocab_size=5, length=4, latent_dim=2, width=2, blocks=1),
    "vgan": made(
        networks.vgan,
        image_shape=SHAPE,
        num_frames=2,
        latent_dim=2,
        width=1,
        stages=1,
        discriminator_normalization="batch",
        from_first_frame=False,
    ),
    "gan_cls": made(
        networks.gan_cls,
        image_shape=SHAPE,
        text_dim=3,
        latent_dim=2,
        width=1,
        text_width=2,
        stages=1,
        conditioning_augmentation=True,
        discriminator_normalization="spectral",
    ),
    "stack_gan": made(
        networks.stack_gan,
        source_shape=SHAPE,
        scale=2,
        text_dim=3,
        width=1,
        text_width=2,
        halvings=1,
        blocks=1,
        stages=1,
        conditioning_augmentation=True,
        discriminator_normalization="spectral",
    ),
    "text_editor": made(
        networks.text_editor,
        image_shape=SHAPE,
        text_dim=3,
        width=1,
        text_width=2,
        halvings=1,
        blocks=1,
        stages=1,
        discriminator_normalization="spectral",
    ),
    "text_encoder": made(
        networks.text_encoder,
        vocab_size=4,
        length=2,
        text_dim=3,
        kind="transformer",
        width=4,
        blocks=1,
        heads=2,
    ),
    "mocogan": made(
        networks.mocogan,
        image_shape=SHAPE,
        num_frames=7,
        content_dim=2,
        motion_dim=1,
        width=1,
        stages=1,
        cell="gru",
        noise=0.1,
    ),
    "info_gan": made(
        networks.info_gan,
        image_shape=SHAPE,
        categories=(3,),
        num_continuous=1,
        latent_dim=2,
        width=2,
        units=2,
        learn_deviations=False,
        discriminator_normalization="batch",
        spectral_normalization=False,
    ),
    "mlp": made(
        networks.mlp,
        **_IMAGE,
        latent_dim=2,
        depth=1,
        generator_normalization="batch",
        spectral_normalization=False,
        num_classes=None,
    ),
    "melgan": made(networks.melgan, num_mels=4, ratios=(2,), width=2, blocks=1, discriminator_width=1, scales=1),
    "multiscale_discriminator": made(
        networks.multiscale_discriminator, **_IMAGE, source_channels=1, layers=1, scales=2, normalization="instance"
    ),
    "noise_unet": made(networks.noise_unet, image_shape=(8, 8, 1), width=2, stages=1),
    "patch_discriminator": made(
        networks.patch_discriminator,
        **_IMAGE,
        source_channels=1,
        layers=1,
        normalization="instance",
        features=False,
    ),
    "attention_unet": made(networks.attention_unet, **_IMAGE, halvings=1),
    "perceptual_trunk": lambda: (
        networks.perceptual_trunk,
        {
            "weights": trunk_file(),
            "architecture": "squeezenet",
            "image_shape": (None, None, 3),
            "preprocessing": "caffe",
        },
    ),
    "progressive": made(networks.progressive, **_IMAGE, latent_dim=2, max_width=2),
    "resnet": made(
        networks.resnet,
        image_shape=(32, 32, 1),
        latent_dim=2,
        generator_width=2,
        discriminator_width=2,
        num_classes=None,
    ),
    "r3gan": made(
        networks.r3gan,
        image_shape=(8, 8, 1),
        latent_dim=2,
        width=2,
        blocks=1,
        group_size=2,
        num_classes=None,
    ),
    "resnet_translator": made(
        networks.resnet_translator,
        **_IMAGE,
        target_channels=1,
        blocks=1,
        halvings=1,
        padding="zeros",
        num_classes=None,
    ),
    "rrdb": made(networks.rrdb, **_IMAGE, target_channels=1, scale=2, growth=1, blocks=1, skip="bicubic"),
    "sagan": made(networks.sagan, image_shape=(8, 8, 1), latent_dim=2, width=2, attention_side=0, num_classes=None),
    "srresnet": made(networks.srresnet, **_IMAGE, target_channels=1, scale=2, blocks=1, skip="bicubic"),
    "stargan_discriminator": made(networks.stargan_discriminator, **_IMAGE, num_classes=3, layers=2),
    "stylegan2": made(
        networks.stylegan2,
        **_IMAGE,
        latent_dim=2,
        max_width=2,
        mapping_layers=1,
        style_mixing=0.5,
        noise=True,
        num_classes=None,
    ),
    "unet": made(
        networks.unet,
        **_IMAGE,
        target_channels=1,
        depth=2,
        normalization="instance",
        dropout=0.5,
        noise=False,
    ),
    "unet_discriminator": made(networks.unet_discriminator, **_IMAGE),
    "vae": made(networks.vae, **_IMAGE, latent_dim=2, units=2, learn_scale=True),
    "vae_gan": made(networks.vae_gan, **_IMAGE, latent_dim=2, reconstruction_depth=1),
    "bigan": made(networks.bigan, **_IMAGE, latent_dim=2, kernel_size=4, stages=1, distribution=False),
    "dcgan_encoder": made(
        networks.dcgan_encoder,
        **_IMAGE,
        latent_dim=2,
        kernel_size=4,
        stages=1,
        normalization="batch",
        distribution=False,
    ),
    "wavegan": made(networks.wavegan, num_samples=64, latent_dim=2, width=1, phase_shuffle=2, num_classes=None),
    "wgan_gp_resnet": made(networks.wgan_gp_resnet, image_shape=(8, 8, 1), latent_dim=2, width=2),
    "vgg_discriminator": made(networks.vgg_discriminator, **_IMAGE, halvings=2, halving_kernel=4, dense_width=2),
    "vit": made(
        networks.vit,
        image_shape=(8, 8, 1),
        latent_dim=2,
        patch_size=4,
        width=4,
        depth=1,
        heads=2,
        num_classes=None,
    ),
}
_SCHEDULES = {
    "Cosine": made(schedules.Cosine, start=0.0, end=1.0, steps=10, begin=0),
    "Exponential": made(schedules.Exponential, start=1.0, end=10.0, steps=10, begin=0),
    "Linear": made(schedules.Linear, start=0.0, end=1.0, steps=10, begin=0),
    "LinearDecay": made(schedules.LinearDecay, learning_rate=0.1, steps=10, hold_steps=1, warm_up_steps=1),
    "cosines": made(schedules.cosines, steps=10, begin=0, gamma=(1.0, 0.1)),
}
_PRESETS = {
    "Preset": made(
        presets.Preset,
        name="mine",
        description="My pictures.",
        image_size=8,
        channels=3,
        flip=False,
        batch_size=4,
        gan="LSGAN",
        latent_dim=2,
        width=2,
        r1=0.1,
        diff_augment=False,
        ema_half_life=10.0,
        learning_rate=0.1,
        betas=(0.0, 0.9),
        steps=10,
        precision="float32",
    ),
    "get": made(presets.get, name="digits"),
}
_PRETRAINED = {"load_pretrained": made(pretrained.load_pretrained, name="digits")}
_AUGMENTATION = {
    "AdaptiveAugment": made(
        augmentation.AdaptiveAugment, policy=("blit",), probability=0.5, target=0.6, rise_images=1000
    ),
    "AdaptiveAugment()": lambda: (augmentation.AdaptiveAugment(), {"images": tf.constant(images(4)), "seed": (0, 1)}),
    "DiffAugment": made(augmentation.DiffAugment, policy=("color",), strength=1.0),
    "DiffAugment()": lambda: (augmentation.DiffAugment(), {"images": tf.constant(images(4)), "seed": (0, 1)}),
    "InstanceNoise": made(augmentation.InstanceNoise, level=0.1),
    "InstanceNoise()": lambda: (augmentation.InstanceNoise(), {"images": tf.constant(images(4)), "seed": (0, 1)}),
    "uniform_per_image": lambda: (
        augmentation.uniform_per_image,
        {"images": tf.constant(images(4)), "seed": (0, 1), "shape": ()},
    ),
}
_CALLBACKS = {
    "Checkpoint": lambda: (callbacks.Checkpoint, {"run_dir": folder(), "every": 1, "unit": "epoch", "keep": 3}),
    "Evaluate": lambda: (
        callbacks.Evaluate,
        {
            "images": images(),
            "evaluator": evaluator(),
            "every": 1,
            "directory": folder(),
            "best": "precision",
            "floor": None,
            "log_dir": None,
        },
    ),
    "TextSnapshots": lambda: (
        callbacks.TextSnapshots,
        {
            "directory": folder(),
            "every": 1,
            "unit": "epoch",
            "num_texts": 2,
            "seed": 0,
            "tokenizer": layers.Tokenizer(WORDS, length=4),
            "log_dir": None,
            "after_seconds": (30,),
        },
    ),
    "AudioSnapshots": lambda: (
        callbacks.AudioSnapshots,
        {
            "directory": folder(),
            "sample_rate": 8000,
            "every": 1,
            "unit": "epoch",
            "num_waveforms": 4,
            "seed": 0,
            "log_dir": None,
            "inputs": None,
            "after_seconds": [10],
        },
    ),
    "write_film": lambda: (
        callbacks.write_film,
        {"filepath": f"{folder()}/a.gif", "clips": images()[None], "columns": 1, "frames_per_second": 10},
    ),
    "ClipSnapshots": lambda: (
        callbacks.ClipSnapshots,
        {
            "directory": folder(),
            "every": 1,
            "unit": "epoch",
            "num_clips": 4,
            "frames_per_second": 10,
            "seed": 0,
            "log_dir": folder(),
            "inputs": None,
            "after_seconds": (),
        },
    ),
    "ImageSnapshots": lambda: (
        callbacks.ImageSnapshots,
        {
            "directory": folder(),
            "every": 1,
            "unit": "epoch",
            "num_images": 4,
            "seed": 0,
            "gif": True,
            "log_dir": None,
            "inputs": None,
            "after_seconds": [10],
            "zoom": 2,
        },
    ),
    "LossCurves": lambda: (callbacks.LossCurves, {"path": f"{folder()}/curves.png"}),
    "Progress": lambda: (callbacks.Progress, {"names": ["d_loss"]}),
    "TensorBoard": lambda: (callbacks.TensorBoard, {"log_dir": folder()}),
    "Throughput": lambda: (callbacks.Throughput, {}),
    "TrainingHealth": lambda: (
        callbacks.TrainingHealth,
        {
            "images": images(),
            "every": 10,
            "patience": 5,
            "directory": folder(),
            "checkpoint": None,
            "rollbacks": 0,
            "learning_rate_factor": 0.5,
        },
    ),
    "image_grid": lambda: (callbacks.image_grid, {"images": images(), "columns": 2, "padding": 2, "scale": 1}),
}


def loading(source):
    return lambda: (
        data.load,
        {
            "source": source() if callable(source) else source,
            "split": "train",
            "image_size": 8,
            "batch_size": 2,
            "seed": 0,
            "start_step": 0,
            "labels": False,
            "preprocessing": None,
            "cache_dir": folder(),
        },
    )


def loading_two(function, **given):
    return lambda: (
        function,
        {
            **{name: make() for name, make in given.items()},
            "split": "train",
            "image_size": 8,
            "batch_size": 2,
            "seed": 0,
            "start_step": 0,
            "preprocessing": None,
            "cache_dir": folder(),
        },
    )


def nothing():
    return None


def one():
    return 1


@functools.cache
def halves():
    directory = pathlib.Path(folder())
    for index in range(4):
        Image.new("L", (16, 8), index).save(directory / f"{index}.png")
    return str(directory)


@functools.cache
def recordings():
    directory = pathlib.Path(folder())
    for name in ("a", "b", "c"):
        soundfile.write(directory / f"{name}.wav", np.zeros(16), 8000)
    return str(directory)


@functools.cache
def attribute_table():
    path = pathlib.Path(folder(), "attributes.csv")
    path.write_text("file,tall,old\n" + "".join(f"{index}.png,1,0\n" for index in range(4)))
    return str(path)


_DATA = {
    "load": loading(lambda: images()),
    "load (folder)": loading(pictures),
    "load (source)": loading(Stripes),
    "load_masked": loading_two(data.load_masked, images=images, masks=images),
    "load_pairs": loading_two(data.load_pairs, source=images, target=images, source_half=nothing, scale=one),
    "load_pairs (folders)": loading_two(
        data.load_pairs, source=pictures, target=pictures, source_half=nothing, scale=lambda: 1
    ),
    "load_pairs (halves)": loading_two(
        data.load_pairs, source=halves, target=nothing, source_half=lambda: "left", scale=lambda: 1
    ),
    "load_clips": lambda: (
        data.load_clips,
        {
            "source": np.zeros((8, 3, 8, 8, 1), "uint8"),
            "num_frames": 2,
            "stride": 1,
            "split": None,
            "image_size": 8,
            "batch_size": 2,
            "seed": 0,
            "start_step": 0,
            "labels": False,
            "preprocessing": None,
        },
    ),
    "CaptionedDigits": made(data.CaptionedDigits, num_images=2, side=24, held_out=0.15, seed=0),
    "load_captions": lambda: (
        data.load_captions,
        {
            "source": images(8),
            "captions": ["red", "blue"] * 4,
            "split": None,
            "image_size": 8,
            "batch_size": 2,
            "tokenizer": None,
            "candidates": 1,
            "seed": 0,
            "start_step": 0,
            "preprocessing": None,
        },
    ),
    "load_captions (tokens)": lambda: (
        data.load_captions,
        {
            "source": images(8),
            "captions": np.arange(16).reshape(8, 2),
            "split": None,
            "image_size": 8,
            "batch_size": 2,
            "tokenizer": None,
            "candidates": 1,
            "seed": 0,
            "start_step": 0,
            "preprocessing": None,
        },
    ),
    "MovingDigits": made(data.MovingDigits, side=9, speed=(1.0, 2.0)),
    "load_mattes": loading_two(
        data.load_mattes,
        pictures=lambda: np.repeat(images(), 4, axis=-1),
        alphas=nothing,
        backgrounds=images,
        radius=one,
    ),
    "Parts": made(data.Parts, source=np.zeros((4, 8, 8, 1), "uint8"), size=4, num_parts=8, seed=0),
    "load_degraded": loading_two(data.load_degraded, source=images, degradation=lambda: data.Bicubic(2)),
    "trimaps_of": lambda: (data.trimaps_of, {"alphas": images(4), "radius": 1}),
    "load_text": lambda: (
        data.load_text,
        {
            "source": ["a dog", "two cats"],
            "tokenizer": "words",
            "unit": "line",
            "length": 3,
            "max_tokens": 9,
            "split": "all",
            "batch_size": 2,
            "seed": 0,
            "start_step": 0,
        },
    ),
    "load_recordings": lambda: (
        data.load_recordings,
        {
            "source": recordings(),
            "num_samples": 8,
            "split": "train",
            "sample_rate": 8000,
            "batch_size": 2,
            "seed": 0,
            "start_step": 0,
            "labels": False,
        },
    ),
    "Recordings": lambda: (
        data.Recordings,
        {
            "path": recordings(),
            "pattern": r"(?P<group>.).*",
            "held_out": ["a"],
            "short": "pad",
            "peak": 1.0,
            "skip_corrupt": False,
        },
    ),
    "load_unpaired": loading_two(data.load_unpaired, source=images, target=pictures),
    "AttributeFolder": lambda: (
        data.AttributeFolder,
        {"path": pictures(), "table": attribute_table(), "attributes": ["tall"], "skip_corrupt": False},
    ),
    "Arrays": lambda: (data.Arrays, {"images": np.zeros((8, 8, 8, 1), "uint8"), "labels": labels()}),
    "Bicubic": made(data.Bicubic, scale=2, levels=256),
    "Digits": made(data.Digits),
    "SecondOrderDegradation": made(data.SecondOrderDegradation, scale=2),
    "Folder": lambda: (data.Folder, {"path": pictures(), "skip_corrupt": False}),
    "ImageData": lambda: (
        data.ImageData,
        {"images": np.zeros((8, 8, 8, 1), "uint8"), "labels": labels(), "class_names": ("a", "b", "c")},
    ),
    "ImageStream": lambda: (
        data.ImageStream,
        {
            "key": {"made_by": "the fuzz"},
            "num_images": 8,
            "examples": lambda start: iter([]),
            "class_names": ("a", "b", "c"),
            "names": None,
            "notes": lambda left_out: (),
            "attributes": None,
        },
    ),
    "NumpyFile": lambda: (data.NumpyFile, {"path": numbers_file()}),
    "Preprocessing": made(
        data.Preprocessing, channels=None, depth=8, crop="center", load_size=None, flip=False, dequantize=False
    ),
    "Source.stack": lambda: (data.Source.stack, {"images": [np.zeros((8, 8, 1), "uint8")] * 2}),
    "TFDS": lambda: (data.TFDS, {"name": "mnist", "data_dir": folder(), "download": False}),
}


def measured(measure, **others):
    return lambda: (measure, {"real_features": features(), "fake_features": features(), **others})


def told_apart(function, **others):
    """A function of scores and of what they are to find."""
    return lambda: (function, {"scores": np.arange(8.0), "is_anomaly": np.arange(8) % 2 == 0, **others})


def heard(metric, **others):
    """A metric of recordings and their targets, and its arguments."""
    return lambda: (metric, {"waveforms": three_waveforms(), "targets": three_waveforms()[::-1].copy(), **others})


class LogMels:
    """A spectrogram of one band, and the vocoder of its frames."""

    sample_rate, hop = 8000, 64

    def __call__(self, waveforms):
        frames = np.asarray(waveforms).reshape(len(waveforms), -1, self.hop)
        return np.log(np.maximum(np.square(frames).mean(axis=2, keepdims=True), 1e-5))

    def vocode(self, mels):
        return np.exp(0.5 * mels).repeat(self.hop, axis=1)


def short_clips():
    return np.random.default_rng(0).uniform(-1, 1, (2, 4, 8, 8, 1)).astype("float32")


def three_waveforms():
    return np.random.default_rng(0).uniform(-1, 1, (3, 2048, 1)).astype("float32")


_METRICS = {
    "AnomalyEvaluator": made(metrics.AnomalyEvaluator, metrics=["auroc", "best_f1"], normal=0, num_images=10, seed=0),
    "AnomalyEvaluator.real": lambda: (
        metrics.AnomalyEvaluator().real,
        {"images": {"images": images(), "labels": labels()}, "verbose": 0},
    ),
    "AnomalyEvaluator.compare": lambda: (
        metrics.AnomalyEvaluator().compare,
        {"source": np.arange(8.0), "real": labels(), "floor": None, "intervals": True, "verbose": 0},
    ),
    "ClassifierScore": made(metrics.ClassifierScore, extractor=None, num_classes=3, num_splits=1, seed=0, name="score"),
    "Embedding": made(metrics.Embedding, features=tf.zeros((2, 3)), logits=None),
    "Evaluator": lambda: (
        metrics.Evaluator,
        {
            "extractor": extractor(),
            "metrics": ("frechet_distance",),
            "num_images": 10,
            "seed": 0,
            "num_halves": 8,
            "cache_dir": folder(),
        },
    ),
    "Evaluator.real": lambda: (evaluator().real, {"images": images(20), "verbose": 0}),
    "Evaluator.compare": lambda: (
        evaluator().compare,
        {"source": images(40)[20:], "real": images(20), "floor": None, "intervals": True, "verbose": 0},
    ),
    "Evaluator.floor": lambda: (evaluator().floor, {"train": images(40)[20:], "real": images(20), "num_images": 10}),
    "Extractor": made(
        MeanColour, name="colour", digest="1", num_features=1, num_classes=None, input_shape=(8, 8, 1), resize="clean"
    ),
    "Extractor()": lambda: (MeanColour(name="c", digest="1", num_features=1), {"images": tf.constant(images())}),
    "FrechetDistance": made(metrics.FrechetDistance, extractor=None, num_features=3, name="distance"),
    "FrechetDistance.update_state": lambda: (
        metrics.FrechetDistance(num_features=3).update_state,
        {"real": features(), "fake": features()},
    ),
    "Inception2015": lambda: (metrics.Inception2015, {"path": numbers_file(), "sha256": "0" * 64, "resize": "clean"}),
    "KerasInception": made(metrics.KerasInception, weights="no_such_file.h5", download=False, resize="clean"),
    "Lpips": lambda: (
        metrics.Lpips,
        {
            "network": keras.Sequential([keras.Input(SHAPE), keras.layers.Conv2D(2, 3, name="edges")]),
            "heads": [np.ones(2, "float32")],
            "layers": ["edges"],
            "name": "look",
        },
    ),
    "Lpips()": lambda: compared(perceptual())(),
    "matting_errors": lambda: (
        metrics.matting_errors,
        {"alphas": np.zeros((2, 8, 8, 1)), "targets": np.ones((2, 8, 8, 1)), "trimaps": np.zeros((2, 8, 8, 1))},
    ),
    "PairEvaluator": lambda: (
        metrics.PairEvaluator,
        {
            "metrics": ["psnr", "precision_recall"],
            "extractor": extractor(),
            "to": None,
            "num_pairs": 10,
            "seed": 0,
            "cache_dir": folder(),
            "channel": "y",
            "border": 1,
        },
    ),
    "PairEvaluator.real": lambda: (metrics.PairEvaluator().real, {"pairs": held_out(), "verbose": 0}),
    "PairEvaluator.compare": lambda: (
        metrics.PairEvaluator().compare,
        {"source": images(), "real": held_out(), "floor": None, "intervals": True, "verbose": 0},
    ),
    "PairEvaluator.floor": lambda: (
        metrics.PairEvaluator(["precision_recall"], extractor()).floor,
        {"train": -images(20), "real": held_out()},
    ),
    "ReconstructionEvaluator": lambda: (
        metrics.ReconstructionEvaluator,
        {
            "metrics": ["psnr", "elbo", "precision_recall"],
            "extractor": extractor(),
            "num_images": 10,
            "seed": 0,
            "cache_dir": folder(),
        },
    ),
    "ReconstructionEvaluator.real": lambda: (
        metrics.ReconstructionEvaluator().real,
        {"images": images(), "verbose": 0},
    ),
    "ReconstructionEvaluator.compare": lambda: (
        metrics.ReconstructionEvaluator(["l1"]).compare,
        {"source": compiled(gans.VAEGAN), "real": images(), "floor": None, "intervals": True, "verbose": 0},
    ),
    "ReconstructionEvaluator.floor": lambda: (
        metrics.ReconstructionEvaluator(["precision_recall"], extractor()).floor,
        {"train": -images(20), "real": images()},
    ),
    "KernelDistance": made(
        metrics.KernelDistance,
        extractor=None,
        num_features=3,
        subset_size=4,
        num_subsets=2,
        reservoir_size=20,
        seed=0,
        name="distance",
    ),
    "Measure": made(
        metrics.Measure,
        compute=lambda real, fake: (0.0,),
        better={"shift": "lower"},
        needs="features",
        bounds={"shift": (0.0, 1.0)},
        scaling=None,
    ),
    "ModelExtractor": lambda: (
        metrics.ModelExtractor,
        {
            "model": network(SHAPE, ("features", 3)),
            "name": "edges",
            "image_size": 8,
            "channels": 1,
            "resize": "clean",
            "value_range": (-1.0, 1.0),
            "output": "features",
            "fingerprint": "1",
            "sha256": None,
        },
    ),
    "Moments": made(metrics.Moments, count=2, mean=np.array([1.0]), covariance=np.array([[2.0]])),
    "Report": lambda: (metrics.Report, {"results": [metrics.Result(**result())]}),
    "Report.save": lambda: (metrics.Report([metrics.Result(**result())]).save, {"path": f"{folder()}/report.json"}),
    "Result.beats": lambda: (metrics.Result(**result()).beats, {"value": 0.5}),
    "Result": lambda: (
        metrics.Result,
        result(
            interval=(0.0, 1.0),
            floor=0.1,
            split="test",
            seed=0,
            warnings=(),
            dtype="float64",
            scaling="unit",
            baseline=0.2,
            is_paired=False,
            is_detection=False,
            threshold=0.5,
            kind="images",
            part=None,
        ),
    ),
    "Samples": lambda: (
        metrics.Samples,
        {
            "features": features(),
            "logits": features(),
            "images": None,
            "split": "test",
            "fingerprint": "",
            "hashes": None,
        },
    ),
    "Samples.rows": lambda: (metrics.Samples(features()).rows, {"indices": [0, 2]}),
    "auroc": told_apart(metrics.auroc),
    "average_precision": told_apart(metrics.average_precision),
    "ngram_divergence": made(metrics.ngram_divergence, tokens=tokens(), targets=tokens(), order=2, ends=True),
    "bleu": made(metrics.bleu, tokens=tokens(), references=tokens(), order=2, ends=True),
    "self_bleu": made(metrics.self_bleu, tokens=tokens(), order=2, ends=True),
    "perplexity": made(metrics.perplexity, log_likelihoods=-np.ones(6, "float32"), tokens=tokens(), ends=True),
    "known_words": lambda: (
        metrics.known_words,
        {"texts": ["a dog"], "tokenizer": layers.Tokenizer(WORDS, length=4), "cut": False},
    ),
    "TextEvaluator": lambda: (
        metrics.TextEvaluator,
        {"metrics": ["oracle_perplexity"], "num_texts": 5, "num_bleu": 4, "ends": True, "oracle": Reader(), "seed": 0},
    ),
    "TextEvaluator.real": lambda: (metrics.TextEvaluator().real, {"texts": tokens(), "verbose": 0}),
    "TextEvaluator.compare": lambda: (
        metrics.TextEvaluator("self_bleu", num_texts=5).compare,
        {"source": tokens(), "real": tokens(), "floor": None, "intervals": True, "verbose": 0},
    ),
    "TextEvaluator.floor": lambda: (
        metrics.TextEvaluator("self_bleu", num_texts=5).floor,
        {"train": tokens(), "real": tokens()},
    ),
    "best_f1": told_apart(metrics.best_f1),
    "VocoderEvaluator": made(metrics.VocoderEvaluator, mel_spectrogram=LogMels(), num_recordings=3, seed=0),
    "VocoderEvaluator.real": lambda: (
        metrics.VocoderEvaluator(LogMels()).real,
        {"recordings": three_waveforms(), "verbose": 0},
    ),
    "VocoderEvaluator.compare": lambda: (
        metrics.VocoderEvaluator(LogMels()).compare,
        {"source": LogMels(), "real": three_waveforms(), "floor": None, "intervals": True, "verbose": 0},
    ),
    "centroid_motion": made(metrics.centroid_motion, clips=short_clips(), background=-1.0, threshold=0.2),
    "class_coverage": made(metrics.class_coverage, class_ids=labels(), num_classes=3),
    "class_frechet_distance": lambda: (
        metrics.class_frechet_distance,
        {
            "real_features": features(),
            "real_labels": labels(12),
            "fake_features": features(),
            "fake_labels": labels(12),
        },
    ),
    "classification_accuracy_score": lambda: (
        metrics.classification_accuracy_score,
        {
            "training": (images(12), labels(12)),
            "test": (images(12), labels(12)),
            "steps": 1,
            "seed": 0,
            "max_images": 20,
        },
    ),
    "classifier_score": lambda: (metrics.classifier_score, {"logits": features(), "num_splits": 2, "seed": 0}),
    "clustering_agreement": made(metrics.clustering_agreement, clusters=labels(), labels=labels()),
    "density_coverage": measured(metrics.density_coverage, num_neighbours=3),
    "f0_error": heard(metrics.f0_error, sample_rate=8000, low=60.0, high=400.0),
    "frame_differences": made(metrics.frame_differences, clips=short_clips()),
    "frechet_distance": measured(metrics.frechet_distance),
    "frechet_distance_from_moments": lambda: (
        metrics.frechet_distance_from_moments,
        {"real": metrics.moments(features()), "fake": metrics.moments(features())},
    ),
    "gradient_energy": compared(metrics.gradient_energy),
    "attribute_accuracy": made(
        metrics.attribute_accuracy,
        predicted=np.arange(6).reshape(3, 2),
        wanted=np.arange(6).reshape(3, 2),
        names=["a", "b"],
    ),
    "r_precision": made(
        metrics.r_precision,
        image_vectors=np.eye(4, 3),
        text_vectors=np.eye(4, 3),
        texts=np.arange(4),
        num_candidates=2,
        seed=0,
    ),
    "identity_constancy": made(metrics.identity_constancy, classes=np.arange(12).reshape(3, 4) % 3),
    "kernel_distance": measured(metrics.kernel_distance, subset_size=4, num_subsets=2, seed=0),
    "l1": compared(metrics.l1, masks=np.ones((8, 8, 8, 1))),
    "label_accuracy": made(metrics.label_accuracy, logits=features(), labels=labels(12)),
    "log_mel_distance": heard(metrics.log_mel_distance, mel_spectrogram=LogMels()),
    "mode_coverage": lambda: (
        metrics.mode_coverage,
        {"samples": features(12, 2), "centres": features(4, 2), "standard_deviation": 0.1, "radius": 3.0},
    ),
    "moments": lambda: (metrics.moments, {"features": features()}),
    "ms_ssim_diversity": lambda: (
        metrics.ms_ssim_diversity,
        {
            "images": np.random.default_rng(0).uniform(-1, 1, (6, 32, 32, 1)),
            "labels": [0, 0, 0, 1, 1, 1],
            "num_pairs": 4,
            "seed": 0,
        },
    ),
    "nearest_neighbours": lambda: (
        metrics.nearest_neighbours,
        {"queries": features(), "references": features(), "num_neighbours": 1},
    ),
    "perceptual_path_length": lambda: (
        metrics.perceptual_path_length,
        {
            "generator": lambda given: given,
            "embed": lambda made: made,
            "latent_dim": 2,
            "num_samples": 4,
            "epsilon": 1e-4,
            "interpolation": "lerp",
            "mapping": None,
            "batch_size": 4,
            "seed": 0,
        },
    ),
    "precision_recall": measured(metrics.precision_recall, num_neighbours=3),
    "psnr": compared(metrics.psnr, channel=None, border=1, value_range=(-1.0, 1.0), masks=np.ones((8, 8, 8, 1))),
    "sliced_wasserstein_distance": lambda: (
        metrics.sliced_wasserstein_distance,
        {
            "real_images": np.random.default_rng(0).uniform(-1, 1, (4, 16, 16, 1)),
            "fake_images": np.random.default_rng(1).uniform(-1, 1, (4, 16, 16, 1)),
            "patches_per_image": 2,
            "num_projections": 2,
            "seed": 0,
        },
    ),
    "ssim": compared(metrics.ssim, channel=None, border=1, value_range=(-1.0, 1.0)),
    "stft_distance": heard(metrics.stft_distance, resolutions=[(256, 32, 128)]),
    "train_extractor": lambda: (
        metrics.train_extractor,
        {
            "dataset": data.load(Stripes(), batch_size=4, labels=True),
            "cache_dir": folder(),
            "seed": 0,
            "num_features": 2,
            "steps": 1,
            "max_images": 24,
        },
    ),
    "write_score_histogram": lambda: told_apart(
        metrics.write_score_histogram, path=f"{folder()}/scores.png", num_bins=5
    )(),
}
_EXPORT = {
    "ExportedGenerator": lambda: (export.ExportedGenerator, {"directory": exported(), "sha256": None}),
    "ExportedGenerator.generate": lambda: (
        export.ExportedGenerator(exported()).generate,
        {"num_images": 2, "latents": None, "labels": None, "codes": None, "seed": 0, "batch_size": 4},
    ),
    "ExportedGenerator.draw": lambda: (
        export.ExportedGenerator(exported_reader()).draw,
        {"text": ["red", "blue"], "seed": 0},
    ),
    "ExportedGenerator.translate": lambda: (
        export.ExportedGenerator(exported_translator()).translate,
        {"images": images(2), "labels": None, "masks": None, "batch_size": 4},
    ),
    "litert_distance": lambda: (
        export.litert_distance,
        {
            "gan": compiled(gans.LSGAN),
            "path": converted(),
            "averaged": True,
            "to": None,
            "num_images": 2,
            "seed": 0,
            "sha256": None,
        },
    ),
    "sha256_of": lambda: (export.sha256_of, {"path": numbers_file()}),
    "save": lambda: (
        export.save,
        {
            "gan": compiled(gans.LSGAN),
            "directory": folder(),
            "version": 1,
            "averaged": True,
            "to": None,
            "image_type": "float32",
            "signatures": None,
            "max_count": 4,
            "jit_compile": False,
            "card": None,
        },
    ),
    "save_litert": lambda: (
        export.save_litert,
        {"gan": compiled(gans.LSGAN), "path": f"{folder()}/g.tflite", "averaged": True, "to": None, "quantize": False},
    ),
    "save_onnx": lambda: (
        export.save_onnx,
        {"gan": compiled(gans.LSGAN), "path": f"{folder()}/g.onnx", "averaged": True, "to": None},
    ),
    "write_model_card": lambda: (
        export.write_model_card,
        {
            "folder": folder(),
            "gan": compiled(gans.LSGAN),
            "averaged": True,
            "to": None,
            "signatures": None,
            "facts": None,
        },
    ),
    "write_serving_config": lambda: (
        export.write_serving_config,
        {
            "directory": str(pathlib.Path(exported()).parent),
            "models": None,
            "base_path": "/models",
            "num_versions": 1,
            "max_batch_size": 64,
            "batch_timeout_micros": 1000,
        },
    ),
}


@functools.cache
def with_styles():
    """A GAN whose generator has styles."""
    w = keras.Input((2, 4), name="styles")
    z, given = (keras.Input((2,), name="latents") for _ in range(2))
    mapping = keras.Model(z, keras.layers.Reshape((2, 4))(keras.layers.Dense(8)(z)), name="mapping")
    drawn = keras.layers.Dense(64, "tanh")(keras.layers.Flatten()(w))
    synthesis = keras.Model(w, keras.layers.Reshape(SHAPE)(drawn), name="synthesis")
    generator = keras.Model(given, synthesis(mapping(given)))
    return gans.LSGAN(generator, pair()["discriminator"])


@functools.cache
def styled():
    return latent_tools.StyleSpace(with_styles())


def styles(count=4):
    return np.random.default_rng(3).normal(size=(count, 2, 4)).astype("float32")


def projection():
    return latent_tools.Projection(latents(8), images(), np.zeros(8, "float32"))


_LATENTS = {
    "Projection": lambda: (latent_tools.Projection, projection()._asdict()),
    "StyleSpace": lambda: (latent_tools.StyleSpace, {"gan": with_styles()}),
    "StyleSpace.map": lambda: (styled().map, {"latents": latents(), "labels": None}),
    "StyleSpace.generate": lambda: (styled().generate, {"styles": styles()}),
    "StyleSpace.mean": lambda: (styled().mean, {"num_latents": 10, "seed": 0}),
    "StyleSpace.truncate": lambda: (styled().truncate, {"styles": styles(), "psi": 0.5}),
    "StyleSpace.mix": lambda: (styled().mix, {"coarse": styles(), "fine": styles(), "num_coarse": 1}),
    "interpolate": lambda: (
        latent_tools.interpolate,
        {"begin": latents(), "end": latents()[::-1], "steps": 3, "method": "spherical"},
    ),
    "walk": lambda: (latent_tools.walk, {"latents": latents(), "steps": 2, "method": "linear"}),
    "write_walk": lambda: (
        latent_tools.write_walk,
        {
            "filepath": f"{folder()}/walk.gif",
            "source": compiled(gans.LSGAN),
            "num_images": 1,
            "num_latents": 2,
            "steps": 1,
            "labels": None,
            "seed": 0,
        },
    ),
    "truncated_latents": lambda: (
        latent_tools.truncated_latents,
        {"count": 2, "latent_shape": (2,), "threshold": 1.0, "seed": 0},
    ),
    "directions": lambda: (latent_tools.directions, {"source": compiled(gans.LSGAN), "count": 1}),
    "project": lambda: (
        latent_tools.project,
        {
            "source": compiled(gans.LSGAN),
            "images": images(2),
            "labels": None,
            "features": lambda batch: batch,
            "steps": 2,
            "learning_rate": 0.1,
            "seed": 0,
            "verbose": 0,
        },
    ),
    "attribute_vectors": lambda: (latent_tools.attribute_vectors, {"codes": latents(8), "labels": labels()}),
    "interpolation_grid": lambda: (
        latent_tools.interpolation_grid,
        {"source": compiled(gans.LSGAN), "ends": None, "num_paths": 1, "steps": 2, "labels": None, "seed": 0},
    ),
    "truncation_grid": lambda: (
        latent_tools.truncation_grid,
        {"source": styled(), "strengths": [0.5], "num_images": 2, "labels": None, "seed": 0},
    ),
    "mixing_grid": lambda: (
        latent_tools.mixing_grid,
        {"space": styled(), "num_coarse": 1, "num_images": 2, "labels": None, "seed": 0},
    ),
    "projection_grid": lambda: (
        latent_tools.projection_grid,
        {"images": images(), "projection": projection()},
    ),
    "direction_grid": lambda: (
        latent_tools.direction_grid,
        {
            "source": compiled(gans.LSGAN),
            "directions": np.eye(2, dtype="float32"),
            "points": latents(2),
            "strength": 1.0,
            "steps": 2,
            "labels": None,
            "seed": 0,
        },
    ),
}
_TRANSFER = {
    "fine_tune": lambda: (
        transfer.fine_tune,
        {
            "filepath": saved(),
            "freeze": 0,
            "num_classes": None,
            "known_classes": None,
            "new_classes": "mean",
            "learning_rate": None,
            "keep_optimizers": True,
        },
    ),
    "interpolate_networks": lambda: (
        transfer.interpolate_networks,
        {"first": pair()["generator"], "second": pair()["generator"], "share": 0.5},
    ),
    "freeze": lambda: (transfer.freeze, {"gan": fresh(), "blocks": 1}),
}

_MASKS = {
    "Boxes": made(masks.Boxes, size=0.5, place="random"),
    "Boxes()": lambda: (masks.Boxes(), {"count": 2, "sides": (8, 8), "seed": (0, 1)}),
    "Regions": made(masks.Regions, share=0.25, cells=4),
    "Strokes": made(masks.Strokes, strokes=1, steps=2, widths=0.1),
    "Union": lambda: (masks.Union, {"families": [masks.Boxes()]}),
}

_ROOMS = {
    "augmentation": _AUGMENTATION,
    "callbacks": _CALLBACKS,
    "data": _DATA,
    "export": _EXPORT,
    "gans": _GANS | _METHODS,
    "latents": _LATENTS,
    "layers": _LAYERS,
    "losses": _LOSSES,
    "masks": _MASKS,
    "metrics": _METRICS,
    "networks": _NETWORKS,
    "penalties": _PENALTIES,
    "presets": _PRESETS,
    "pretrained": _PRETRAINED,
    "schedules": _SCHEDULES,
    "training": _TRAINING,
    "transfer": _TRANSFER,
}
CALLS = {f"{room}.{name}": call for room, calls in _ROOMS.items() for name, call in calls.items()}
