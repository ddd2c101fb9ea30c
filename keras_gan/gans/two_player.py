"""The base of the GANs with a generator and a discriminator."""

import abc

from keras_gan._arguments import require_int
from keras_gan.gans._augmentations import augmentations_of
from keras_gan.gans._serialised import serialised
from keras_gan.gans._translation import require_loss
from keras_gan.training import AdversarialModel, Critic, Field, Game, Interface, Player, Sampler
from keras_gan.training.passes import current_noise
from keras_gan.training.player import penalties_by_player


class TwoPlayerGAN(AdversarialModel):
    """The base of GANs with one generator and one discriminator: its players, its data and its samples.

    A subclass adds the loss, its optimizers and `train_step`; one that makes no images names its `samples`. If the
    networks take labels, or the discriminator returns classes, the GAN is conditional: `fit` takes images with labels.

    Args:
        generator: keras.Model that maps latents `(batch, ...)` to samples: images float32
            `(batch, height, width, channels)` in [-1, 1], or vectors `(batch, size)`. The latents are standard normal,
            and the generator's input shape gives their size. If it has several inputs, one may be called "labels".
        discriminator: keras.Model that maps samples to logits, `(batch, 1)` or a patch map, without a sigmoid. If it
            has several inputs, one may be called "labels". Several outputs have the names of a `Verdict`.
        adversarial_loss: `keras_gan.losses.AdversarialLoss`, given by the subclass.
        penalties: list of `keras_gan.penalties.Penalty`; each is added to the loss of the player that it belongs to.
        augmentation: `keras_gan.augmentation.Augmentation` of all images that the discriminator sees, or a list.
        discriminator_steps: int, discriminator updates for each generator update, each on a new minibatch.
        ema_half_life: half-life of the averaged generator, which draws the samples: after so many images in the
            generator's updates, an update counts half. A number or a schedule; None for no averaged generator.
        num_classes: int, number of classes; None to read it from the networks.
        seed: int, for all random numbers that training draws; None for a random seed from Python's generator.
        name: str.

    Attributes:
        averaged_generator: keras.Model or None, an exponential moving average of the generator, including its
            normalisation statistics.
        critic: `keras_gan.training.Critic`, through which objectives call the discriminator.
        latent_shape: tuple, shape of one latent.
        sample_shape: tuple, shape of one sample.
        num_classes: int, or None for an unconditional GAN.
        training_state, images_per_step, generator_optimizer, discriminator_optimizer: see `AdversarialModel`.

    Raises:
        ValueError: if the networks do not fit each other or a penalty, or an argument is out of range.
    """

    # What the generator makes: the name of its output, and of the field of the data that holds real ones.
    samples = "images"
    terms = ("d_loss", "g_loss")
    # What the generator may take; what the samples are made from comes first.
    generator_takes = ("latents", "labels")
    # What else than samples the generator may return; the losses of a subclass take it.
    generator_makes = ()
    # Batches that the generator's update takes for itself, after those of the discriminator.
    generator_batches = 0

    def __init__(
        self,
        generator,
        discriminator,
        adversarial_loss,
        *,
        penalties=(),
        augmentation=(),
        discriminator_steps=1,
        ema_half_life=None,
        num_classes=None,
        seed=None,
        name=None,
    ):
        maps = Interface(generator, "generator", self.generator_takes, self.samples)
        augmentations = augmentations_of(augmentation, require_loss(adversarial_loss))
        critic = Critic(
            discriminator, role="discriminator", judges=self.samples, augmentations=augmentations, generator=maps
        )
        shapes = _require_matching(maps, critic.interface, self.generator_makes)
        classes = _number_of_classes(num_classes, maps, critic.interface)
        discriminator_steps = require_int("discriminator_steps", discriminator_steps)
        labels = {} if classes is None else {"labels": Field((), num_classes=classes)}
        shared = penalties_by_player(penalties, ("generator", "discriminator"))
        super().__init__(
            {
                "generator": Player(generator=generator, penalties=shared["generator"], ema_half_life=ema_half_life),
                "discriminator": Player(
                    discriminator=discriminator,
                    penalties=shared["discriminator"],
                    updates_per_step=discriminator_steps,
                ),
            },
            {self.samples: self.sample_field(shapes[1]), **labels},
            batches_per_step=discriminator_steps + self.generator_batches,
            batches_argument=" + ".join(["discriminator_steps", *["1"] * self.generator_batches]),
            seed=seed,
            name=name,
        )
        self.latent_shape, self.sample_shape = shapes
        self.num_classes, self.adversarial_loss, self.critic = classes, adversarial_loss, critic
        self._maps = maps
        for attribute, state in critic.build().items():
            setattr(self, attribute, state)

    def compile(self, generator_optimizer=None, discriminator_optimizer=None, **options):
        """Set the two optimizers. Without arguments they are those with which the GAN learns with every network.

        Where the paper has others, `gan.compile(gan.paper_optimizer(), gan.paper_optimizer())` sets them.

        Args:
            generator_optimizer: Keras optimizer (or its name); None for the default.
            discriminator_optimizer: Keras optimizer (or its name); None for the default.
            **options: see `AdversarialModel.compile`. `loss=` raises an error that names the class to use.

        Raises:
            ValueError: for `loss=`, and as `AdversarialModel.compile` does.
        """
        _refuse_loss(options.get("loss"))
        super().compile(
            generator_optimizer=generator_optimizer, discriminator_optimizer=discriminator_optimizer, **options
        )

    def sample_field(self, shape):
        """The `Field` of the data for samples of a shape."""
        return Field(shape)

    @abc.abstractmethod
    def default_optimizer(self):
        """Return a new optimizer for either player, with settings that work with every network of `networks`."""

    def paper_optimizer(self):
        """Return a new optimizer with the paper's settings, for either player."""
        return self.default_optimizer()

    def default_optimizers(self):
        """Return an optimizer for each player."""
        return {name: self.default_optimizer() for name in self.players}

    @property
    def discriminator_steps(self):
        """Discriminator updates for each generator update."""
        return self.batches_per_step - self.generator_batches

    @property
    def penalties(self):
        """The penalties, a tuple: first those of the discriminator, then those of the generator."""
        owners = self.players["discriminator"], self.players["generator"]
        return tuple(penalty for player in owners for penalty in player.penalties.values())

    @property
    def ema_half_life(self):
        """Half-life of the averaged generator in images, a number or a schedule; None if there is none."""
        return self.players["generator"].ema_half_life

    def latents_for(self, batch, noise):
        """Draw a latent for each image of a batch, float32 `(batch, *latent_shape)`."""
        return noise.normal_for(batch, self.latent_shape)

    def generate_for(self, batch, latents):
        """A batch with generated images instead of the real ones, and with the same labels."""
        return {**batch, **self.forward(self._maps, {**batch, "latents": latents})}

    def discriminator_terms(self, real, fake):
        """What the discriminator minimises: the adversarial loss and the penalties."""
        loss = self.adversarial_loss.discriminator_loss(self.critic(real).logits, self.critic(fake).logits)
        return {"discriminator": {"d_loss": loss, **self.penalise("discriminator", self.critic, real, fake)}}

    def generator_terms(self, real, fake):
        """What the generator minimises. Only a relativistic loss needs the real images."""
        real_logits = self.critic(real).logits if self.adversarial_loss.relativistic else None
        loss = self.adversarial_loss.generator_loss(real_logits, self.critic(fake).logits)
        return {"generator": {"g_loss": loss, **self.generator_penalties(real)}}

    def generator_penalties(self, batch):
        """The penalties of the generator, a dict of terms, computed at new latents for the labels of a batch."""
        noise = current_noise()
        if noise is None or not self.players["generator"].penalties:
            return {}
        return self.penalise("generator", self._maps, {**batch, "latents": self.latents_for(batch, noise)})

    def test_terms(self, batch, noise):
        """Both losses on images that are not trained on."""
        fake = self.generate_for(batch, self.latents_for(batch, noise))
        return {**self.discriminator_terms(batch, fake), **self.generator_terms(batch, fake)}

    @property
    def games(self):
        """The one game of the two networks."""
        return {"": Game(self.critic, self.generator, judge="discriminator", maker="generator", field=self.samples)}

    def play(self, batch, noise):
        """The real batch, and one that is generated."""
        return {"": (batch, self.generate_for(batch, self.latents_for(batch, noise)))}

    def scheduled_parts(self):
        """The augmentations, whose strength may be a schedule."""
        return self.critic.augmentations

    def sampler(self, averaged=True):
        """The `Sampler` that draws images: from the generator, or its average."""
        network = self.averaged_generator if averaged else None
        return Sampler(self._maps, network, num_classes=self.num_classes)

    def call(self, latents, training=False):
        """Samples for given inputs, from the averaged generator if there is one."""
        return (self.averaged_generator or self.generator)(latents, training=training)

    def generate(self, num_images=None, *, latents=None, labels=None, seed=None, averaged=True, batch_size=64):
        """Draw samples. This does not change the state of training.

        Args:
            num_images: int, how many; leave it out if you give `latents`.
            latents: float32 `(num_images, *latent_shape)`, or None to draw them.
            labels: for a conditional GAN: one class, or a class for each image, integers in [0, num_classes); None to
                draw them.
            seed: int for the same latents each time, in every process; None for different latents each time. If layers
                draw noise, the images also depend on `batch_size`.
            averaged: whether to use the averaged generator if there is one.
            batch_size: int, how many to generate at once.

        Returns:
            float32 NumPy array `(num_images, *sample_shape)`, images in [-1, 1].

        Raises:
            ValueError: if both or neither of `num_images` and `latents` are given, or the shape of the latents or the
                labels is wrong.
        """
        return self.draw_samples(
            num_images, latents=latents, labels=labels, seed=seed, averaged=averaged, batch_size=batch_size
        )

    def get_config(self):
        """Return the constructor's arguments that all GANs have, with networks and penalties serialised."""
        return {
            **super().get_config(),
            "penalties": serialised(self.penalties),
            "augmentation": serialised(self.critic.augmentations),
            "discriminator_steps": self.discriminator_steps,
            "ema_half_life": serialised(self.ema_half_life),
            "num_classes": self.num_classes,
        }


def _require_matching(maps, judges, others):
    """Raise a ValueError unless the two networks fit; return the shapes of one latent and of one sample."""
    maps.require_fit(judges)
    latent_shape = maps.shapes["latents"]
    if set(maps.outputs) - {maps.returns, *others}:
        wanted = " and ".join(map(repr, (maps.returns, *others))) if others else "a single tensor"
        raise ValueError(f"The generator must return {wanted}. Received: outputs {list(maps.outputs)}")
    if None in latent_shape:
        raise ValueError(
            "The generator must have a fixed latent size: latents of this size are drawn. "
            f"Received: generator.input_shape={(None, *latent_shape)}"
        )
    return latent_shape, maps.outputs[maps.returns]


def _number_of_classes(given, maps, judges):
    """Number of classes; None for an unconditional GAN."""
    if given is not None:
        require_int("num_classes", given)
    heads = [judges.outputs["classes"][-1]] if "classes" in judges.outputs else []
    if not heads and "labels" not in {**maps.shapes, **judges.shapes}:
        if given is not None:
            raise ValueError(
                "The networks take no labels. Build them with an input called 'labels', or leave `num_classes` out. "
                f"Received: num_classes={given}"
            )
        return None
    found = {number for number in (maps.num_classes, judges.num_classes, *heads, given) if number is not None}
    if len(found) == 1:
        return found.pop()
    reason = (
        "The networks do not show how many classes there are. Give `num_classes`."
        if not found
        else f"The numbers of classes differ: {' and '.join(map(str, sorted(found)))}. Build both networks for the "
        "same number, and leave `num_classes` out."
    )
    raise ValueError(f"{reason} Received: num_classes={given}")


_CLASS_OF_LOSS = {
    "binary_crossentropy": "NonSaturatingGAN",
    "bce": "NonSaturatingGAN",
    "non_saturating": "NonSaturatingGAN",
    "minimax": "MinimaxGAN",
    "mse": "LSGAN",
    "mean_squared_error": "LSGAN",
    "least_squares": "LSGAN",
    "lsgan": "LSGAN",
    "hinge": "HingeGAN",
    "wasserstein": "WGAN or WGANGP",
    "wgan": "WGAN",
    "wgan_gp": "WGANGP",
    "relativistic": "RelativisticGAN",
    "relativistic_average": "RelativisticAverageGAN",
}


def _refuse_loss(given):
    """Raise a ValueError for `compile(loss=...)`, with the class that has that loss."""
    if given is None:
        return
    name = given if isinstance(given, str) else getattr(given, "name", type(given).__name__)
    key = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).strip("_")
    advice = f": for this one, `keras_gan.{_CLASS_OF_LOSS[key]}`" if key in _CLASS_OF_LOSS else ""
    raise ValueError(
        "A GAN has a loss for each of its players, and each adversarial loss has its own class, such as "
        f"`keras_gan.NonSaturatingGAN`, `HingeGAN`, `LSGAN` or `WGANGP`{advice}. Build the GAN with the loss you want, "
        f"and leave `loss=` out. Received: loss={given!r}"
    )
