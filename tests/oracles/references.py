"""Other people's optimizers on the cases: torch, optax, Keras 3, SciPy's BFGS matrix, and plain Python.

Nothing here imports the engine: this is the independent side of the comparison.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from tests.oracles.cases import STEPS, Case
from tests.oracles.torch_surfaces import BOXES, SURFACES


def value_and_gradient(surface: str, point: Any, weight_decay: float = 0.0) -> tuple[float, np.ndarray]:
    """Return f + weight_decay/2 |point|² and its gradient by torch's autograd."""
    theta = torch.tensor(np.asarray(point, float), requires_grad=True)
    loss = SURFACES[surface](theta[0], theta[1]) + weight_decay / 2 * theta.dot(theta)
    (gradient,) = torch.autograd.grad(loss, theta)
    return float(loss.detach()), gradient.numpy()


def probe_surfaces() -> dict[str, np.ndarray]:
    """Return 24 points of every surface with value, gradient (2) and Hessian (4) there: rows of 9 numbers."""
    rows = {}
    for name, f in SURFACES.items():
        draw = np.random.default_rng(len(name))
        (x0, x1), (y0, y1) = BOXES.get(name, ((-4, 4), (-4, 4)))
        points = draw.uniform((x0, y0), (x1, y1), (24, 2))
        rows[name] = np.array([_probe(f, point) for point in points])
    return rows


def _probe(f: Callable[[Tensor, Tensor], Tensor], point: np.ndarray) -> np.ndarray:
    theta = torch.from_numpy(point)

    def at(theta: Tensor) -> Tensor:
        return f(theta[0], theta[1])

    gradient = torch.autograd.functional.jacobian(at, theta)
    hessian = torch.autograd.functional.hessian(at, theta)
    return np.concatenate([point, [float(at(theta))], gradient.numpy(), hessian.numpy().ravel()])


def torch_factors(schedule: dict[str, Any], total: int) -> list[float]:
    """Return what torch's scheduler multiplies the learning rate by at each of ``total`` updates."""
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    scheduler = torch_scheduler(optimizer, schedule, 1.0, total)
    factors = []
    for _ in range(total):
        factors.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if scheduler is not None:
            scheduler.step()
    return factors


def torch_scheduler(optimizer: Any, schedule: dict[str, Any], rate: float, total: int) -> Any:
    """Return torch's scheduler of that kind, or None for a constant rate."""
    library = torch.optim.lr_scheduler
    match schedule["schedule"]:
        case "constant":
            return None
        case "step":
            return library.StepLR(optimizer, schedule["every"], schedule["gamma"])
        case "exponential":
            return library.ExponentialLR(optimizer, schedule["gamma"])
        case "cosine":
            return library.CosineAnnealingLR(optimizer, total, rate * schedule["floor"])
        case "warmup":
            return library.LinearLR(optimizer, schedule["start"], 1.0, schedule["over"])
        case "one_cycle":
            return library.OneCycleLR(
                optimizer, rate, total_steps=total, pct_start=schedule["rise"], cycle_momentum=False
            )
    raise KeyError(schedule)


def _renamed(rule: dict[str, Any], **names: str) -> dict[str, Any]:
    """Return the hyperparameters that are given, under a library's names; others keep its defaults."""
    return {names[name]: value for name, value in rule.items() if name in names}


def torch_optimizer(rule: dict[str, Any], theta: Tensor, lr_decay: float = 0.0) -> torch.optim.Optimizer:
    """Return torch's optimizer for a rule of ours; what the rule leaves out is left to torch's defaults."""
    name, optim = rule["rule"], torch.optim
    given = _renamed(
        rule,
        learning_rate="lr",
        eps="eps",
        weight_decay="weight_decay",
        dampening="dampening",
        momentum_decay="momentum_decay",
        initial_accumulator="initial_accumulator_value",
        centered="centered",
        history_size="history_size",
    )
    if "beta1" in rule:
        given["betas"] = (rule["beta1"], rule["beta2"])
    if "rho" in rule:
        given["alpha" if name == "rmsprop" else "rho"] = rule["rho"]
    if name == "rmsprop" and "momentum" in rule:
        given["momentum"] = rule["momentum"]
    match name:
        case "sgd":
            return optim.SGD([theta], **given)
        case "momentum" | "nesterov":
            return optim.SGD([theta], momentum=rule.get("momentum", 0.9), nesterov=name == "nesterov", **given)
        case "adagrad":
            return optim.Adagrad([theta], lr_decay=lr_decay, **given)
        case "amsgrad":
            return optim.Adam([theta], amsgrad=True, **given)
        case "lbfgs":
            given.pop("weight_decay", None)
            search = rule.get("line_search", "none")
            return optim.LBFGS(
                [theta], max_iter=1, max_eval=26, line_search_fn=None if search == "none" else search, **given
            )
    kinds = {
        "rmsprop": optim.RMSprop,
        "adadelta": optim.Adadelta,
        "adam": optim.Adam,
        "adamw": optim.AdamW,
        "nadam": optim.NAdam,
        "radam": optim.RAdam,
    }
    return kinds[name]([theta], **given)


def walk_torch(case: Case) -> np.ndarray:
    """Walk a case with torch.optim, its schedulers and its clipping."""
    usual = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)  # else NAdam keeps its product of mu in float32
    try:
        return _walk_torch(case)
    finally:
        torch.set_default_dtype(usual)


def _walk_torch(case: Case) -> np.ndarray:
    theta = torch.tensor(case.start, dtype=torch.float64, requires_grad=True)
    lr_decay = case.schedule.get("decay", 0.0)
    optimizer = torch_optimizer(case.rule, theta, lr_decay)
    rate = optimizer.param_groups[0]["lr"]
    scheduler = None if lr_decay else torch_scheduler(optimizer, case.schedule, rate, STEPS)
    penalty = case.rule.get("weight_decay", 0.0) if case.rule["rule"] == "lbfgs" else 0.0

    def closure() -> Tensor:
        optimizer.zero_grad()
        loss = SURFACES[case.surface](theta[0], theta[1]) + penalty / 2 * theta.dot(theta)
        loss.backward()
        if case.clip.get("mode") == "norm":
            torch.nn.utils.clip_grad_norm_([theta], case.clip["threshold"])
        elif case.clip.get("mode") == "value":
            torch.nn.utils.clip_grad_value_([theta], case.clip["threshold"])
        return loss

    positions = [theta.detach().numpy().copy()]
    for _ in range(STEPS):
        optimizer.step(closure)
        if scheduler is not None:
            scheduler.step()
        positions.append(theta.detach().numpy().copy())
    return np.array(positions)


def walk_torch_hessian(case: Case) -> np.ndarray:
    """Newton's method with torch's exact Hessian and solver."""
    decay, rate = case.rule.get("weight_decay", 0.0), case.rule.get("learning_rate", 1.0)

    def loss(theta: Tensor) -> Tensor:
        return SURFACES[case.surface](theta[0], theta[1]) + decay / 2 * theta.dot(theta)

    theta = torch.tensor(case.start, dtype=torch.float64)
    positions = [theta.numpy().copy()]
    for _ in range(STEPS):
        gradient = torch.autograd.functional.jacobian(loss, theta)
        hessian = torch.autograd.functional.hessian(loss, theta)
        theta = theta - rate * torch.linalg.solve(hessian, gradient)
        positions.append(theta.numpy().copy())
    return np.array(positions)


def walk_scipy(case: Case) -> np.ndarray:
    """BFGS with SciPy's inverse-Hessian update and torch's strong Wolfe search."""
    from scipy.optimize import BFGS
    from torch.optim.lbfgs import _strong_wolfe

    rule = {"learning_rate": 1.0, "line_search": "strong_wolfe", "weight_decay": 0.0, **case.rule}
    decay = rule["weight_decay"]
    matrix = BFGS()
    matrix.initialize(2, "inv_hess")

    def evaluate(x: list[Tensor], t: Any, d: Tensor) -> tuple[float, Tensor]:
        value, gradient = value_and_gradient(case.surface, x[0].numpy() + float(t) * d.numpy(), decay)
        return value, torch.from_numpy(gradient)

    theta = np.array(case.start)
    positions = [theta.copy()]
    before: tuple[np.ndarray, np.ndarray] | None = None
    for _ in range(STEPS):
        value, g = value_and_gradient(case.surface, theta, decay)
        if np.abs(g).max() > 1e-7:
            t = rule["learning_rate"]
            if before is None:
                t *= min(1.0, 1.0 / np.abs(g).sum())
            else:
                matrix.update(before[0], g - before[1])
            d = -matrix.dot(g)
            if rule["line_search"] == "strong_wolfe":
                slope = torch.tensor(g @ d)
                direction, gradient = torch.from_numpy(d), torch.from_numpy(g)
                here = [torch.from_numpy(theta)]
                t = float(_strong_wolfe(evaluate, here, t, direction, value, gradient, slope)[2])
            before = (t * d, g)
            theta = theta + t * d
        positions.append(theta.copy())
    return np.array(positions)


def walk_optax(case: Case) -> np.ndarray:
    """Walk a case with optax on torch's gradients; weight decay is L2 unless the rule decouples it."""
    import jax

    jax.config.update("jax_enable_x64", True)
    import optax

    rule = case.rule
    name, rate = rule["rule"], rule.get("learning_rate", 1e-4)  # only Lion's cases leave it out
    given = _renamed(rule, beta1="b1", beta2="b2", eps="eps", initial_accumulator="initial_accumulator_value")
    makers: dict[str, Callable[[], Any]] = {
        "momentum": lambda: optax.sgd(rate, rule["momentum"]),
        "nesterov": lambda: optax.sgd(rate, rule["momentum"], nesterov=True),
        "adagrad": lambda: optax.adagrad(rate, **given),
        "rmsprop": lambda: optax.rmsprop(
            rate, **given, **_renamed(rule, rho="decay", centered="centered", momentum="momentum")
        ),
        "adadelta": lambda: optax.adadelta(rate, **given, **_renamed(rule, rho="rho")),
        "adam": lambda: optax.adam(rate, **given),
        "adamw": lambda: optax.adamw(rate, **given, **_renamed(rule, weight_decay="weight_decay")),
        "amsgrad": lambda: optax.amsgrad(rate, **given),
        "nadam": lambda: optax.nadam(rate, **given),
        "radam": lambda: optax.radam(rate, **given),
        "lion": lambda: optax.lion(rate, **given, **_decay_of_lion(rule)),
    }
    transform = makers[name]()
    if name not in ("adamw", "lion"):
        transform = optax.chain(optax.add_decayed_weights(rule.get("weight_decay", 0.0)), transform)
    theta = jax.numpy.array(case.start)
    state, update = transform.init(theta), jax.jit(transform.update)
    positions = [np.array(theta)]
    for _ in range(STEPS):
        gradient = value_and_gradient(case.surface, theta)[1]
        step, state = update(jax.numpy.array(gradient), state, theta)
        theta = optax.apply_updates(theta, step)
        positions.append(np.array(theta))
    return np.array(positions)


def _decay_of_lion(rule: dict[str, Any]) -> dict[str, Any]:
    if "weight_decay" in rule:
        return {"weight_decay": rule["weight_decay"]}
    return {} if rule.get("dialect") == "optax" else {"weight_decay": 0.0}  # the authors' code has no decay


def walk_keras(case: Case) -> np.ndarray:
    """Walk a case with Keras 3 (needs a backend, for example KERAS_BACKEND=jax) on torch's gradients."""
    import jax

    jax.config.update("jax_enable_x64", True)
    import keras

    keras.config.set_floatx("float64")
    rule, name = case.rule, case.rule["rule"]
    given = _renamed(
        rule,
        learning_rate="learning_rate",
        momentum="momentum",
        beta1="beta_1",
        beta2="beta_2",
        rho="rho",
        eps="epsilon",
        initial_accumulator="initial_accumulator_value",
        centered="centered",
        weight_decay="weight_decay",
    )
    kinds = {
        "adagrad": keras.optimizers.Adagrad,
        "rmsprop": keras.optimizers.RMSprop,
        "adadelta": keras.optimizers.Adadelta,
        "adam": keras.optimizers.Adam,
        "adamw": keras.optimizers.AdamW,
        "nadam": keras.optimizers.Nadam,
    }
    if name in ("momentum", "nesterov"):
        given.setdefault("momentum", 0.9)
        optimizer = keras.optimizers.SGD(nesterov=name == "nesterov", **given)
    elif name == "amsgrad":
        optimizer = keras.optimizers.Adam(amsgrad=True, **given)
    else:
        optimizer = kinds[name](**given)
    theta = keras.Variable(np.array(case.start), dtype="float64")
    optimizer.build([theta])
    rate = float(optimizer.learning_rate.value)
    positions = [np.array(theta.value)]
    for factor in torch_factors(case.schedule, STEPS):
        optimizer.learning_rate = rate * factor
        gradient = value_and_gradient(case.surface, theta.value)[1]
        optimizer.apply([keras.ops.convert_to_tensor(gradient)], [theta])
        positions.append(np.array(theta.value))
    return np.array(positions)


def walk_plain(case: Case) -> np.ndarray:
    """Forms that no library has, in plain Python: R20's momentum, Adam without bias correction."""
    rule = case.rule
    theta = list(case.start)
    m, v = [0.0, 0.0], [0.0, 0.0]
    positions = [list(theta)]
    for _ in range(STEPS):
        gradient = value_and_gradient(case.surface, theta)[1]
        for i, g in enumerate(gradient.tolist()):
            if rule["rule"] == "momentum":  # v = mu v - alpha (g + lambda w), w = w + v
                v[i] = rule["momentum"] * v[i] - rule["learning_rate"] * (g + rule["weight_decay"] * theta[i])
                theta[i] += v[i]
            else:
                m[i] = 0.9 * m[i] + 0.1 * g
                v[i] = 0.999 * v[i] + 0.001 * g * g
                theta[i] -= rule["learning_rate"] * m[i] / (v[i] ** 0.5 + rule["eps"])
        positions.append(list(theta))
    return np.array(positions)


WALKERS: dict[str, Callable[[Case], np.ndarray]] = {
    "torch": walk_torch,
    "torch-hessian": walk_torch_hessian,
    "scipy": walk_scipy,
    "optax": walk_optax,
    "keras": walk_keras,
    "plain": walk_plain,
}
