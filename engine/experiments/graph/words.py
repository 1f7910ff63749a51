"""What the primitives are called, and the sign that stands in their gate."""

from __future__ import annotations

from collections.abc import Mapping

from engine.message import Message, say

SYMBOLS: Mapping[str, str] = {
    "add": "+",
    "subtract": "\N{MINUS SIGN}",
    "negative": "\N{MINUS SIGN}",
    "multiply": "×",
    "divide": "÷",
    "power": "^",
    "matmul": "@",
    "sqrt": "√",
    "sigmoid": "σ",
    "absolute": "|·|",
    "maximum": "max",
    "minimum": "min",
    "largest": "max",
    "smallest": "min",
    "total": "Σ",
    "transpose": "ᵀ",
    "reshape": "=",
    "log_softmax": "log softmax",
    "leaf": "",
    "constant": "",
}
"""What stands in a gate, where that is not the primitive's name."""

TITLES: Mapping[str, Message] = {
    "add": say("add"),
    "subtract": say("subtract"),
    "multiply": say("multiply"),
    "divide": say("divide"),
    "negative": say("negate"),
    "power": say("raise to a power"),
    "matmul": say("matrix product"),
    "exp": say("exponential"),
    "log": say("natural logarithm"),
    "sqrt": say("square root"),
    "sin": say("sine"),
    "cos": say("cosine"),
    "tan": say("tangent"),
    "asin": say("inverse sine"),
    "acos": say("inverse cosine"),
    "atan": say("inverse tangent"),
    "sinh": say("hyperbolic sine"),
    "cosh": say("hyperbolic cosine"),
    "tanh": say("hyperbolic tangent"),
    "sigmoid": say("sigmoid"),
    "erf": say("error function"),
    "softplus": say("softplus"),
    "relu": say("ReLU"),
    "absolute": say("absolute value"),
    "sign": say("sign"),
    "maximum": say("the larger of two"),
    "minimum": say("the smaller of two"),
    "where": say("choice"),
    "softmax": say("softmax"),
    "log_softmax": say("logarithm of the softmax"),
    "total": say("sum"),
    "mean": say("mean"),
    "largest": say("largest entry"),
    "smallest": say("smallest entry"),
    "transpose": say("transpose"),
    "reshape": say("the same"),
    "leaf": say("variable"),
    "constant": say("constant"),
}
"""Every primitive that an expression may use, in words."""
