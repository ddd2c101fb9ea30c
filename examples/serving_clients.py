"""Clients of TensorFlow Serving: one for REST and one for gRPC, with the same methods.

REST needs only the standard library and NumPy. gRPC needs tensorflow-serving-api, which is imported when such a client
is created.
"""

import base64
import http.client
import json

import numpy as np

# The default ports of the official server.
PORTS = {"rest": 8501, "grpc": 8500}


class ServingError(Exception):
    """There was no answer, or it is an error. The message is one line."""

    def __init__(self, message):
        # An error of the graph adds the name of a node after the message.
        super().__init__(" ".join(str(message).split("[[{{")[0].split()))


def connect(protocol, host, port, model, *, timeout=60.0):
    """Return a client of a model.

    Args:
        protocol: "rest" or "grpc".
        host: name or address of the server.
        port: int, or None for the default of the official server.
        model: name of the model on the server.
        timeout: seconds to wait for an answer.

    Raises:
        ServingError: if a package is missing. No request is sent yet.
    """
    client = RestClient if protocol == "rest" else GrpcClient
    return client(host, PORTS[protocol] if port is None else port, model, timeout)


class RestClient:
    """Asks over HTTP, on one connection. Threads must not share it."""

    def __init__(self, host, port, model, timeout):
        self._address = f"{host}:{port}"
        self._model = model
        self._connection = http.client.HTTPConnection(host, port, timeout=timeout)

    def signatures(self):
        """Return a dict of each signature's name to a dict of its inputs' names to shapes; None is any size.

        Raises:
            ServingError: if the server cannot be reached, or has no such model.
        """
        answer = self._ask("GET", "/metadata")
        try:
            signatures = answer["metadata"]["signature_def"]["signature_def"]
            return {
                name: {alias: _shape_from_json(info) for alias, info in signature["inputs"].items()}
                for name, signature in signatures.items()
                if signature["method_name"].endswith("/predict")
            }
        except (KeyError, TypeError, AttributeError) as error:
            raise ServingError(_stranger(self._address, f"no {error} in the metadata")) from error

    def predict(self, signature, inputs):
        """Return the output of a signature with one output: an array, or a list of bytes.

        Args:
            signature: name.
            inputs: dict of name to array or scalar.

        Raises:
            ServingError: if there is no answer, or it is an error.
        """
        columns = {alias: np.asarray(value).tolist() for alias, value in inputs.items()}
        answer = self._ask("POST", ":predict", json.dumps({"signature_name": signature, "inputs": columns}))
        output = answer.get("outputs")
        if not isinstance(output, list):
            raise ServingError(f"Expected the answer of {signature} to be one list. Received: {str(answer)[:200]}")
        if output and isinstance(output[0], dict):
            return [base64.b64decode(value["b64"]) for value in output]
        return np.array(output, np.float32)

    def close(self):
        """Close the connection."""
        self._connection.close()

    def _ask(self, method, verb, body=None):
        try:
            self._connection.request(method, f"/v1/models/{self._model}{verb}", body)
            response = self._connection.getresponse()
            content = response.read()
        except (OSError, http.client.HTTPException) as error:
            # The next request opens a new connection.
            self._connection.close()
            raise ServingError(_unreachable(self._address, "rest", error)) from error
        return self._checked(response.status, content)

    def _checked(self, status, content):
        try:
            answer = json.loads(content)
        except ValueError as error:
            raise ServingError(_stranger(self._address, f"status {status}, {content[:60]!r}")) from error
        if not isinstance(answer, dict):
            raise ServingError(_stranger(self._address, f"{content[:60]!r}"))
        if status == http.HTTPStatus.NOT_FOUND:
            raise ServingError(_no_model(self._address, self._model, answer.get("error")))
        if status != http.HTTPStatus.OK:
            raise ServingError(f"The server refused the request: {answer.get('error', status)}")
        return answer


class GrpcClient:
    """Asks over gRPC. Needs the package tensorflow-serving-api."""

    def __init__(self, host, port, model, timeout):
        try:
            import grpc
            import tensorflow as tf
            from tensorflow_serving.apis import get_model_metadata_pb2, predict_pb2, prediction_service_pb2_grpc
        except ImportError as error:
            raise ServingError(
                f"gRPC needs another package: pip install 'keras_gan[serving]', or give --protocol=rest ({error})."
            ) from error
        self._grpc, self._tf, self._predict_pb2, self._metadata_pb2 = grpc, tf, predict_pb2, get_model_metadata_pb2
        self._address = f"{host}:{port}"
        self._model = model
        self._timeout = timeout
        # Images are large: the default limit is 4 MiB. REST uses no proxy either.
        options = [("grpc.max_receive_message_length", -1), ("grpc.enable_http_proxy", 0)]
        self._channel = grpc.insecure_channel(self._address, options)
        self._stub = prediction_service_pb2_grpc.PredictionServiceStub(self._channel)

    def signatures(self):
        """Return the same as `RestClient.signatures`."""
        request = self._metadata_pb2.GetModelMetadataRequest(metadata_field=["signature_def"])
        response = self._ask(self._stub.GetModelMetadata, request)
        signatures = self._metadata_pb2.SignatureDefMap()
        response.metadata["signature_def"].Unpack(signatures)
        return {
            name: {alias: _shape(info.tensor_shape) for alias, info in signature.inputs.items()}
            for name, signature in signatures.signature_def.items()
            if signature.method_name.endswith("/predict")
        }

    def predict(self, signature, inputs):
        """Return the same as `RestClient.predict`."""
        request = self._predict_pb2.PredictRequest()
        request.model_spec.signature_name = signature
        for alias, value in inputs.items():
            request.inputs[alias].CopyFrom(self._tf.make_tensor_proto(value))
        outputs = self._ask(self._stub.Predict, request).outputs
        if len(outputs) != 1:
            raise ServingError(f"Expected {signature} to have one output. Received: {', '.join(sorted(outputs))}")
        (output,) = (self._tf.make_ndarray(tensor) for tensor in outputs.values())
        return list(output) if output.dtype == object else output

    def close(self):
        """Close the channel."""
        self._channel.close()

    def _ask(self, method, request):
        request.model_spec.name = self._model
        try:
            return method(request, timeout=self._timeout)
        except self._grpc.RpcError as error:
            raise ServingError(self._message(error.code(), error.details())) from error

    def _message(self, code, details):
        codes = self._grpc.StatusCode
        if code in (codes.UNAVAILABLE, codes.DEADLINE_EXCEEDED):
            return _unreachable(self._address, "grpc", details)
        if code == codes.NOT_FOUND:
            return _no_model(self._address, self._model, details)
        return f"The server refused the request: {details}"


def _shape_from_json(info):
    # In the JSON of protobuf, int64 is a string.
    return tuple(int(dim["size"]) if int(dim["size"]) >= 0 else None for dim in info["tensor_shape"].get("dim", ()))


def _shape(tensor_shape):
    return tuple(dim.size if dim.size >= 0 else None for dim in tensor_shape.dim)


def _unreachable(address, protocol, reason):
    return (
        f"No answer over {protocol} from {address} ({reason or 'the connection was closed'}). Start a server, or give "
        f"its --host and --port: the official defaults are {PORTS['rest']} for REST and {PORTS['grpc']} for gRPC."
    )


def _stranger(address, reason):
    return f"The program at {address} does not speak the REST of TensorFlow Serving: {reason}."


def _no_model(address, model, reason):
    return f"The server at {address} has no model {model!r}; give the name in the server's configuration ({reason})."
