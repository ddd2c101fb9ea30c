"""A server on loopback that speaks TensorFlow Serving's protocol over SavedModels. For tests, not for service.

Like the official server, it answers gRPC and REST from the protocol's own definitions (tensorflow-serving-api), and
runs a model as a session of its graph, with signatures by the names of their tensors. So it shows that a client and an
export follow the protocol. It does not show that the official server, which is another program, accepts them. It has no
batching, no polling for versions and no protection.

    python tests/serving_server.py digits=saved_models/digits

This prints the two ports as a line of JSON, and serves until standard input ends.
"""
# ruff: noqa: N802 - the protocol names the methods

import base64
import concurrent.futures
import contextlib
import http.server
import json
import os
import pathlib
import re
import sys
import threading

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import grpc
import numpy as np
import tensorflow as tf
from google.protobuf import json_format
from tensorflow_serving.apis import get_model_metadata_pb2 as metadata_pb2
from tensorflow_serving.apis import get_model_status_pb2 as status_pb2
from tensorflow_serving.apis import model_service_pb2_grpc, predict_pb2, prediction_service_pb2_grpc

_PATH = re.compile(r"/v1/models/(?P<model>[^/:]+)(?:/versions/(?P<version>\d+))?(?P<verb>:predict|/metadata)?")
_CODES = {code.value[0]: code for code in grpc.StatusCode}
# All others are 500.
_HTTP = {
    grpc.StatusCode.INVALID_ARGUMENT: 400,
    grpc.StatusCode.FAILED_PRECONDITION: 400,
    grpc.StatusCode.OUT_OF_RANGE: 400,
    grpc.StatusCode.NOT_FOUND: 404,
    grpc.StatusCode.RESOURCE_EXHAUSTED: 429,
    grpc.StatusCode.UNIMPLEMENTED: 501,
}

_GRPC_OPTIONS = [
    # By default gRPC lets a second server use a port that is already in use.
    ("grpc.so_reuseport", 0),
    # By default gRPC accepts at most 4 MiB; the official server sets no limit.
    ("grpc.max_receive_message_length", -1),
]


class RequestError(Exception):
    """An error for the client: a `grpc.StatusCode` and a message."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


def invalid(message):
    return RequestError(grpc.StatusCode.INVALID_ARGUMENT, message)


class Servable:
    """One version of a model, in its own session.

    Args:
        folder: `pathlib.Path` of the version, whose name is its number.
    """

    def __init__(self, folder):
        self.version = int(folder.name)
        self._session = tf.compat.v1.Session(graph=tf.Graph())
        with self._session.graph.as_default():
            meta_graph = tf.compat.v1.saved_model.load(self._session, ["serve"], os.fspath(folder))
            self.signatures = dict(meta_graph.signature_def)
            # A callable, unlike `Session.run`, leaves it to the graph to check shapes, as the official server does.
            self._calls = {
                name: self._session.make_callable(
                    [signature.outputs[alias].name for alias in sorted(signature.outputs)],
                    feed_list=[signature.inputs[alias].name for alias in sorted(signature.inputs)],
                )
                for name, signature in self.signatures.items()
                if signature.method_name == "tensorflow/serving/predict"
            }

    def close(self):
        """Free the session."""
        self._session.close()

    def run(self, name, inputs):
        """Return the outputs of a signature, a dict of NumPy arrays by alias."""
        signature = self.signatures[name]
        given, needed = set(inputs), set(signature.inputs)
        if given != needed:
            raise invalid(
                f"input size does not match signature: {len(given)}!={len(needed)}. Sent extra: "
                f"{{{','.join(sorted(given - needed))}}}. Missing but required: {{{','.join(sorted(needed - given))}}}."
            )
        for alias, value in inputs.items():
            if tf.as_dtype(value.dtype) != tf.as_dtype(signature.inputs[alias].dtype):
                expected = tf.as_dtype(signature.inputs[alias].dtype).name
                raise invalid(f"Expects arg {alias!r} to be {expected} but {value.dtype.name} is provided")
        try:
            outputs = self._calls[name](*(inputs[alias] for alias in sorted(inputs)))
        except tf.errors.OpError as error:
            raise RequestError(_CODES[error.error_code], error.message) from error
        return dict(zip(sorted(signature.outputs), outputs, strict=True))


class ServingServer:
    """Serves the newest version of each model over gRPC and REST, on free ports of loopback.

    Args:
        models: dict of a name to the directory of its versions.

    Attributes:
        grpc_port: int.
        rest_port: int.

    Use it in a `with` statement, which closes it.
    """

    def __init__(self, models):
        self._servables = {name: Servable(newest(pathlib.Path(directory))) for name, directory in models.items()}
        self._grpc = grpc.server(concurrent.futures.ThreadPoolExecutor(8), options=_GRPC_OPTIONS)
        prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(_Services(self), self._grpc)
        model_service_pb2_grpc.add_ModelServiceServicer_to_server(_Services(self), self._grpc)
        self.grpc_port = self._grpc.add_insecure_port("127.0.0.1:0")
        handler = type("Handler", (_RestHandler,), {"serving": self})
        self._rest = _RestServer(("127.0.0.1", 0), handler)
        self.rest_port = self._rest.server_address[1]
        self._thread = threading.Thread(target=self._rest.serve_forever, daemon=True)

    def __enter__(self):
        self._grpc.start()
        self._thread.start()
        return self

    def __exit__(self, *exception):
        self._grpc.stop(None).wait()
        self._rest.shutdown()
        self._rest.server_close()
        self._thread.join()
        for servable in self._servables.values():
            servable.close()

    def servable(self, model, version=None):
        """Return the `Servable` of a name and, if it is given, a version."""
        found = self._servables.get(model)
        if found is None or version not in (None, found.version):
            which = f"Latest({model})" if version is None else f"Specific({model}, {version})"
            raise RequestError(grpc.StatusCode.NOT_FOUND, f"Servable not found for request: {which}")
        return found

    def predict(self, request):
        """Answer a PredictRequest with a PredictResponse."""
        servable = self.servable(*address(request.model_spec))
        name = request.model_spec.signature_name or "serving_default"
        if name not in servable.signatures:
            raise RequestError(grpc.StatusCode.FAILED_PRECONDITION, f'Serving signature key "{name}" not found.')
        inputs = {alias: tf.make_ndarray(tensor) for alias, tensor in request.inputs.items()}
        outputs = servable.run(name, inputs)
        unknown = set(request.output_filter) - set(outputs)
        if unknown:
            raise invalid(f"output tensor alias not found in signature: {', '.join(sorted(unknown))}")
        response = predict_pb2.PredictResponse()
        describe(response.model_spec, request.model_spec.name, servable, name)
        for alias in request.output_filter or outputs:
            response.outputs[alias].CopyFrom(tf.make_tensor_proto(outputs[alias]))
        return response

    def metadata(self, request):
        """Answer a GetModelMetadataRequest with a GetModelMetadataResponse."""
        if list(request.metadata_field) != ["signature_def"]:
            raise invalid(f"Metadata field {', '.join(request.metadata_field)} is not supported")
        servable = self.servable(*address(request.model_spec))
        response = metadata_pb2.GetModelMetadataResponse()
        describe(response.model_spec, request.model_spec.name, servable)
        response.metadata["signature_def"].Pack(metadata_pb2.SignatureDefMap(signature_def=servable.signatures))
        return response

    def status(self, request):
        """Answer a GetModelStatusRequest with a GetModelStatusResponse."""
        servable = self.servable(*address(request.model_spec))
        available = status_pb2.ModelVersionStatus.AVAILABLE
        state = status_pb2.ModelVersionStatus(version=servable.version, state=available)
        # So that JSON shows it: an empty message appears, a missing one does not.
        state.status.SetInParent()
        return status_pb2.GetModelStatusResponse(model_version_status=[state])


def newest(directory):
    """Return the folder of the version with the largest number."""
    return max((path for path in directory.iterdir() if path.name.isdigit()), key=lambda path: int(path.name))


def address(model_spec):
    """Return the name and the version (or None) in a ModelSpec."""
    version = model_spec.version.value if model_spec.HasField("version") else None
    return model_spec.name, version


def describe(model_spec, name, servable, signature_name=""):
    """Write the model that answered into a response's ModelSpec."""
    model_spec.name, model_spec.signature_name = name, signature_name
    model_spec.version.value = servable.version


class _Services(prediction_service_pb2_grpc.PredictionServiceServicer, model_service_pb2_grpc.ModelServiceServicer):
    def __init__(self, serving):
        self._serving = serving

    def Predict(self, request, context):
        return _answer(self._serving.predict, request, context)

    def GetModelMetadata(self, request, context):
        return _answer(self._serving.metadata, request, context)

    def GetModelStatus(self, request, context):
        return _answer(self._serving.status, request, context)


def _answer(method, request, context):
    try:
        return method(request)
    except RequestError as error:
        context.abort(error.code, str(error))


class _RestServer(http.server.ThreadingHTTPServer):
    # By default a sixth client that comes at the same moment waits a second, and tries again.
    request_queue_size = 128


class _RestHandler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Otherwise each answer waits 40 ms for the client to acknowledge its headers.
    disable_nagle_algorithm = True
    serving = None

    def do_GET(self):
        self._reply(self._look_up)

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self._reply(lambda: self._predict(body))

    def log_message(self, *arguments):
        pass

    def _reply(self, make_answer):
        status = 200
        try:
            answer = make_answer()
        except RequestError as error:
            status, answer = _HTTP.get(error.code, 500), {"error": str(error)}
        content = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _model(self, *verbs):
        """The model, the version and the verb of the path."""
        found = _PATH.fullmatch(self.path)
        if not found or found["verb"] not in verbs:
            raise invalid(f"Malformed request: {self.command} {self.path}")
        return found["model"], found["version"] and int(found["version"]), found["verb"]

    def _look_up(self):
        model, version, verb = self._model(None, "/metadata")
        if verb:
            request = metadata_pb2.GetModelMetadataRequest(metadata_field=["signature_def"])
            method = self.serving.metadata
        else:
            request, method = status_pb2.GetModelStatusRequest(), self.serving.status
        _ask_for(request.model_spec, model, version)
        response = method(request)
        options = {"preserving_proto_field_name": True, "always_print_fields_with_no_presence": True}
        return json_format.MessageToDict(response, **options)

    def _predict(self, body):
        model, version, _ = self._model(":predict")
        request = predict_pb2.PredictRequest()
        _ask_for(request.model_spec, model, version)
        signatures = self.serving.servable(model, version).signatures
        in_rows = fill_from_json(request, body, signatures)
        response = self.serving.predict(request)
        return to_json({alias: tf.make_ndarray(tensor) for alias, tensor in response.outputs.items()}, in_rows)


def _ask_for(model_spec, model, version):
    model_spec.name = model
    if version is not None:
        model_spec.version.value = version


def fill_from_json(request, body, signatures):
    """Fill a PredictRequest from the JSON of a REST request; return whether that is in the row format."""
    try:
        document = json.loads(body)
    except ValueError as error:
        raise invalid(f"JSON Parse error: {error}") from error
    if not isinstance(document, dict):
        raise invalid("JSON Value: is not an object")
    name = document.get("signature_name", "serving_default")
    if name not in signatures:
        raise invalid(f'Serving signature name: "{name}" not found in signature def')
    in_rows = "instances" in document
    if in_rows == ("inputs" in document):
        raise invalid("Expected one of 'inputs' and 'instances', and not both")
    request.model_spec.signature_name = name
    needed = signatures[name].inputs
    columns = _columns_of(document["instances"], needed) if in_rows else _named(document["inputs"], needed)
    for alias, info in needed.items():
        if alias not in columns:
            raise invalid(f"Missing named input: {alias} in 'inputs' object.")
        request.inputs[alias].CopyFrom(tf.make_tensor_proto(_array(alias, columns[alias], info)))
    return in_rows


def _named(value, needed):
    """The inputs by name; a model of one input may leave the name out."""
    if isinstance(value, dict) and set(value) != {"b64"}:
        return value
    if len(needed) > 1:
        raise invalid("inputs is a plain value/list, but expecting an object as multiple input tensors required")
    return {next(iter(needed)): value}


def _columns_of(instances, needed):
    if not isinstance(instances, list) or not instances:
        raise invalid("Expected 'instances' to be a list of at least one")
    rows = [_named(instance, needed) for instance in instances]
    if any(set(row) != set(needed) for row in rows):
        raise invalid(f"Failed to process an element of 'instances': keys must be equal to: {','.join(sorted(needed))}")
    return {alias: [row[alias] for row in rows] for alias in needed}


def _array(alias, value, info):
    """A tensor of JSON as a NumPy array of the signature's type."""
    dtype = tf.as_dtype(info.dtype)
    try:
        if dtype == tf.string:
            return np.array(_decoded(value), object)
        array = np.array(value)
        # The official server, too, refuses 1.5 where it needs an integer, and takes 1 where it needs a float.
        if not np.can_cast(array.dtype, dtype.as_numpy_dtype, "same_kind"):
            raise TypeError(f"is not of the type {dtype.name}")
        return array.astype(dtype.as_numpy_dtype)
    except (TypeError, ValueError, OverflowError) as error:
        raise invalid(f"JSON Value of {alias}: {error}") from error


def _decoded(value):
    if isinstance(value, list):
        return [_decoded(element) for element in value]
    return base64.b64decode(value["b64"]) if isinstance(value, dict) else str(value).encode()


def to_json(outputs, in_rows):
    """Return the answer of REST: a single output without its name, bytes in base64 where the name ends in `_bytes`."""
    values = {alias: _encoded(array.tolist(), alias) for alias, array in outputs.items()}
    if not in_rows:
        return {"outputs": values if len(values) > 1 else next(iter(values.values()))}
    sizes = {array.shape[:1] for array in outputs.values()}
    if len(sizes) != 1 or sizes == {()}:
        raise invalid(f"Tensors {', '.join(outputs)} have inconsistent batch sizes")
    if len(values) == 1:
        return {"predictions": next(iter(values.values()))}
    return {"predictions": [dict(zip(values, row, strict=True)) for row in zip(*values.values(), strict=True)]}


def _encoded(value, alias):
    if isinstance(value, list):
        return [_encoded(element, alias) for element in value]
    if not isinstance(value, bytes):
        return value
    return {"b64": base64.b64encode(value).decode()} if alias.endswith("_bytes") else value.decode()


def main(models):
    """Serve until standard input ends, so that the server does not outlive the process that started it."""
    # TensorFlow warns that Python has a newer loader; the official server has this one in C++.
    tf.get_logger().setLevel("ERROR")
    with ServingServer(dict(model.split("=", 1) for model in models)) as server:
        print(json.dumps({"grpc": server.grpc_port, "rest": server.rest_port}), flush=True)  # noqa: T201
        with contextlib.suppress(KeyboardInterrupt):
            sys.stdin.read()


if __name__ == "__main__":
    main(sys.argv[1:])
