"""The notation of the pages: one symbol for one thing, in every equation and every sentence of a laboratory.

Vectors are columns: a layer is a = W x + b, and the gradient goes back through W transposed. A laboratory's page
shows its table; a test holds the equations to it.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.message import _


@dataclass(frozen=True)
class Symbol:
    """A row of a table of notation.

    Args:
        latex: the symbol. meaning: translatable.
    """

    latex: str
    meaning: str


HYPERPARAMETERS = (
    Symbol(r"\theta", _("all parameters in one vector")),
    Symbol(r"\alpha", _("learning rate")),
    Symbol(r"\mu", _("momentum: how much of the velocity is kept (the notes write ρ)")),
    Symbol("u", _("velocity of momentum (the notes write v)")),
    Symbol(r"\zeta", _("dampening")),
    Symbol("m", _("running mean of the gradient")),
    Symbol("v", _("running mean of the squared gradient; with Adagrad its sum")),
    Symbol(r"\beta_1", _("how much of m is kept")),
    Symbol(r"\beta_2", _("how much of v is kept by Adam and its variants")),
    Symbol(r"\rho", _("how much of v is kept by RMSProp and Adadelta")),
    Symbol(r"\epsilon", _("a small number that keeps a denominator from 0")),
    Symbol(r"\lambda", _("weight decay")),
    Symbol(r"\psi", _("how fast μ grows in NAdam")),
)
"""What a page says of optimizers wherever one is chosen."""

RACE = (
    Symbol("f", _("the loss, a surface over x and y")),
    Symbol("g", _("gradient of the loss by θ")),
    Symbol("t", _("number of the update, from 1; in a schedule from 0")),
    Symbol("T", _("number of updates in the run")),
    *HYPERPARAMETERS,
    Symbol(r"\hat m", _("m corrected for its start at 0; v̂ likewise")),
    Symbol(r"\eta", _("factor of the learning rate, from the schedule")),
    Symbol(r"\gamma", _("by what a schedule multiplies the learning rate")),
    Symbol("k", _("a number of steps, in schedules and in L-BFGS")),
    Symbol(r"\omega", _("decay of the 1/t schedule")),
    Symbol("d", _("direction of the step, in Adadelta and Lion; v_d is the running mean of its square")),
    Symbol("p", _("product of all μ so far, in NAdam")),
    Symbol("n", _("about how many gradients v is the mean of, in RAdam")),
    Symbol("r", _("rectifier of RAdam")),
    Symbol("H", _("Hessian of the loss")),
    Symbol("h", _("curvature along an axis, an eigenvalue of H")),
    Symbol(r"\kappa", _("condition number: largest over smallest curvature")),
    Symbol("P", _("estimate of the inverse of H, in BFGS and L-BFGS")),
    Symbol("s, q", _("last step and last change of the gradient, in BFGS and L-BFGS")),
    Symbol("I", _("identity matrix")),
    Symbol(r"\sigma", _("standard deviation of the gradient noise")),
)
"""The notation of the race."""

NETS = (
    Symbol("x", _("input")),
    Symbol("W, w", _("weights: a = W x + b; w is one of them")),
    Symbol("b", _("bias")),
    Symbol("a", _("pre-activation, what enters the activation function")),
    Symbol(r"\varphi", _("activation function")),
    Symbol("h", _("output of a hidden layer, h = φ(a); in a recurrent net its state")),
    Symbol("y", _("scores of the output layer")),
    Symbol("p", _("probabilities, the softmax of the scores")),
    Symbol("L", _("loss")),
    Symbol(r"\delta", _("gradient of the loss by a pre-activation; it goes back through Wᵀ")),
)
"""What every net has."""

DEPTH = (
    *NETS,
    Symbol("l", _("number of a layer, as an index")),
    Symbol("n", _("units of a layer; n_in and n_out are the numbers of inputs and outputs")),
    Symbol(r"\mathcal N(0, \cdot)", _("normal distribution with mean 0 and this variance")),
    Symbol(r"\mathcal U(\pm r)", _("uniform distribution between −r and r, with variance r²/3")),
    Symbol(r"\sigma_w, \sigma_b", _("a weight has variance σ_w²/n_in, a bias σ_b²")),
    Symbol("s, c", _("standard deviation or value of the weights, where a slider sets it")),
    Symbol("I", _("identity matrix")),
    Symbol("q", _("mean square of the pre-activations of a layer")),
    Symbol(r"\xi", _("a standard normal variable, over which E takes the mean")),
    Symbol(r"\chi", _("by what a layer multiplies the mean square of the gradient")),
    Symbol("E, \\mathrm{Var}", _("mean and variance; in batch normalization over the rows of a batch")),
    Symbol(r"\gamma, \beta", _("scale and shift of batch normalization")),
    Symbol("F, G", _("residual branches")),
    *HYPERPARAMETERS,
    Symbol("g", _("gradient of the loss by θ")),
)
"""The notation of the laboratory of depth."""

RECURRENT = (
    *NETS,
    Symbol("t", _("place in the text, as an index; in a rule the number of the update")),
    Symbol(
        "W_{xh}, W_{hh}, W_{hy}",
        _("weights from the input to the state, from state to state, from the state to the scores"),
    ),
    Symbol(r"\sigma(a)", _("sigmoid function")),
    Symbol("i, f, o", _("input gate, forget gate and output gate of the LSTM")),
    Symbol("g", _("candidate of the LSTM")),
    Symbol("c", _("cell state of the LSTM")),
    Symbol("r, z", _("reset gate and update gate of the GRU")),
    Symbol("n", _("candidate of the GRU")),
    Symbol("H, V", _("hidden units; different characters")),
    Symbol("B, T", _("columns, that is the batch size; window, in characters")),
    Symbol(r"\tau", _("temperature")),
    Symbol(r"\sigma_1(W)", _("largest singular value")),
    Symbol(r"\rho(W)", _("spectral radius, the largest absolute value of an eigenvalue")),
    *HYPERPARAMETERS,
)
"""The notation of the char-RNN."""

PLAYGROUND = (
    *NETS,
    Symbol("l", _("number of a layer, as an index; without an index it is the last one")),
    Symbol("n", _("number of training points")),
    Symbol("J", _("what training lowers: the loss with the penalties")),
    Symbol(r"\lambda_1, \lambda_2", _("how much L1 and L2 count")),
    *HYPERPARAMETERS,
    Symbol("g", _("gradient of the loss by θ")),
)
"""The notation of the playground."""

GRAPH = (
    Symbol("L", _("the result, which is differentiated")),
    Symbol("y", _("value of a node")),
    Symbol("a, b, c", _("operands of a node")),
    Symbol("g", _("the gradient that arrives at a node, ∂L/∂y")),
    Symbol("n", _("number of entries, in a mean; of those that are largest or smallest, at a tie")),
    Symbol("s", _("value of a sigmoid")),
    Symbol(r"\sigma(a)", _("sigmoid function")),
    Symbol("W, x", _("a matrix and the vector that it multiplies")),
    Symbol("f", _("a function of one number")),
    Symbol("h", _("how far from x a difference looks")),
)
"""The notation of the graph."""
