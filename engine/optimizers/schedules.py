"""Learning-rate schedules: a factor of the learning rate for each step."""

from __future__ import annotations

from math import cos, pi
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from engine.message import _
from engine.params import Params, slider


class Schedule(Params):
    """A schedule multiplies the learning rate by `factor` at every update.

    Convention: steps count from 0: the first update has step 0. ``total`` is the run's number of updates.
    """

    title: ClassVar[str]
    """Its name for people; a translatable literal."""
    equation: ClassVar[str]
    """The factor as LaTeX: t is the step, T the total."""

    schedule: str

    def factor(self, step: int, total: int) -> float:
        """Return the factor for the update that follows ``step`` updates (0 <= step < total)."""
        raise NotImplementedError


class Constant(Schedule):
    """No schedule: the factor is 1.

    Source: Robbins & Monro 1951 ask for decay; a constant rate ends on a noise floor instead.
    """

    title: ClassVar[str] = _("Constant")
    equation: ClassVar[str] = r"1"
    schedule: Literal["constant"] = "constant"

    def factor(self, step: int, total: int) -> float:
        return 1.0


class StepDecay(Schedule):
    """Multiply by gamma after every so many steps.

        gamma ** (step // every)

    Convention: torch.optim.lr_scheduler.StepLR, ``every`` being its step_size.
    Source: He et al. 2015, Deep Residual Learning, arXiv:1512.03385 (divide by 10 at plateaus).
    """

    title: ClassVar[str] = _("Step decay")
    equation: ClassVar[str] = r"\gamma^{\lfloor t/k \rfloor}"
    schedule: Literal["step"] = "step"
    every: int = slider(
        100,
        1,
        100_000,
        _("Every"),
        _("k: the number of steps between two decays."),
        scale="log",
        unit=_("steps"),
        effect="live",
    )
    gamma: float = slider(
        0.1,
        0.001,
        1.0,
        _("γ"),
        _("What the learning rate is multiplied by at each decay."),
        scale="log",
        effect="live",
    )

    def factor(self, step: int, total: int) -> float:
        return self.gamma ** (step // self.every)


class Exponential(Schedule):
    """Multiply by gamma after every step.

        gamma ** step

    Convention: torch.optim.lr_scheduler.ExponentialLR.
    """

    title: ClassVar[str] = _("Exponential")
    equation: ClassVar[str] = r"\gamma^{t}"
    schedule: Literal["exponential"] = "exponential"
    gamma: float = slider(
        0.99,
        0.5,
        1.0,
        _("γ"),
        _("What the learning rate is multiplied by after every step."),
        step=0.0001,
        effect="live",
    )

    def factor(self, step: int, total: int) -> float:
        return self.gamma**step


class InverseTime(Schedule):
    """Decay like 1/t: the sum of the rates diverges, the sum of their squares does not.

        1 / (1 + decay * step)

    Convention: the lr_decay of torch.optim.Adagrad.
    Source: Robbins & Monro 1951, A Stochastic Approximation Method.
    """

    title: ClassVar[str] = _("1/t")
    equation: ClassVar[str] = r"\frac{1}{1 + \omega t}"
    schedule: Literal["inverse_time"] = "inverse_time"
    decay: float = slider(
        0.01,
        1e-5,
        10.0,
        _("Decay"),
        _("ω: after 1/ω steps the learning rate has halved."),
        scale="log",
        effect="live",
    )

    def factor(self, step: int, total: int) -> float:
        return 1.0 / (1.0 + self.decay * step)


class Cosine(Schedule):
    """Go down half a cosine, from 1 to the floor at the end of the run.

        floor + (1 - floor) * (1 + cos(pi * step / total)) / 2

    Convention: torch.optim.lr_scheduler.CosineAnnealingLR with T_max=total, eta_min=floor * learning_rate.
    Source: Loshchilov & Hutter 2016, SGDR, arXiv:1608.03983.
    """

    title: ClassVar[str] = _("Cosine")
    equation: ClassVar[str] = r"\eta_{\mathrm{min}} + (1-\eta_{\mathrm{min}})\,\frac{1 + \cos(\pi t/T)}{2}"
    schedule: Literal["cosine"] = "cosine"
    floor: float = slider(
        0.0,
        0.0,
        1.0,
        _("Floor"),
        _("η_min: the share of the learning rate that is left at the end."),
        step=0.01,
        effect="live",
    )

    def factor(self, step: int, total: int) -> float:
        return self.floor + (1.0 - self.floor) * (1.0 + cos(pi * min(step / total, 1.0))) / 2.0


class WarmUp(Schedule):
    """Grow in a straight line from a small share to the whole learning rate, then stay there.

        start + (1 - start) * min(step, over) / over

    Convention: torch.optim.lr_scheduler.LinearLR with start_factor=start, end_factor=1, total_iters=over.
    Source: Goyal et al. 2017, Accurate, Large Minibatch SGD, arXiv:1706.02677.
    """

    title: ClassVar[str] = _("Warm-up")
    equation: ClassVar[str] = r"\eta_0 + (1-\eta_0)\,\frac{\min(t, k)}{k}"
    schedule: Literal["warmup"] = "warmup"
    over: int = slider(
        50,
        1,
        100_000,
        _("Over"),
        _("k: the number of steps until the whole learning rate is reached."),
        scale="log",
        unit=_("steps"),
        effect="live",
    )
    start: float = slider(
        0.01,
        0.0001,
        1.0,
        _("Starting share"),
        _("η₀: the share of the learning rate at the first step."),
        scale="log",
        effect="live",
    )

    def factor(self, step: int, total: int) -> float:
        return self.start + (1.0 - self.start) * min(step, self.over) / self.over


class OneCycle(Schedule):
    """Rise by a cosine from 1/25 to the whole learning rate, then fall by a cosine to almost nothing.

        step <= rise * total - 1:  from 1/25 up to 1
        after that:                from 1 down to 1/250000

    Convention: torch.optim.lr_scheduler.OneCycleLR with max_lr=learning_rate, anneal_strategy="cos",
        div_factor=25, final_div_factor=1e4, cycle_momentum=False, three_phase=False.
    Source: Smith & Topin 2017, Super-Convergence, arXiv:1708.07120.
    """

    title: ClassVar[str] = _("One cycle")
    equation: ClassVar[str] = r"\frac{1}{25} \nearrow 1 \searrow \frac{1}{250000}"
    schedule: Literal["one_cycle"] = "one_cycle"
    rise: float = slider(
        0.3,
        0.01,
        0.99,
        _("Rise"),
        _("The share of the run in which the learning rate grows."),
        step=0.01,
        effect="live",
    )

    def factor(self, step: int, total: int) -> float:
        start, end = 1.0 / 25.0, 1.0 / 25.0 / 1e4
        peak, last = self.rise * total - 1.0, total - 1.0
        if step <= peak and peak > 0.0:
            return _cosine(start, 1.0, step / peak)
        if last <= peak or peak < 0.0 == step:  # runs of a step or two
            return 1.0
        return _cosine(1.0, end, min((step - peak) / (last - peak), 1.0))


def _cosine(start: float, end: float, progress: float) -> float:
    return end + (start - end) / 2.0 * (1.0 + cos(pi * progress))


SCHEDULES: dict[str, type[Schedule]] = {
    kind.model_fields["schedule"].default: kind for kind in Schedule.__subclasses__()
}
"""Every schedule by its name."""

if TYPE_CHECKING:
    AnySchedule = Schedule
else:
    AnySchedule = Annotated[
        Constant | StepDecay | Exponential | InverseTime | Cosine | WarmUp | OneCycle,
        Field(discriminator="schedule"),
    ]
    """The type of a field that holds any schedule, told apart by ``schedule``."""
