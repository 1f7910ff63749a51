"""Recurrent layers as fused primitives, the nets built of them, and the windows in which they read."""

from engine.nn.recurrent.cell import Cell, CellState, SharedBuffers, Weights
from engine.nn.recurrent.gru import GRU, GRUBefore
from engine.nn.recurrent.lstm import LSTM
from engine.nn.recurrent.net import RecurrentNet
from engine.nn.recurrent.readout import Readout
from engine.nn.recurrent.rnn import RNN
from engine.nn.recurrent.window import Window

__all__ = [
    "GRU",
    "LSTM",
    "RNN",
    "Cell",
    "CellState",
    "GRUBefore",
    "Readout",
    "RecurrentNet",
    "SharedBuffers",
    "Weights",
    "Window",
]
