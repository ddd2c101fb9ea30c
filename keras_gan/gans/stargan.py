"""StarGAN: one generator that translates between any number of domains."""

import functools

import keras
import numpy as np
import tensorflow as tf

from keras_gan import _random
from keras_gan._arguments import require_choice, require_int, require_number
from keras_gan._replicas import all_rows, own_rows
from keras_gan.gans._serialised import serialised
from keras_gan.gans._translation import TranslationModel, mean_distance, merged_shape, require_loss
from keras_gan.losses import Wasserstein
from keras_gan.penalties import GradientPenalty
from keras_gan.training import Critic, Field, Game, Interface, Player, Sampler
from keras_gan.training.fields import named_fields
from keras_gan.training.player import penalties_by_player


@keras.saving.register_keras_serializable(package="keras_gan")
class StarGAN(TranslationModel):
    """One generator for all pairs of domains: it is told which domain an image should be translated to.

    With G: an image and the label of a domain -> an image, the critic D and its classifier C, x an image of the domain
    c, and y = G(x, c') its translation to a domain c' that is drawn:

        critic:     E[D(y)] - E[D(x)]  +  10 E[(|grad D(z^)| - 1)^2]  -  lambda_cls E[log C(c | x)]
        generator:  -E[D(y)]  -  lambda_cls E[log C(c' | y)]  +  lambda_rec E|x - G(y, c)|

    |.| is the mean over the values of an image, and z^ lies on the line between an image and a translation. The
    classifier learns from real images alone. Choi et al. 2017 (arXiv 1711.09020), equations 1 to 6 with the Wasserstein
    loss of section 3.3, as in the authors' code: the labels c' are those of the batch in another order, and the
    generator learns from the last of the critic's batches. Labels are one class for each image and log C a softmax, as
    for RaFD; or several labels of yes and no at once (`labels="attributes"`) and log C the sum of their sigmoids'
    logarithms, as for CelebA.

    Differences from the paper: the gradient penalty is that of the mean of the patch map, which the loss is made of.
    The authors' code differentiates the sum over the map. For a map of n logits, `GradientPenalty(10 * n**2,
    target=1 / n)` is theirs. The rate does not decay unless the optimizers get a schedule, such as
    `schedules.LinearDecay`: the code holds it for 100,000 steps of the critic, and lets it fall to 0 in 100,000 more.

    Args:
        generator: keras.Model, "images" and "labels" to images. Rows of zeros and ones (one-hot for classes) if the
            input "labels" has the shape `(k,)`, class indices if it has none.
        discriminator: keras.Model, images to "logits", one or a patch map, and "classes" `(batch, k)`, logits too.
        labels: "domains" if each image belongs to one of k classes, "attributes" if each has k labels of 0 or 1.
        class_weight: lambda_cls, at least 0.
        reconstruction_weight: lambda_rec, at least 0.
        adversarial_loss: `keras_gan.losses.AdversarialLoss` in the place of the Wasserstein loss; None for that.
        penalties: list of penalties that replaces the gradient penalty of weight 10; None for that.
        discriminator_steps: int, critic updates for each generator update, each on its own minibatch.
        ema_half_life, seed, name: as for `TwoPlayerGAN`.

    Raises:
        ValueError: if the networks do not fit each other, or an argument is out of range.

    Example:
        >>> import keras, keras_gan, numpy as np
        >>> images, domain = keras.Input((8, 8, 1), name="images"), keras.Input((3,), name="labels")
        >>> planes = keras.layers.Reshape((8, 8, 3))(keras.layers.RepeatVector(64)(domain))
        >>> both = keras.layers.Concatenate()([images, planes])
        >>> translated = keras.layers.Conv2D(1, 3, padding="same", activation="tanh")(both)
        >>> generator = keras.Model({"images": images, "labels": domain}, translated)
        >>> hidden = keras.layers.Conv2D(4, 4, strides=2, activation="leaky_relu")(images)
        >>> outputs = {"logits": keras.layers.Conv2D(1, 3)(hidden)}
        >>> outputs["classes"] = keras.layers.Dense(3)(keras.layers.Flatten()(hidden))
        >>> model = keras_gan.StarGAN(generator, keras.Model(images, outputs), seed=0)
        >>> model.compile(run_eagerly=True)  # Faster for so few steps.
        >>> data = {"images": np.zeros((20, 8, 8, 1), "float32"), "labels": np.arange(20) % 3}
        >>> history = model.fit(data, batch_size=4, verbose=0)
        >>> model.translate(data["images"][:2], labels=1).shape
        (2, 8, 8, 1)
    """

    likeness_weight = "reconstruction_weight"
    terms = ("d_loss", "d_class_loss", "g_loss", "g_class_loss", "reconstruction_loss")

    def __init__(
        self,
        generator,
        discriminator,
        *,
        labels="domains",
        class_weight=1.0,
        reconstruction_weight=10.0,
        adversarial_loss=None,
        penalties=None,
        discriminator_steps=5,
        ema_half_life=None,
        seed=None,
        name=None,
    ):
        maps = Interface(generator, "generator", ("images", "labels"), "images")
        critic = Critic(discriminator, role="discriminator")
        count = _number_of_labels(maps, critic.interface, labels)
        maps.require_fit(maps)
        maps.require_fit(critic.interface)
        shape = merged_shape(maps.shapes["images"], maps.outputs["images"], critic.interface.shapes["images"])
        kinds = {"domains": Field((), num_classes=count), "attributes": Field((count,), num_classes=2)}
        kind = kinds[labels]
        penalties = [GradientPenalty(10.0)] if penalties is None else penalties
        penalties = penalties_by_player(penalties, ("discriminator",))["discriminator"]
        discriminator_steps = require_int("discriminator_steps", discriminator_steps)
        super().__init__(
            {
                "generator": Player(generator=generator, ema_half_life=ema_half_life),
                "discriminator": Player(
                    discriminator=discriminator, penalties=penalties, updates_per_step=discriminator_steps
                ),
            },
            {"images": Field(shape), "labels": kind},
            batches_per_step=discriminator_steps,
            batches_argument="discriminator_steps",
            seed=seed,
            name=name,
        )
        self.labels, self.num_labels, self.critic = labels, count, critic
        self.class_weight = require_number("class_weight", class_weight, low=0.0)
        self.reconstruction_weight = require_number("reconstruction_weight", reconstruction_weight, low=0.0)
        self.adversarial_loss = Wasserstein() if adversarial_loss is None else require_loss(adversarial_loss)
        self._maps = maps

    def default_optimizers(self):
        """Adam as in the paper: learning rate 1e-4, beta_1 0.5."""
        return {name: keras.optimizers.Adam(1e-4, beta_1=0.5, epsilon=1e-8) for name in self.players}

    def train_step(self, data):
        """Some updates of the critic, each on its own minibatch, then one of the generator on the last of them."""
        with self.step_on(data) as (batches, noise):
            for batch in batches:
                wanted = self.in_another_order(batch["labels"], noise)
                fakes = self.record(self.translate_to, batch, wanted)
                self.minimise(self.discriminator_terms, batch, fakes)
            self.minimise(self.generator_terms, batch, fakes)
        return self.get_metrics_result()

    def in_another_order(self, labels, noise):
        """The labels of a batch as targets: those of all replicas together in an order that is drawn."""
        everyone = all_rows(labels)
        order = tf.argsort(_random.shared_uniform((tf.shape(everyone)[0],), noise.next_seed()))
        return tf.ensure_shape(own_rows(tf.gather(everyone, order)), labels.shape)

    def translate_to(self, batch, labels):
        """A batch with translations to the domains of other labels, and with these."""
        return {"images": self.forward(self._maps, {**batch, "labels": labels})["images"], "labels": labels}

    def discriminator_terms(self, real, fake):
        """What D and C minimise: the adversarial loss with its penalties, and the classification of real images."""
        judged = self.critic(real)
        return {
            "discriminator": {
                "d_loss": self.adversarial_loss.discriminator_loss(judged.logits, self.critic(fake).logits),
                "d_class_loss": self.class_weight * self.class_loss(judged.classes, real["labels"]),
                **self.penalise("discriminator", self.critic, real, fake),
            }
        }

    def generator_terms(self, real, fake):
        """What G minimises: translations that look real, that belong to their domain, and that can be undone."""
        judged = self.critic(fake)
        real_logits = self.critic(real).logits if self.adversarial_loss.relativistic else None
        again = self.translate_to(fake, real["labels"])
        return {
            "generator": {
                "g_loss": self.adversarial_loss.generator_loss(real_logits, judged.logits),
                "g_class_loss": self.class_weight * self.class_loss(judged.classes, fake["labels"]),
                "reconstruction_loss": self.reconstruction_weight * mean_distance(real["images"], again["images"]),
            }
        }

    def class_loss(self, logits, labels):
        """-E[log C(labels | image)], a float32 scalar; the sum over the labels where there are several at once."""
        if self.labels == "domains":
            return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits))
        each = tf.nn.sigmoid_cross_entropy_with_logits(tf.cast(labels, tf.float32), logits)
        return tf.reduce_mean(tf.reduce_sum(each, axis=-1))

    def test_terms(self, batch, noise):
        """All losses on images that are not trained on."""
        fake = self.translate_to(batch, self.in_another_order(batch["labels"], noise))
        return {**self.discriminator_terms(batch, fake), **self.generator_terms(batch, fake)}

    @property
    def discriminator_steps(self):
        """Critic updates for each generator update."""
        return self.batches_per_step

    @property
    def penalties(self):
        """The penalties of the critic, a tuple."""
        return tuple(self.players["discriminator"].penalties.values())

    @property
    def games(self):
        """The one game of the two networks."""
        return {"": Game(self.critic, self.generator, judge="discriminator", maker="generator")}

    def play(self, batch, noise):
        """The real batch, and its translations."""
        return {"": (batch, self.translate_to(batch, self.in_another_order(batch["labels"], noise)))}

    def sampler(self, averaged=True):
        """The `Sampler` that translates: G, or its average."""
        kind = self.data_spec["labels"]
        return Sampler(
            self._maps,
            self.averaged_generator if averaged else None,
            num_classes=kind.num_classes,
            num_labels=kind.shape[0] if kind.shape else None,
            is_drawn=False,
        )

    def translate(self, images, *, labels=None, averaged=True, batch_size=64, tile=None, overlap=None):
        """Translate images of any size that the networks take. This does not change the state of training.

        The paper's network sees the label where its padding with zeros meets the picture, and translates other sizes
        than that of the training images less well: for larger images, give that size as `tile`.

        Args:
            images: float32 `(num_images, height, width, channels)` in [-1, 1].
            labels: where to, never None: one class for all images or one for each, integers; with attributes a row of 0
                and 1, or one for each image.
            averaged: whether to use the averaged generator if there is one.
            batch_size: int, how many images, or tiles of different images, to translate at once.
            tile: int or tuple (height, width); see `TranslationModel.translate`.
            overlap: int, by how many pixels tiles overlap at least; None for about a quarter.

        Returns:
            float32 NumPy array of images in [-1, 1].

        Raises:
            ValueError: if these are no images that the generator takes, no labels that it knows, or an argument is out
                of range.
        """
        if labels is None:
            raise ValueError(
                f"`labels` must say where to translate: {self.data_spec['labels'].labels_in_words()}. "
                "Received: labels=None"
            )
        sampler = self.kept_sampler(averaged)
        options = {"batch_size": batch_size, "tile": tile, "overlap": overlap}
        return self.translated(images, sampler, labels=labels, **options)

    def blocks_of(self, batch):
        """An image, and its translation to each domain; with attributes, with each of them changed."""
        known = batch.get("labels")

        def column(images, *_, label):
            given = np.zeros((len(images), *self.data_spec["labels"].shape), np.int32)
            if self.labels == "domains":
                given += label
            else:
                given = given if known is None else np.array(known[: len(images)]).astype(np.int32)
                given[:, label] = 1 - given[:, label]
            return self.translate(images, labels=given)

        return [[batch["images"], *(functools.partial(column, label=label) for label in range(self.num_labels))]]

    def call(self, inputs, training=False):
        """Translations of images to domains, by the averaged generator if there is one."""
        named = named_fields(inputs, self.inputs_of_call())
        network = self.averaged_generator or self.generator
        return self._maps(named, network=network, training=training)["images"]

    def get_config(self):
        """Return the constructor's arguments."""
        return {
            **super().get_config(),
            "labels": self.labels,
            "class_weight": self.class_weight,
            "reconstruction_weight": self.reconstruction_weight,
            "adversarial_loss": serialised(self.adversarial_loss),
            "penalties": serialised(self.penalties),
            "discriminator_steps": self.discriminator_steps,
            "ema_half_life": serialised(self.players["generator"].ema_half_life),
        }


def _number_of_labels(maps, judges, labels):
    """How many domains or attributes there are, or a ValueError unless both networks know them."""
    require_choice("labels", labels, ("domains", "attributes"))
    if "labels" not in maps.shapes:
        raise ValueError(
            "The generator of a StarGAN must take 'labels', the domain that an image is translated to. "
            f"Received: inputs {list(maps.shapes)}"
        )
    if "classes" not in judges.outputs:
        raise ValueError(
            "The discriminator of a StarGAN must have two outputs, 'logits' and 'classes'. "
            f"Received: outputs {list(judges.outputs)}"
        )
    if len(judges.outputs["classes"]) != 1:
        raise ValueError(
            "The output 'classes' must have the shape (batch, k), a logit for each domain or attribute. "
            f"Received: 'classes' of shape {(None, *judges.outputs['classes'])}"
        )
    (count,) = judges.outputs["classes"]
    taken = maps.shapes["labels"]
    if maps.num_classes not in (None, count) or (labels == "attributes" and taken != (count,)):
        raise ValueError(
            f"Both networks of a StarGAN must know the same {labels}. The discriminator knows {count} of them, so the "
            f"generator must take 'labels' of shape (batch, {count}). Received: 'labels' of shape {(None, *taken)}"
        )
    return count
