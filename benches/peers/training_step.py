"""Twenty training steps of a perceptron with sigmoid layers: forward, backward, Adam."""

import warnings

import numpy
import torch
from threadpoolctl import threadpool_info

TITLE = "Twenty training steps: forward, backward and Adam"
SIZES = [
    {"M_0": 784, "M_1": 256, "M_2": 128, "M_3": 10, "n": 128},
    {"M_0": 64, "M_1": 64, "M_2": 64, "M_3": 10, "n": 256},
    {"M_0": 2, "M_1": 16, "M_2": 1, "n": 32},
]
# Layers of M units each: a product of n × M by M × M costs n M².
STATED = {"M": 2}
GROWTH = {"M": [{"M": width, "n": 256} for width in (64, 128, 256, 512)]}
TOLERANCE = 1e-9
STEPS = 20
RATE = 1e-3


def make(n, M=None, **layers):
    sizes = [M, M, M, 10] if M else list(layers.values())
    generator = numpy.random.default_rng(1986)
    weights = [
        part
        for inputs, outputs in zip(sizes, sizes[1:])
        for part in (generator.standard_normal(inputs * outputs) / inputs**0.5, numpy.zeros(outputs))
    ]
    return {
        "sizes": numpy.array(sizes, dtype=float),
        "theta": numpy.concatenate(weights),
        "x": generator.standard_normal((n, sizes[0])),
        "y": generator.random((n, sizes[-1])),
    }


PREPARED = {}


def prepare(data, dtype):
    """The network and its optimiser, made once for an input; the runs are timed without it."""
    key = (id(data), dtype)
    if key not in PREPARED:
        torch.set_num_threads(max(pool["num_threads"] for pool in threadpool_info()))
        sizes = data["sizes"].astype(int)
        modules = []
        for inputs, outputs in zip(sizes, sizes[1:]):
            modules += [torch.nn.Linear(inputs, outputs, dtype=dtype), torch.nn.Sigmoid()]
        model = torch.nn.Sequential(*modules)
        start = torch.from_numpy(data["theta"]).to(dtype)
        x, y = (torch.from_numpy(data[name]).to(dtype) for name in ("x", "y"))
        # `data` is kept, so that its id stays its own.
        PREPARED[key] = data, model, torch.optim.Adam(model.parameters(), lr=RATE), start, x, y
    return PREPARED[key][1:]


def train(data, dtype):
    model, adam, start, x, y = prepare(data, dtype)
    parameters = list(model.parameters())
    # The parameters become views of the vector, and training writes to it.
    torch.nn.utils.vector_to_parameters(start.clone(), parameters)
    adam.state.clear()
    for _ in range(STEPS):
        adam.zero_grad()
        loss = 0.5 * torch.nn.functional.mse_loss(model(x), y, reduction="sum") / len(x)
        loss.backward()
        adam.step()
    return {"theta": torch.nn.utils.parameters_to_vector(parameters).detach().numpy()}


def products(data):
    """The matrix products of the steps and nothing else: the speed at which the machine can multiply."""
    key = (id(data), "products")
    if key not in PREPARED:
        sizes = data["sizes"].astype(int)
        rows = len(data["x"])
        a = [numpy.ones((rows, n)) for n in sizes]
        w = [numpy.ones((n, m)) for m, n in zip(sizes, sizes[1:])]
        PREPARED[key] = data, a, w, [numpy.empty_like(v) for v in a], [numpy.empty_like(v) for v in w]
    _, a, w, a_out, w_out = PREPARED[key]
    for _ in range(STEPS):
        for l in range(len(w)):
            numpy.matmul(a[l], w[l].T, out=a_out[l + 1])
            numpy.matmul(a[l + 1].T, a[l], out=w_out[l])
            if l > 0:
                numpy.matmul(a[l + 1], w[l], out=a_out[l])
    return {}


warnings.filterwarnings("ignore", module="torch")
PEERS = {
    "PyTorch, f64": (torch.__version__, lambda data: train(data, torch.float64)),
    "PyTorch, f32": (torch.__version__, lambda data: train(data, torch.float32)),
    "its matrix products alone, NumPy": (numpy.__version__, products),
}


def disagreement(data, a, b):
    """The relative difference of the parameters after the steps, in units of the rounding of f64: an answer in f32 has fewer digits."""
    if "theta" not in b:
        return 0.0
    precision = numpy.finfo(b["theta"].dtype).eps / numpy.finfo(float).eps
    return numpy.linalg.norm(a["theta"] - b["theta"]) / numpy.linalg.norm(a["theta"]) / precision
