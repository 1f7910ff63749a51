"""A net's loss on a plane through the space of its parameters, and the racers' paths: over it and off it."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from engine.asked import Growing
from engine.data.toys import TOYS
from engine.experiment import Question
from engine.experiments.race.params import check_racer, racer_field
from engine.experiments.race.small_net import POINTS, SETS, Lessons, SmallNet, can_train, train
from engine.frame import ArraySpec, Frame, Told
from engine.message import Message, _, say
from engine.nn.planes import Plane, filter_normalized, principal
from engine.optimizers import Rule
from engine.params import Params, choice, refused, slider

if TYPE_CHECKING:
    from engine.experiments.race.simulation import RaceSimulation

Array = NDArray[np.float64]
Ends = tuple[float, float]

MOST_STEPS = 6_000
"""Racers times steps that are trained for one picture."""
SIZES = (17, 33, 65)
"""Points a side of the loss on the plane, coarse to fine."""
MOMENTS, FIELD = 25, 28
"""At how many steps the nets' answers are kept, on how many places a side."""
_PIECE = 96
"""So many nets between two places where the work may be interrupted."""
_ROOM = 0.14
"""What the picture has around the paths, as a share of their extent."""
_FAR = {"paths": 6.0, "path": 3.0, "random": 3.0}
"""A path of more such extents (see `_extent`) does not widen the picture, by plane."""


@dataclass(frozen=True)
class Laid:
    """A plane, and what its directions are called."""

    plane: Plane
    names: tuple[Message, Message]
    how: Message


_UNITS = {"tanh": "tanh", "relu": "ReLU"}


class OfNet(Params):
    """A question about a small net that the racers train, and a plane through the space of its parameters."""

    racer: int = racer_field(_("Through whose last point the plane goes."))
    plane: Literal["paths", "path", "random"] = choice(
        "paths",
        _("Plane"),
        _("Along the two main directions of all paths or of one, or along two random directions."),
        labels={
            "paths": _("main directions of all paths"),
            "path": _("main directions of this path"),
            "random": _("random directions"),
        },
    )
    data: Literal["moons", "circles", "xor", "gaussians"] = choice(
        "moons", _("Data"), _("The points that the net is to tell apart."), labels={k: TOYS[k].title for k in SETS}
    )
    activation: Literal["tanh", "relu"] = choice("tanh", _("Activation"), _("Of the hidden units."), labels=_UNITS)
    batch_size: int = slider(
        POINTS,
        1,
        POINTS,
        _("Batch size"),
        _("Rows of each step, drawn anew, the same for all racers."),
        scale="log",
    )

    def check(self, rules: list[Rule], steps: int) -> None:
        """Refuse where there is no such racer or it cannot train a net, and where the race is too long.

        Raises:
            InvalidParams: with the remedy.
        """
        check_racer(self.racer, rules)
        if not can_train(rules[self.racer]):
            raise refused(_left_out(rules[self.racer]), "racer")
        if steps * len(rules) > MOST_STEPS:
            sentence = say(
                "A net is trained here for {most:,} steps at most, of all racers together; set the race's "
                "steps to {steps:,} or fewer.",
                most=MOST_STEPS,
                steps=MOST_STEPS // len(rules),
            )
            raise refused(sentence, "steps")


class NetPlane(Growing, OfNet):
    """A small net's loss on a plane, trained by the racers."""

    def answers(self, simulation: RaceSimulation) -> Generator[Frame | None, None, None]:
        """Yield the picture, the loss on the plane coarse to fine.

        Raises:
            InvalidParams: where there is no such racer or it cannot train a net, and where the race is too long.
        """
        rules, race = list(simulation.rules), simulation.params
        self.check(rules, simulation.total)
        lessons = Lessons(simulation.total, race.schedule, race.clip, race.noise, self.batch_size, race.seed)
        step = simulation.step
        net = SmallNet.made(self.data, self.activation, race.seed)
        paths = yield from train(net, rules, lessons)
        laid = self._laid(net, paths, rules, race.seed)
        told = yield from _measured(net, laid.plane, paths)
        told |= yield from _answers(net, paths)
        across, up = _extent(told["net_paths"], self.racer, self.plane)
        leaving = [
            rule.called for rule, path in zip(rules, told["net_paths"], strict=True) if _leaves(path, across, up)
        ]
        told["net_about"] = Told(self._about(net, laid, rules, leaving))
        for n in SIZES:
            x, y = np.linspace(*across, n), np.linspace(*up, n)
            loss = yield from _grid(net, laid.plane, x, y)
            yield Frame(step, {**told, "net_x": x, "net_y": y, "net_loss": loss.astype(np.float32)})

    def _laid(self, net: SmallNet, paths: Array, rules: list[Rule], seed: int) -> Laid:
        """Return the plane through the racer's last point, or the last one before it diverged."""
        there: NDArray[np.bool_] = np.asarray(np.isfinite(paths).all(-1))
        end, called = paths[self.racer, there[self.racer]][-1], rules[self.racer].called
        if self.plane == "random":
            rng = np.random.default_rng([seed, 13])
            directions = np.stack([filter_normalized(net.layout, end, rng) for _direction in range(2)])
            how = say(
                "The plane goes through {name}'s last point in two random directions; in each, every unit's "
                "weights are as long as they are there (filter normalization), and biases stay.",
                name=called,
            )
            return Laid(
                Plane(end, directions), (say("first random direction"), say("second random direction")), how
            )
        ends = np.asarray(there.all(-1)) if self.plane == "paths" else np.zeros(len(paths), np.bool_)
        ends[self.racer] |= not ends.any()
        found = principal(paths[ends][there[ends]])
        away = (net.start - end) @ found.directions.T
        directions = found.directions * np.where(away > 0, -1.0, 1.0)[:, None]  # the start lies left and below
        names = (
            say("component 1: {share:.0%}", share=float(found.shares[0])),
            say("component 2: {share:.0%}", share=float(found.shares[1])),
        )
        share = float(found.shares.sum())
        if self.plane == "paths":
            how = say(
                "The plane goes through {name}'s last point along the first two principal components of all "
                "paths, which have {share:.1%} of their variance.",
                name=called,
                share=share,
            )
        else:
            how = say(
                "The plane goes through {name}'s last point along the first two principal components of its path, "
                "which have {share:.1%} of its variance.",
                name=called,
                share=share,
            )
        return Laid(Plane(end, directions), names, how)

    def _about(self, net: SmallNet, laid: Laid, rules: list[Rule], leaving: list[str | Message]) -> dict[str, Any]:
        remark = say(
            "A {sizes} net of {units} units with {count} parameters learns these {points} points. Every racer "
            "begins with the same weights and has its own settings. {plane}",
            sizes=net.called,
            units=_UNITS[self.activation],
            count=net.layout.size,
            points=POINTS,
            plane=laid.how,
        )
        left = [rule for rule in rules if not can_train(rule)]
        if left:
            remark = say("{told} {name} is left out: it needs a Hessian.", told=remark, name=left[0].called)
        if len(leaving) == 1:
            remark = say(
                "{told} {name} goes farther than this picture shows; the arrow at its edge points there.",
                told=remark,
                name=leaving[0],
            )
        elif leaving:
            remark = say(
                "{told} {count} racers go farther than this picture shows; the arrows at its edge point there.",
                told=remark,
                count=len(leaving),
            )
        return {"axes": laid.names, "remark": remark, "through": self.racer}


def _left_out(rule: Rule) -> Message:
    return say("{name} asks for a Hessian, which is too large for a net; it is left out.", name=rule.called)


def _measured(net: SmallNet, plane: Plane, paths: Array) -> Generator[None, None, dict[str, Any]]:
    """Return where the paths lie on the plane, how far off it, and the loss there and here."""
    yield
    on = plane.coordinates(paths)
    yield
    off = plane.distance(paths)
    yield
    flat = paths.reshape(-1, net.layout.size)
    true = yield from _losses(net, flat)
    nearest = yield from _losses(net, plane.points(on).reshape(flat.shape))
    return {
        "net_paths": on,
        "net_true": true.reshape(paths.shape[:2]),
        "net_flat": nearest.reshape(paths.shape[:2]),
        "net_off": off,
        "net_off_share": plane.share_off(paths),
    }


def _losses(net: SmallNet, points: Array) -> Generator[None, None, Array]:
    """Return the losses (k,) of nets (k, n), with pauses."""
    found = np.empty(len(points))
    for low in range(0, len(points), _PIECE):
        with np.errstate(all="ignore"):
            found[low : low + _PIECE] = net.value(points[low : low + _PIECE])
        yield
    return found


def _grid(net: SmallNet, plane: Plane, x: Array, y: Array) -> Generator[None, None, Array]:
    """Return the loss on a grid of the plane, (len(y), len(x))."""
    places = np.stack(np.meshgrid(x, y), -1).reshape(-1, 2)
    losses = yield from _losses(net, plane.points(places))
    return losses.reshape(len(y), len(x))


def _answers(net: SmallNet, paths: Array) -> Generator[None, None, dict[str, Any]]:
    """Return the data, and what each net says of a grid of places at some steps, 0 to 255."""
    data = net.data
    ends = [
        (float(low), float(high))
        for low, high in zip(data.inputs.min(0) - 0.3, data.inputs.max(0) + 0.3, strict=True)
    ]
    x, y = (np.linspace(low, high, FIELD) for low, high in ends)
    places = np.stack(np.meshgrid(x, y), -1).reshape(-1, 2)
    moments = np.unique(np.linspace(0, paths.shape[1] - 1, MOMENTS).round().astype(int))
    fields = np.zeros((len(paths), len(moments), FIELD, FIELD), np.uint8)
    for own, path in zip(fields, paths[:, moments], strict=True):
        known = np.isfinite(path).all(-1)
        if known.any():
            chances = net.chances(np.ascontiguousarray(path[known]), places).reshape(-1, FIELD, FIELD)
            own[known] = np.clip(np.rint(1 + 254 * chances), 1, 255)
        yield
    return {
        "net_points": data.inputs,
        "net_labels": np.asarray(data.targets, dtype=np.float64),
        "net_field_x": x,
        "net_field_y": y,
        "net_moments": moments.astype(np.float64),
        "net_fields": fields,
    }


def _extent(paths: Array, racer: int, plane: str) -> tuple[Ends, Ends]:
    """Return what the picture shows: the racer's path and all others wholly, but for those that go far.

    Far is told by the extent of what the picture is about: the racer's own path, or all of them, where they gave
    the plane its directions: then the path that three quarters of them are no larger than.
    """
    known = [path[np.isfinite(path).all(-1)] for path in paths]
    sizes = np.array([np.ptp(path, axis=0).max() if len(path) else np.nan for path in known])
    complete = sizes[np.asarray(np.isfinite(paths).all((1, 2)))]
    size = sizes[racer]
    if plane == "paths" and len(complete):
        size = max(np.quantile(complete, 0.75, method="lower"), np.median(complete))
    near = sizes <= _FAR[plane] * size
    near[racer] = True
    shown = np.concatenate([path for path, wide in zip(known, near, strict=True) if wide])
    low, high = shown.min(0), shown.max(0)
    if plane == "random":  # there and back again from the last point: no weight more than doubled
        low, high = np.minimum(low, -1.0), np.maximum(high, 1.0)
    room = _ROOM * np.maximum(high - low, max(0.15 * float((high - low).max()), 1e-6))
    (x0, y0), (x1, y1) = low - room, high + room
    return (float(x0), float(x1)), (float(y0), float(y1))


def _leaves(path: Array, across: Ends, up: Ends) -> bool:
    """Return whether a path goes beyond the picture."""
    low, high = np.array([across, up]).T
    return bool(((path < low) | (path > high)).any())


_STEPS = ("racer", "step")
NET_PLANE = Question(
    "net_plane",
    _("A net's loss on a plane"),
    NetPlane,
    {
        "net_x": ArraySpec(("column",), _("Places along the first direction")),
        "net_y": ArraySpec(("row",), _("Places along the second direction")),
        "net_loss": ArraySpec(("row", "column"), _("Loss on the plane")),
        "net_paths": ArraySpec((*_STEPS, "coordinate"), _("Each path's nearest point of the plane")),
        "net_true": ArraySpec(_STEPS, _("Loss of the net")),
        "net_flat": ArraySpec(_STEPS, _("Loss at the nearest point of the plane")),
        "net_off": ArraySpec(_STEPS, _("Distance from the plane")),
        "net_off_share": ArraySpec(_STEPS, _("Share of the squared distance from the last point off the plane")),
        "net_points": ArraySpec(("row", "coordinate"), _("The points")),
        "net_labels": ArraySpec(("row",), _("Their classes")),
        "net_field_x": ArraySpec(("column",), _("Places across the data")),
        "net_field_y": ArraySpec(("row",), _("Places up the data")),
        "net_moments": ArraySpec(("moment",), _("Steps whose nets are kept")),
        "net_fields": ArraySpec(
            ("racer", "moment", "row", "column"), _("Chance of class 1 in 255ths; 0 for a net that diverged")
        ),
        "net_about": ArraySpec((), _("What the directions are, and what was done")),
    },
    parts=True,
)
