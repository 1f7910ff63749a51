"""Buffers that hold one window at a time, and who counts on what they hold."""

from __future__ import annotations

import weakref


class Loan:
    """What a graph keeps as long as it counts on the buffers: which of their contents it means."""

    def __init__(self, generation: int) -> None:
        self.generation = generation


class Lender:
    """Owner of buffers that tensors are views of.

    ``generation`` counts what the buffers have held: each forward pass, and each backward pass, which overwrites
    the gates. The tape refuses to go back through what they no longer hold (`engine.autodiff.memory.StaleError`).
    """

    def __init__(self) -> None:
        self.generation = 0
        self._lent: weakref.ref[Loan] | None = None

    def lend(self) -> Loan:
        """Lend what the buffers hold now to a graph, which keeps the loan in its pullback."""
        loan = Loan(self.generation)
        self._lent = weakref.ref(loan)
        return loan

    @property
    def taken(self) -> bool:
        """True while a graph that backward has not passed yet counts on what the buffers hold."""
        loan = self._lent() if self._lent else None
        return loan is not None and loan.generation == self.generation
