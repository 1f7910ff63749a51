"""Neural nets: forward code on the tape, one flat theta, and what theory and statistics say of their layers.

    rng = np.random.default_rng(0)
    net = DenseNet.uniform(inputs=500, depth=10, width=500, outputs=10, activation="tanh")
    parameters = net.start()                                      # theta, its gradient, running statistics: yours
    net.initialize(parameters.theta, "xavier_normal", rng)        # INITIALIZERS; numbers of sliders in Scales
    signals = net.forward(parameters, x)                          # every layer's pre, normalized, post, output
    parameters.backward(LOSSES["cross_entropy"].function(signals.outputs, y))    # fills .gradient of each
    table = layer_statistics(net, parameters, signals, Bins(-1, 1))    # arrays of (L,), (L, bins)
    theory = predict("tanh", 10, 500, sigma_w=1.0)                # Expectation: std, gradient, bands
    trainer = Trainer(parameters, rule)                           # any rule of engine.optimizers
    step = trainer.step(lambda p, rng: softmax_cross_entropy(net.forward(p, x).outputs, y))
    source = to_pytorch(net, parameters)                          # a script that gives the same activations

A model is a layout and a forward function; who trains it or plays with it owns its parameters. R thetas stacked,
(R, n), are R nets in one array program. Pass a `Workspace` to reuse memory between passes of large nets; choose
float32 for speed (half the time), float64 for depth (vanishing below 1e-38 is not zero there). Modules:
layout (theta and its kinds), dense (the net), activations, initializers, lsuv and pretraining (step by step),
normalization, dropout, losses, training, stack (trainers as one), penalty, statistics, histogram,
meanfield (q, chi, phase diagram), prediction (layer by layer),
torch_script (a net as PyTorch code). `engine.nn.recurrent` holds the recurrent nets, with the same contract.
"""

from engine.nn.activations import ACTIVATIONS, Activation
from engine.nn.dense import DenseNet, LayerSignals, Signals
from engine.nn.histogram import Bins
from engine.nn.initializers import INITIALIZERS, Initializer, Scales
from engine.nn.layout import Entry, Layout, Parameters
from engine.nn.losses import LOSSES
from engine.nn.meanfield import critical_line, fixed_point, growth, next_variance, phase_diagram
from engine.nn.penalty import Penalty
from engine.nn.prediction import Expectation, predict
from engine.nn.statistics import (
    LayerStatistics,
    jacobian,
    layer_statistics,
    singular_values,
    update_ratios,
    weight_spectra,
)
from engine.nn.torch_script import to_pytorch
from engine.nn.training import Step, Trainer
from engine.nn.workspace import Workspace

__all__ = [
    "ACTIVATIONS",
    "INITIALIZERS",
    "LOSSES",
    "Activation",
    "Bins",
    "DenseNet",
    "Entry",
    "Expectation",
    "Initializer",
    "LayerSignals",
    "LayerStatistics",
    "Layout",
    "Parameters",
    "Penalty",
    "Scales",
    "Signals",
    "Step",
    "Trainer",
    "Workspace",
    "critical_line",
    "fixed_point",
    "growth",
    "jacobian",
    "layer_statistics",
    "next_variance",
    "phase_diagram",
    "predict",
    "singular_values",
    "to_pytorch",
    "update_ratios",
    "weight_spectra",
]
