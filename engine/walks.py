"""The notes' chapters as walks: claims in the order of a lecture, across laboratories."""

from __future__ import annotations

from dataclasses import dataclass

from engine.message import _


@dataclass(frozen=True)
class Walk:
    """An ordered walk through claims.

    Args:
        name: as in an address. title, summary: translatable. stations: ids of claims, in order.
    """

    name: str
    title: str
    summary: str
    stations: tuple[str, ...]


WALKS: tuple[Walk, ...] = (
    Walk(
        "backprop",
        _("Back-propagation"),
        _("From one small example by hand to blocks that compose: local gradient times upstream gradient."),
        ("B4", "B1", "B2", "B3", "B5", "B7", "B6"),
    ),
    Walk(
        "weights",
        _("Initial weights"),
        _("What the initial weights do to signals and gradients in a deep net."),
        ("D28", "D1", "D2", "D3", "D4", "D5", "D6", "D17", "D18"),
    ),
    Walk(
        "activations",
        _("Activations"),
        _("Slopes and signs, saturation and dead units."),
        ("D7", "D8", "D9", "D26", "D10", "D25", "D11"),
    ),
    Walk(
        "normalization",
        _("Data, normalization and residual connections"),
        _("Prepared data, batch normalization, residual connections and dropout keep the size of the signals."),
        ("D21", "D29", "D22", "D12", "D13", "D14", "D15", "D16", "D27", "D19", "D20", "D23"),
    ),
    Walk(
        "generalizing",
        _("Learning and generalizing"),
        _("What a net can represent, when it overfits, and what helps."),
        ("P1", "P12", "P2", "P3", "P6", "P4", "P5", "P7", "P11", "P9", "P10", "P8", "P13"),
    ),
    Walk(
        "optimizers",
        _("Optimizers"),
        _("From gradient descent to Adam and BFGS, and how noise affects them."),
        (
            "R1",
            "R2",
            "R3",
            "R21",
            "R4",
            "R19",
            "R5",
            "R6",
            "R7",
            "R8",
            "R9",
            "R10",
            "R11",
            "R12",
            "R13",
            "R14",
            "R15",
            "R17",
            "R18",
        ),
    ),
    Walk(
        "rates",
        _("Learning rates and weight decay"),
        _("How large an update should be, when to lower the learning rate, and weight decay with momentum."),
        ("D24", "R16", "R20"),
    ),
    Walk(
        "searching",
        _("Searching hyperparameters"),
        _("What a loss curve says about its settings, and how to spend a budget of trainings."),
        ("S3", "S4", "S1", "S2"),
    ),
    Walk(
        "recurrent",
        _("Recurrent nets"),
        _("One character at a time: the same weights at every step, and back-propagation through time."),
        ("N1", "N2", "N3", "N6", "N4", "N5", "N7", "N8", "N9", "N10"),
    ),
    Walk(
        "gates",
        _("LSTM and GRU"),
        _("How gates preserve the gradient, and which problem they solve that a vanilla RNN does not."),
        ("N15", "N11", "N16", "N12", "N14", "N13"),
    ),
)
"""Every walk, in the order of the notes."""
