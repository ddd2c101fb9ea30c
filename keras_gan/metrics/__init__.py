"""Measures of how good samples are: distances, scores and coverage.

The pure functions take arrays, mostly of features, and compute in float64:

    frechet_distance(real_features, fake_features)
    precision_recall(real_features, fake_features)

An `Extractor` turns images into features. An `Evaluator` measures every GAN in the same way:

    extractor = train_extractor(keras_gan.data.load("digits", labels=True))
    evaluator = Evaluator(extractor, ["frechet_distance", "precision_recall"])
    print(evaluator.compare(gan, keras_gan.data.load("digits", split="test")))

Of conditional models, `label_accuracy`, `class_frechet_distance` and `classification_accuracy_score` see whether the
samples show the class that was asked for.

Of translations whose true targets are known, `psnr`, `ssim`, `l1`, `gradient_energy` and `Lpips` compare each with its
target, and a `PairEvaluator` measures a translator by them. `matting_errors` compares alphas where a trimap leaves them
open. A `ReconstructionEvaluator` compares what a model with an encoder makes of images with these images.

Of recordings whose true waveforms are known, `log_mel_distance`, `stft_distance` and `f0_error` compare each with its
target, and a `VocoderEvaluator` measures a vocoder by them.

Of pictures of texts, `r_precision` and `attribute_accuracy` see whether they show what the text says.

Of clips, `frame_differences` and `centroid_motion` say how they move, and `identity_constancy` whether they show the
same thing all along. `train_extractor` makes a judge of clips, and an `Evaluator` with it takes clips for images.

Of detectors of anomalies, `auroc`, `average_precision` and `best_f1` measure the scores of normal and anomalous images,
`write_score_histogram` draws them, and an `AnomalyEvaluator` measures a model with `score` by them.

`FrechetDistance`, `KernelDistance` and `ClassifierScore` compute the same batch by batch, in memory that does not grow.
"""

from keras_gan.metrics.anomaly_evaluator import AnomalyEvaluator
from keras_gan.metrics.attribute_accuracy import attribute_accuracy
from keras_gan.metrics.auroc import auroc
from keras_gan.metrics.average_precision import average_precision
from keras_gan.metrics.best_f1 import best_f1
from keras_gan.metrics.bleu import bleu, self_bleu
from keras_gan.metrics.centroid_motion import centroid_motion
from keras_gan.metrics.classification_accuracy import classification_accuracy_score
from keras_gan.metrics.clustering import clustering_agreement
from keras_gan.metrics.conditional import class_frechet_distance, label_accuracy
from keras_gan.metrics.evaluator import Evaluator
from keras_gan.metrics.extractor import Embedding, Extractor
from keras_gan.metrics.f0_error import f0_error
from keras_gan.metrics.frame_differences import frame_differences
from keras_gan.metrics.frechet import FrechetDistance, Moments, frechet_distance, frechet_distance_from_moments, moments
from keras_gan.metrics.gradient_energy import gradient_energy
from keras_gan.metrics.identity_constancy import identity_constancy
from keras_gan.metrics.inception import Inception2015, KerasInception
from keras_gan.metrics.kernel import KernelDistance, kernel_distance
from keras_gan.metrics.known_words import known_words
from keras_gan.metrics.l1 import l1
from keras_gan.metrics.log_mel_distance import log_mel_distance
from keras_gan.metrics.lpips import Lpips
from keras_gan.metrics.manifold import density_coverage, nearest_neighbours, precision_recall
from keras_gan.metrics.matting import matting_errors
from keras_gan.metrics.measure import Measure
from keras_gan.metrics.model_extractor import ModelExtractor
from keras_gan.metrics.modes import class_coverage, mode_coverage
from keras_gan.metrics.ngram_divergence import ngram_divergence
from keras_gan.metrics.pair_evaluator import PairEvaluator
from keras_gan.metrics.path_length import perceptual_path_length
from keras_gan.metrics.perplexity import perplexity
from keras_gan.metrics.psnr import psnr
from keras_gan.metrics.r_precision import r_precision
from keras_gan.metrics.reconstruction_evaluator import ReconstructionEvaluator
from keras_gan.metrics.result import Report, Result
from keras_gan.metrics.samples import Samples
from keras_gan.metrics.score import ClassifierScore, classifier_score
from keras_gan.metrics.similarity import ms_ssim_diversity
from keras_gan.metrics.ssim import ssim
from keras_gan.metrics.stft_distance import stft_distance
from keras_gan.metrics.text_evaluator import TextEvaluator
from keras_gan.metrics.train_extractor import train_extractor
from keras_gan.metrics.vocoder_evaluator import VocoderEvaluator
from keras_gan.metrics.wasserstein import sliced_wasserstein_distance
from keras_gan.metrics.write_score_histogram import write_score_histogram

__all__ = [
    "AnomalyEvaluator",
    "ClassifierScore",
    "Embedding",
    "Evaluator",
    "Extractor",
    "FrechetDistance",
    "Inception2015",
    "KerasInception",
    "KernelDistance",
    "Lpips",
    "Measure",
    "ModelExtractor",
    "Moments",
    "PairEvaluator",
    "ReconstructionEvaluator",
    "Report",
    "Result",
    "Samples",
    "TextEvaluator",
    "VocoderEvaluator",
    "attribute_accuracy",
    "auroc",
    "average_precision",
    "best_f1",
    "bleu",
    "centroid_motion",
    "class_coverage",
    "class_frechet_distance",
    "classification_accuracy_score",
    "classifier_score",
    "clustering_agreement",
    "density_coverage",
    "f0_error",
    "frame_differences",
    "frechet_distance",
    "frechet_distance_from_moments",
    "gradient_energy",
    "identity_constancy",
    "kernel_distance",
    "known_words",
    "l1",
    "label_accuracy",
    "log_mel_distance",
    "matting_errors",
    "mode_coverage",
    "moments",
    "ms_ssim_diversity",
    "nearest_neighbours",
    "ngram_divergence",
    "perceptual_path_length",
    "perplexity",
    "precision_recall",
    "psnr",
    "r_precision",
    "self_bleu",
    "sliced_wasserstein_distance",
    "ssim",
    "stft_distance",
    "train_extractor",
    "write_score_histogram",
]
