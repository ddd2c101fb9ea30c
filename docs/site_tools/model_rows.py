"""What docs/models.md says of each model beyond the tables of the README: read by make_models.py.

A number is a cell of a table in benchmarks/RESULTS.md, and is never written here.
"""

import dataclasses

# What a row begins with that is a regular expression of the section's text, with the number as its group.
PROSE = "text: "


@dataclasses.dataclass(frozen=True)
class Cell:
    """A number, and the cheap baseline next to it, in the first table of a section that has both.

    Args:
        section: str, how the heading of the section begins, `##` or `###`, without the date.
        column: str, the head of the column.
        row: str, how the row of the model begins.
        baseline: str, how the row of the baseline begins; None where the number is a share of it.
        means: str, what the number is; by default the head of the column.
        against: str, what the baseline is; by default how its row begins.
    """

    section: str
    column: str
    row: str
    baseline: str | None = None
    means: str = ""
    against: str = ""


@dataclasses.dataclass(frozen=True)
class Row:
    """What is known of a model.

    Args:
        group: str, the heading under which the model stands.
        command: str, what trains it, below `python `.
        picture: str, a file in docs/images, or "".
        numbers: tuple of `Cell`.
        sound: str, a file in docs/sounds, or "".
        text: str, a file in docs/texts, of which the page has the first lines, or "".
    """

    group: str
    command: str
    picture: str = ""
    numbers: tuple[Cell, ...] = ()
    sound: str = ""
    text: str = ""


DRAW, CLASSES, TRANSLATE, RESTORE = "Draw pictures", "Draw what is asked for", "Translate pictures", "Restore pictures"
ENCODE, MOVE, SOUND, TEXT = "Encode pictures, find anomalies", "Draw clips", "Make sound", "Write text"
# The order of the page. A model that is not listed below stands under the last one.
GROUPS = (DRAW, CLASSES, TRANSLATE, RESTORE, ENCODE, MOVE, SOUND, TEXT, "Others")

_DEFAULTS, _EQUAL = "Defaults that learn", "Networks after equal time on Fashion-MNIST"
_TEXTS = "Pictures of what a text says"
_STYLES, _ENLARGED = "Emoji from one style to the other", "Enlarging photographs, with a bicubic path"
_HOLES, _CODES = "Filling holes", "VAE and VAE-GAN next to a linear code"
_BY_NAME = "share of unseen emoji names that a judge finds among ten"
_CORPORA = "GANs of real text"
_BY_ORACLE = "negative log-likelihood of its texts, nats a token, by an oracle"
_DETECTORS, _ORACLE = "Which detector finds the other classes", "GANs of text next to maximum likelihood"


def memory(name):
    """The GiB that the command of a model needs."""
    return Cell("What the commands of the models need", "GiB", name)


def minutes(name):
    """The minutes that the command of a model takes."""
    return Cell("How long the commands of the models take", "minutes", name)


def _default(name):
    """The Frechet distance with the optimizer that `compile()` takes, over that of a Gaussian."""
    means = "Frechet distance over that of a Gaussian of the pixels, digits"
    return Cell(_DEFAULTS, "dcgan", name, means=means, against="Gaussian 1")


def _fashion(row, networks=""):
    means = f"Frechet distance after 15 minutes on one core, Fashion-MNIST{networks and f', {networks}'}"
    return Cell(_EQUAL, "Frechet distance", row, "Gaussian of the pixels", means)


def _error(name, against):
    """What is left of the error with the optimizer that `compile()` takes, of models that change pictures."""
    return Cell(_DEFAULTS, "distance", name, means=f"error over that of {against}, digits", against=f"{against} 1")


def _digits(name, recipe="", picture="", numbers=()):
    run = name.lower()
    command = f"--flagfile=examples/recipes/{recipe}.txt" if recipe else f"--gan={name} --run_dir=runs/{run}"
    return Row(DRAW, f"examples/train.py {command}", picture, (_default(name), *numbers))


def _clothes(flags, picture, row):
    return Row(DRAW, f"examples/train.py {flags}", picture=picture, numbers=(_fashion(row),))


def _alike(row):
    means = "L1 to the true partner, emoji"
    return Cell(_STYLES, "L1 there", row, "copying the input", means, "the untranslated")


def _auroc(row):
    return Cell(_DETECTORS, "mean", row, "nearest neighbours", "mean AUROC, digits")


def _oracle(row):
    return Cell(_ORACLE, "NLL_oracle", f"{row}, seed 0", "MLE, seed 0", _BY_ORACLE, "`LanguageModel`")


def _divergence(row):
    means = "JSD-4 to held-out characters of Shakespeare, bits"
    begins = f"{row}, seed 0, temperature 1.0"
    return Cell(_CORPORA, "JSD-4", begins, "MLE, seed 0, temperature 1.0", means, "`LanguageModel`")


def _animated(name):
    means = "Frechet distance, animated emoji"
    return Cell("Clips of animated emoji", "distance", f"{name}, seed 0", "Gaussian", means, "Gaussian of the pixels")


def _hole(table, row):
    means = f"Frechet distance, facades with holes {'in the centre' if table == 'centre' else table}"
    return Cell(f"{_HOLES}/{table}", "Frechet distance", row, "harmonic", means, "harmonic surface")


ROWS = {
    "MinimaxGAN": _digits("MinimaxGAN"),
    "NonSaturatingGAN": _digits(
        "NonSaturatingGAN", "digits_dcgan_r1", "fashion_dcgan.png", (_fashion("`NonSaturatingGAN`, R1, `dcgan`"),)
    ),
    "LSGAN": _digits("LSGAN"),
    "WGAN": _digits("WGAN", "digits_wgan_mlp"),
    "WGANGP": _digits("WGANGP", "digits_wgan_gp"),
    "HingeGAN": _digits("HingeGAN", "digits_sn_hinge", "fashion_sn_hinge.png", (_fashion("`HingeGAN`, `resnet`"),)),
    "RelativisticGAN": _digits("RelativisticGAN"),
    "RelativisticAverageGAN": _digits("RelativisticAverageGAN"),
    "StyleGAN2": _clothes(
        "--flagfile=examples/recipes/digits_stylegan2_ada.txt", "fashion_stylegan2.png", "`StyleGAN2`, `stylegan2`"
    ),
    "R3GAN": Row(
        DRAW,
        "examples/train.py --flagfile=examples/recipes/digits_r3gan.txt",
        picture="fashion_vit.png",
        numbers=(
            _fashion("`R3GAN`, `r3gan`", "networks of the paper"),
            _fashion("`R3GAN`, `vit`", "networks of the picture, `vit`"),
        ),
    ),
    "AdversarialFlow": _clothes(
        "--flagfile=examples/recipes/digits_adversarial_flow.txt",
        "fashion_adversarial_flow.png",
        "`AdversarialFlow`, `noise_unet`",
    ),
    "ACGAN": Row(
        CLASSES,
        "examples/train.py --flagfile=examples/recipes/digits_acgan.txt",
        picture="acgan_digits.png",
        numbers=(
            Cell("ACGAN on digits", "label accuracy", "ACGAN, seed 0", "real test split", "", "real digits"),
            Cell("ACGAN on digits", "distance over the Gaussian's", "ACGAN, seed 0", against="Gaussian 1"),
        ),
    ),
    "InfoGAN": Row(
        CLASSES,
        "examples/train.py --flagfile=examples/recipes/digits_info_gan.txt",
        numbers=(
            Cell("InfoGAN", "accuracy", "InfoGAN, seed 1", "k-means, seed 1", "accuracy without labels", "k-means"),
        ),
    ),
    "TextToImage": Row(
        CLASSES,
        "examples/describe.py --run_dir=runs/described",
        numbers=(
            Cell(_TEXTS, "digit", "TextToImage", "real pictures", "share with the digit that the text says"),
            Cell("Emoji of a given name", "names held out", "TextToImage", "real, first style", _BY_NAME, "real emoji"),
        ),
        picture="described_digits.png",
    ),
    "StackGAN": Row(CLASSES, "examples/describe.py --model=StackGAN --first=runs/described --run_dir=runs/larger"),
    "TextEditor": Row(
        CLASSES,
        "examples/describe.py --model=TextEditor --run_dir=runs/edited",
        picture="edited_digits.png",
        numbers=(
            Cell(
                _TEXTS,
                "digit",
                "TextEditor, seed 0: colour",
                "real pictures",
                "share of digits that stay where the colour is edited",
            ),
            Cell(_TEXTS, "digit", "TextEditor, seed 0: digit", "real pictures", "share of digits that become another"),
        ),
    ),
    "CycleGAN": Row(
        TRANSLATE,
        "examples/translate.py --source=horses/ --target=zebras/ --run_dir=runs/zebras",
        picture="emoji_cyclegan.png",
        numbers=(_alike("CycleGAN"),),
    ),
    "Pix2Pix": Row(
        TRANSLATE,
        "examples/translate.py --pairs=facades/ --source_half=right --run_dir=runs/facades",
        picture="emoji_pix2pix.png",
        numbers=(_alike("Pix2Pix"),),
    ),
    "Pix2PixHD": Row(
        TRANSLATE,
        "examples/translate.py --pairs=facades/ --source_half=right --model=Pix2PixHD --run_dir=runs/sharp",
        numbers=(_error("Pix2PixHD", "the untranslated"),),
    ),
    "StarGAN": Row(
        TRANSLATE,
        "examples/translate.py --domains=faces/ --run_dir=runs/faces",
        numbers=(
            Cell(
                "StarGAN between four looks",
                "over the untranslated",
                "5,000 steps of 1 + 1, reconstruction 10",
                means="error over that of the untranslated image",
                against="untranslated 1",
            ),
        ),
    ),
    "SRGAN": Row(
        RESTORE,
        "examples/restore.py --task=upscale --pictures=photographs/ --run_dir=runs/large",
        numbers=(
            Cell(_ENLARGED, "Set14: LPIPS", "SRGAN, seed 0", "bicubic", "LPIPS, Set14, four times as large"),
            Cell(_ENLARGED, "Set14: PSNR, dB", "SRGAN, seed 0", "bicubic", "PSNR in dB"),
        ),
    ),
    "ESRGAN": Row(
        RESTORE,
        "examples/restore.py --task=upscale --model=ESRGAN --pictures=photographs/",
        numbers=(_error("ESRGAN", "squares for pixels"),),
    ),
    "RealESRGAN": Row(
        RESTORE,
        "examples/restore.py --task=upscale --model=RealESRGAN --pictures=photographs/",
        numbers=(_error("RealESRGAN", "squares for pixels"),),
    ),
    "ContextEncoder": Row(
        RESTORE,
        "examples/restore.py --task=inpaint --model=ContextEncoder --pictures=photographs/",
        numbers=(_hole("centre", "L2 + GAN"),),
    ),
    "FreeFormInpainter": Row(
        RESTORE,
        "examples/restore.py --task=inpaint --pictures=photographs/ --run_dir=runs/holes",
        numbers=(_hole("anywhere", "gated 10 L1 + GAN"),),
    ),
    "DPED": Row(
        RESTORE,
        "examples/restore.py --task=denoise --model=DPED --pictures=photographs/"
        " --features=vgg19_weights_tf_dim_ordering_tf_kernels_notop.h5",
        numbers=(
            Cell(
                "What DPED's losses",
                "PSNR, dB",
                "DPED, seed 0",
                "L1, seed 0",
                "PSNR in dB, noise of 25 levels",
                "L1 alone",
            ),
        ),
    ),
    "EnlightenGAN": Row(
        RESTORE,
        "examples/restore.py --task=brighten --model=EnlightenGAN --dark=night/ --bright=day/ --run_dir=runs/bright",
        numbers=(_error("EnlightenGAN", "dark pictures"),),
    ),
    "AlphaGAN": Row(
        RESTORE,
        "examples/restore.py --task=matte --pictures=cut_outs/ --backgrounds=photographs/ --run_dir=runs/alphas",
        numbers=(
            Cell("Alphas of emoji", "SAD / 1000", "AlphaGAN", "closed form", "SAD / 1000", "closed-form matting"),
        ),
    ),
    "VAE": Row(
        ENCODE,
        "examples/encode.py --model=VAE --dataset=digits --run_dir=runs/codes",
        picture="fashion_vae.png",
        numbers=(Cell(f"{_CODES}/Fashion-MNIST", "nats", "VAE", "probabilistic PCA", "nats an image, Fashion-MNIST"),),
    ),
    "VAEGAN": Row(
        ENCODE,
        "examples/encode.py --model=VAEGAN --dataset=digits --run_dir=runs/codes",
        picture="fashion_vaegan.png",
        numbers=(
            Cell(
                f"{_CODES}/Fashion-MNIST",
                "distance",
                "VAE-GAN",
                "probabilistic PCA",
                "Frechet distance of reconstructed clothes, over that of a Gaussian of the pixels",
            ),
        ),
    ),
    "BiGAN": Row(
        ENCODE,
        "examples/anomalies.py --good=parts/good/ --detector=BiGAN --run_dir=runs/parts",
        numbers=(_auroc("BiGAN"),),
    ),
    "AnomalyGAN": Row(
        ENCODE,
        "examples/anomalies.py --good=parts/good/ --detector=AnomalyGAN --run_dir=runs/parts",
        numbers=(_auroc("f-AnoGAN"),),
    ),
    "GANomaly": Row(
        ENCODE,
        "examples/anomalies.py --good=parts/good/ --detector=GANomaly --run_dir=runs/parts",
        numbers=(_auroc("GANomaly"),),
    ),
    "MoCoGAN": Row(
        MOVE,
        "examples/clips.py --run_dir=runs/digits",
        picture="emoji_mocogan.gif",
        numbers=(
            Cell("MoCoGAN on digits", "speed", "MoCoGAN", "shuffled frames", "distance of speeds in pixels, digits"),
            _animated("MoCoGAN"),
        ),
    ),
    "VideoGAN": Row(
        MOVE,
        "examples/clips.py --gan=VideoGAN --dataset=films/ --run_dir=runs/films",
        picture="emoji_videogan.gif",
        numbers=(_animated("VideoGAN"),),
    ),
    "WaveGAN": Row(
        SOUND,
        "examples/waves.py --recordings=recordings/ --run_dir=runs/words",
        numbers=(
            Cell(
                "WaveGAN on spoken digits",
                "score",
                "WaveGAN, phase shuffle 2",
                "noise of their spectra",
                "score of spoken digits, at most 10",
            ),
        ),
        picture="wavegan.png",
        sound="wavegan.wav",
    ),
    "MelGAN": Row(SOUND, "examples/vocode.py --version=MelGAN --recordings=recordings/ --run_dir=runs/voices"),
    "HiFiGAN": Row(
        SOUND,
        "examples/vocode.py --recordings=recordings/ --run_dir=runs/voices",
        numbers=(
            Cell(
                "A vocoder for a voice", "log_mel_distance", "HiFi-GAN, seed 0", "Griffin-Lim", "distance of log mels"
            ),
        ),
        sound="hifi_gan.wav",
    ),
    "LanguageModel": Row(
        TEXT,
        "examples/write.py --text=plays.txt --tokenizer=characters --length=64 --run_dir=runs/plays",
        numbers=(
            Cell(
                _ORACLE,
                "NLL_oracle",
                "MLE, seed 0",
                rf"{PROSE}that of equal shares is ([\d.]+[\d])",
                _BY_ORACLE,
                "equal shares of all tokens",
            ),
        ),
        text="language_model.txt",
    ),
    "SeqGAN": Row(
        TEXT,
        "examples/write.py --text=captions.txt --model=SeqGAN --run_dir=runs/captions",
        numbers=(_oracle("SeqGAN"), _divergence("SeqGAN")),
        text="seqgan.txt",
    ),
    "RelGAN": Row(
        TEXT,
        "examples/write.py --text=captions.txt --model=RelGAN --run_dir=runs/captions",
        numbers=(_oracle("RelGAN"), _divergence("RelGAN")),
        text="relgan.txt",
    ),
    "TextWGANGP": Row(
        TEXT,
        "examples/write.py --text=words.txt --model=TextWGANGP --tokenizer=characters --length=16 --run_dir=runs/words",
        numbers=(_divergence("TextWGANGP"),),
        text="text_wgan_gp.txt",
    ),
}
