"""A name, a folder or an array becomes endless batches of images in [-1, 1].

Most trainings start with one of these three calls:

    keras_gan.data.load("digits", image_size=32)
    keras_gan.data.load("pictures/", image_size=64, preprocessing=keras_gan.data.Preprocessing(flip=True))
    keras_gan.data.load((images, labels), batch_size=128, labels=True)

`load` returns a `tf.data.Dataset` that `fit` accepts. The order of the images is a function of the seed and
the step, so that a run can resume at the step where it stopped. Options of one kind of data set are arguments
of its source: `load(TFDS("fashion_mnist", download=True))`,
`load(Folder("pictures/", skip_corrupt=True))`.

A model that translates images takes two kinds of them, in batches with the fields "source" and "target":

    keras_gan.data.load_pairs("labels/", "photographs/", image_size=256, batch_size=1)
    keras_gan.data.load_unpaired("horses/", "zebras/", image_size=256, batch_size=1)

One that restores images makes its sources from good images:

    photographs = keras_gan.data.Parts("photographs/", 96)  # Parts at their own resolution.
    keras_gan.data.load_degraded(photographs, keras_gan.data.Bicubic(4), batch_size=16)

One that finds alphas takes cut-outs on photographs:

    keras_gan.data.load_mattes("cut_outs/", backgrounds="photographs/", image_size=64, batch_size=8)

One that makes sound takes waveforms:

    keras_gan.data.load_recordings("recordings/", num_samples=16384, sample_rate=16000)

One that draws what a text says takes images with captions, in batches with the fields "images", "captions" and
"mismatched":

    keras_gan.data.load_captions("photographs/", "captions.csv", image_size=64)

A model of videos takes clips, in batches with the field "clips":

    keras_gan.data.load_clips("animations/", num_frames=16, image_size=64, batch_size=16)

One that writes takes tokens, in batches with the field "tokens":

    keras_gan.data.load_text("captions.txt", length=20)
    keras_gan.data.load_text("shakespeare.txt", tokenizer="characters", length=32)
"""

from keras_gan.data._load import load
from keras_gan.data._load_captions import load_captions
from keras_gan.data._load_clips import load_clips
from keras_gan.data._load_degraded import load_degraded
from keras_gan.data._load_masked import load_masked
from keras_gan.data._load_mattes import load_mattes
from keras_gan.data._load_pairs import load_pairs
from keras_gan.data._load_recordings import load_recordings
from keras_gan.data._load_text import load_text
from keras_gan.data._load_unpaired import load_unpaired
from keras_gan.data.arrays import Arrays
from keras_gan.data.attribute_folder import AttributeFolder
from keras_gan.data.bicubic import Bicubic
from keras_gan.data.captioned_digits import CaptionedDigits
from keras_gan.data.degradation import Degradation
from keras_gan.data.digits import Digits
from keras_gan.data.folder import Folder
from keras_gan.data.moving_digits import MovingDigits
from keras_gan.data.numpy_file import NumpyFile
from keras_gan.data.parts import Parts
from keras_gan.data.preprocessing import Preprocessing
from keras_gan.data.recordings import Recordings
from keras_gan.data.second_order_degradation import SecondOrderDegradation
from keras_gan.data.source import ImageData, ImageStream, Source
from keras_gan.data.tfds import TFDS
from keras_gan.data.trimaps_of import trimaps_of

__all__ = [
    "TFDS",
    "Arrays",
    "AttributeFolder",
    "Bicubic",
    "CaptionedDigits",
    "Degradation",
    "Digits",
    "Folder",
    "ImageData",
    "ImageStream",
    "MovingDigits",
    "NumpyFile",
    "Parts",
    "Preprocessing",
    "Recordings",
    "SecondOrderDegradation",
    "Source",
    "load",
    "load_captions",
    "load_clips",
    "load_degraded",
    "load_masked",
    "load_mattes",
    "load_pairs",
    "load_recordings",
    "load_text",
    "load_unpaired",
    "trimaps_of",
]
