"""Recurrent layers as fused primitives, and the nets built of them."""

from engine.nn.recurrent.cell import Cell, Scratch, State, Weights
from engine.nn.recurrent.gru import GRU, GRUBefore
from engine.nn.recurrent.lstm import LSTM
from engine.nn.recurrent.net import Architecture, Net
from engine.nn.recurrent.readout import Readout, softmax
from engine.nn.recurrent.rnn import RNN

__all__ = [
    "GRU",
    "LSTM",
    "RNN",
    "Architecture",
    "Cell",
    "GRUBefore",
    "Net",
    "Readout",
    "Scratch",
    "State",
    "Weights",
    "softmax",
]
