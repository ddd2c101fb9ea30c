"""A program: opens the `.tflite` file on its standard input and runs it once. A damaged file may end it or let it hang.

It exits with 0 if the file ran; otherwise it prints the reason.
"""

import contextlib
import importlib.util
import pathlib
import sys
import types

# The batch of a file whose inputs take any: more than one, and small enough for large pictures.
_ROWS = 2
_MAX_MEMORY = 2**33


def main():
    """Open the file and run it, at its own batch size and, if it takes any, at a larger one."""
    _limit_memory()
    try:
        model = _interpreter_class()(model_content=sys.stdin.buffer.read())
        _run(model)
        for given in model.get_input_details():
            if len(given["shape_signature"]) and given["shape_signature"][0] == -1:
                model.resize_tensor_input(given["index"], [_ROWS, *given["shape"][1:]])
        _run(model)
    except (ValueError, RuntimeError, MemoryError, ImportError) as error:
        print(" ".join(str(error).split()))  # noqa: T201 - the process that started this one reads it
        sys.exit(1)


def _run(model):
    model.allocate_tensors()
    model.invoke()
    for returned in model.get_output_details():
        model.get_tensor(returned["index"])


def _interpreter_class():
    if importlib.util.find_spec("ai_edge_litert"):
        from ai_edge_litert.interpreter import Interpreter

        return Interpreter
    return _tensorflow_interpreter_class()


def _tensorflow_interpreter_class():
    # The whole of TensorFlow takes seconds to import, and its interpreter needs next to nothing of it.
    (folder,) = importlib.util.find_spec("tensorflow").submodule_search_locations
    names = ("tensorflow", "tensorflow.lite", "tensorflow.lite.python")
    for name in names:
        package = sys.modules[name] = types.ModuleType(name)
        package.__path__ = [str(pathlib.Path(folder).joinpath(*name.split(".")[1:]))]
    try:
        from tensorflow.lite.python.interpreter import Interpreter

        return Interpreter
    except (ImportError, AttributeError):
        for name in names:
            del sys.modules[name]
        import tensorflow as tf

        return tf.lite.Interpreter


def _limit_memory():
    # A flipped bit may also ask for terabytes. Windows and some others have no such limit.
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (_MAX_MEMORY, _MAX_MEMORY))


if __name__ == "__main__":
    main()
