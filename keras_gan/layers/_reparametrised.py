"""Wrapped layers that compute with a function of their weights."""

import keras

TRANSPOSED = (keras.layers.Conv1DTranspose, keras.layers.Conv2DTranspose, keras.layers.Conv3DTranspose)
CONVOLUTIONS = (keras.layers.Conv1D, keras.layers.Conv2D, keras.layers.Conv3D, *TRANSPOSED)


def require_float_kernel(wrapper, layer, supported):
    """Raise a ValueError unless a layer has one float kernel, and takes channels last.

    Args:
        wrapper: name of the wrapping layer, for the message.
        layer: the layer.
        supported: tuple of the classes that it may be of.
    """
    if not isinstance(layer, supported):
        names = ", ".join(kind.__name__ for kind in supported)
        raise ValueError(f"{wrapper} works on these layers: {names}. Received: layer={layer!r}")
    if getattr(layer, "data_format", None) == "channels_first":
        raise ValueError(
            "keras_gan takes images as (height, width, channels), and this layer takes their channels first: build it "
            'with `data_format="channels_last"`. Received: data_format="channels_first"'
        )
    if getattr(layer, "lora_rank", None) or layer.quantization_mode:
        raise ValueError(
            f"{wrapper} needs a layer with one float kernel: make the layer without LoRA or quantisation. "
            f"Received: layer={layer!r}"
        )


def call_with(layer, changed, inputs):
    """Call a layer that reads other values where it reads some of its variables.

    Args:
        layer: the layer.
        changed: list of (variable, value).
        inputs: what the layer is called on.

    Returns:
        What the layer returns.
    """
    replaced = {id(variable) for variable, _ in changed}
    values = [(variable, variable.value) for variable in layer.variables if id(variable) not in replaced]
    # Inside this scope nothing is assigned.
    with keras.StatelessScope([*values, *changed], collect_losses=True) as scope:
        outputs = layer(inputs)
    layer.add_loss(scope.losses)
    return outputs
