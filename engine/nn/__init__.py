"""Neural nets: forward code on the tape, one flat theta, and what theory and statistics say of their layers.

    rng = np.random.default_rng(0)
    net = Net(Architecture.uniform(inputs=500, depth=10, width=500, outputs=10, activation="tanh"))
    net.initialize("xavier_normal", rng)                          # INITIALIZERS; numbers of sliders in Scales
    signals = net.forward(x)                                      # every layer's pre, normalized, post, output
    loss = net.backward(signals, y, "cross_entropy")              # fills .gradient of each, LOSSES by name
    table = layer_statistics(net, signals, Bins(-1, 1))           # LayerStatistics: arrays of (L,), (L, bins)
    theory = predict("tanh", 10, 500, sigma_w=1.0)                # Prediction: std, gradient, bands
    state = rule.init(net.theta)                                  # any rule of engine.optimizers
    step = training_step(net, rule, state, x, y)                  # loss, gradient norm, signals; updates net
    source = to_pytorch(net)                                      # a script that gives the same activations

`copy.deepcopy(net)` is independent. Pass a `Workspace` to reuse memory between passes of large nets; choose
float32 for speed (half the time), float64 for depth (vanishing below 1e-38 is not zero there). Modules:
activations, initializers, lsuv and pretraining (step by step), normalization, dropout, losses, architecture,
net, training, statistics, histogram, meanfield (q, chi, phase diagram), prediction (layer by layer), export.
`engine.nn.recurrent` holds the recurrent nets, apart from these.
"""

from engine.nn.activations import ACTIVATIONS, Activation
from engine.nn.architecture import Architecture
from engine.nn.export import to_pytorch
from engine.nn.histogram import Bins
from engine.nn.initializers import INITIALIZERS, Initializer, Scales
from engine.nn.layout import Layout, Parameters
from engine.nn.losses import LOSSES
from engine.nn.meanfield import critical_line, fixed_point, growth, next_variance, phase_diagram
from engine.nn.net import LayerSignals, Net, Signals
from engine.nn.prediction import Prediction, predict
from engine.nn.statistics import (
    LayerStatistics,
    jacobian,
    layer_statistics,
    singular_values,
    update_ratios,
    weight_spectra,
)
from engine.nn.training import Penalty, Step, evaluate, training_step
from engine.nn.workspace import Workspace

__all__ = [
    "ACTIVATIONS",
    "INITIALIZERS",
    "LOSSES",
    "Activation",
    "Architecture",
    "Bins",
    "Initializer",
    "LayerSignals",
    "LayerStatistics",
    "Layout",
    "Net",
    "Parameters",
    "Penalty",
    "Prediction",
    "Scales",
    "Signals",
    "Step",
    "Workspace",
    "critical_line",
    "evaluate",
    "fixed_point",
    "growth",
    "jacobian",
    "layer_statistics",
    "next_variance",
    "phase_diagram",
    "predict",
    "singular_values",
    "to_pytorch",
    "training_step",
    "update_ratios",
    "weight_spectra",
]
