"""Newton's method, BFGS and L-BFGS as source for exported scripts: arithmetic that tensors and arrays share.

PyTorch has an L-BFGS, which its scripts use; the rest is written out. A PyTorch class takes a closure, as
``torch.optim.LBFGS`` does; a NumPy class is given the gradient and ``objective(p)``, the loss and its gradient
elsewhere. ``hessian`` of either says the matrix.
"""

from __future__ import annotations

from string import Template
from typing import Literal

_SOLVED = '''
def solved(H, g):
    """H^-1 g; where H is singular, the shortest least-squares solution."""
    try:
        return $np.linalg.solve(H, g)
    except $np.linalg.LinAlgError:
        if not ($np.isfinite(H).all() and $np.isfinite(g).all()):
            return $np.full_like(g, math.nan)
        return $lstsq
'''
_SEARCH = '''
Trial = namedtuple("Trial", "t loss slope")


def strong_wolfe(evaluate, theta, direction, slope, t):
    """A step length with enough descent and a slope flat enough; torch.optim.lbfgs, evaluation for evaluation."""

    def trial(t):
        loss, gradient = evaluate(theta + float(t) * direction)
        return Trial(t, np.float64(loss), np.float64(gradient @ direction))

    here = Trial(0.0, np.float64(evaluate(theta)[0]), np.float64(slope))
    reach = float(abs(direction).max())
    before, now, count, bracket = here, trial(t), 0, []

    def too_high(one):
        return one.loss > here.loss + 1e-4 * one.t * here.slope

    while count < 25:
        if too_high(now) or (count > 1 and now.loss >= before.loss):
            bracket = [before, now]
            break
        if abs(now.slope) <= -0.9 * here.slope:
            return now.t
        if now.slope >= 0:
            bracket = [before, now]
            break
        t = least(before, now, now.t + 0.01 * (now.t - before.t), now.t * 10)
        before, now, count = now, trial(t), count + 1
    bracket = bracket or [here, now]
    low, stuck = 0 if bracket[0].loss <= bracket[1].loss else 1, False
    for _evaluation in range(25 - count):
        first, last = sorted(one.t for one in bracket)
        if (last - first) * reach < 1e-9:
            break
        t, margin = least(*bracket, first, last), 0.1 * (last - first)
        if min(last - t, t - first) >= margin:
            stuck = False
        elif stuck or t >= last or t <= first:
            t, stuck = last - margin if abs(t - last) < abs(t - first) else first + margin, False
        else:
            stuck = True
        now = trial(t)
        if too_high(now) or now.loss >= bracket[low].loss:
            bracket[1 - low] = now
            low = 0 if bracket[0].loss <= bracket[1].loss else 1
            continue
        done = abs(now.slope) <= -0.9 * here.slope
        if not done and now.slope * (bracket[1 - low].t - bracket[low].t) >= 0:
            bracket[1 - low] = bracket[low]
        bracket[low] = now
        if done:
            break
    return bracket[low].t


def least(one, two, shortest, longest):
    """Where the cubic through two trials is least, within bounds."""
    a = one.slope + two.slope - 3 * (one.loss - two.loss) / np.float64(one.t - two.t)
    square = a**2 - one.slope * two.slope
    if not square >= 0:
        return (shortest + longest) / 2
    root = square**0.5
    first, last = (one, two) if one.t <= two.t else (two, one)
    t = last.t - (last.t - first.t) * ((last.slope + root - a) / (last.slope - first.slope + 2 * root))
    return min(max(t, shortest), longest)
'''
_BFGS = '''
def bfgs(memory, theta, g, t, search, evaluate):
    """The step of BFGS from theta (n,): P learns the inverse Hessian from steps s and the gradient's changes q."""
    if abs(g).max() <= 1e-7:
        return 0.0 * g
    if memory.get("moved"):
        learn(memory, memory["s"], g - memory["g"])
    else:
        memory["P"] = memory["one"] = $eye
        t = t * min(1.0, 1.0 / float(abs(g).sum()))
    direction = -(memory["P"] @ g)
    slope = g @ direction
    memory.update(g=g, s=0.0 * g)
    if not slope >= 0:
        if search:
            t = strong_wolfe(evaluate, theta, direction, slope, t)
        memory.update(s=float(t) * direction, moved=True)
    return memory["s"]


def learn(memory, s, q):
    """Take a pair into P."""
    if not (s.any() and q.any()):
        return
    P, sq = memory["P"], s @ q
    scale = abs(sq) / (q @ q) if sq != 0 else 1.0
    if "scaled" not in memory:
        P, memory["scaled"] = scale * P, True
    if q @ (P @ q) <= 0:  # rounding has spoilt it
        P = scale * memory["one"]
    Pq = P @ q
    if not sq <= 1e-8 * (q @ Pq):
        crossed = s[:, None] * Pq
        P = P + (sq + q @ Pq) / sq**2 * (s[:, None] * s) - (crossed + crossed.T) / sq
    memory["P"] = P
'''
_TORCH_NEWTON = '''
class Newton(torch.optim.Optimizer):
    """p - lr H^-1 g, of one tensor; closure.hessian() says H."""

    def __init__(self, params, lr=1.0):
        super().__init__(params, dict(lr=lr))

    @torch.no_grad()
    def step(self, closure):
        (group,) = self.param_groups
        (p,) = group["params"]
        loss = torch.enable_grad()(closure)()
        p.sub_(solved(closure.hessian(), p.grad) * group["lr"])
        return loss
'''
_TORCH_BFGS = '''
class BFGS(torch.optim.Optimizer):
    """BFGS of one tensor, which torch has not."""

    def __init__(self, params, lr=1.0, search=True):
        super().__init__(params, dict(lr=lr, search=search))

    @torch.no_grad()
    def step(self, closure):
        (group,) = self.param_groups
        (p,) = group["params"]
        loss, g, here = torch.enable_grad()(closure)(), p.grad.clone(), p.detach().clone()

        def evaluate(place):
            p.copy_(place)
            return float(torch.enable_grad()(closure)()), p.grad.clone()

        p.copy_(here + bfgs(self.state[p], here, g, group["lr"], group["search"], evaluate))
        return loss
'''
_TORCH_LBFGS = '''
def searcher(parameters, lr, history_size, line_search_fn):
    return torch.optim.LBFGS(
        parameters, lr, max_iter=1, max_eval=26, history_size=history_size, line_search_fn=line_search_fn
    )


def shortened(optimizer, size):
    """L-BFGS keeps the newest pairs when its history's size changes on the way."""
    memory = optimizer.state[optimizer.param_groups[0]["params"][0]]
    memory.pop("al", None)
    for name in ("old_dirs", "old_stps", "ro"):
        if name in memory:
            memory[name] = memory[name][-size:]
'''
_NUMPY_NEWTON = '''
class Newton:
    """p - learning_rate H^-1 g."""

    def __init__(self, learning_rate=1.0):
        self.hyperparameters, self.state = (learning_rate,), {}

    def step(self, p, g, factor, objective):
        (rate,) = self.hyperparameters
        p -= solved(objective.hessian(p), g) * (rate * factor)
'''
_NUMPY_BFGS = """
class BFGS:
    def __init__(self, learning_rate=1.0, search=True):
        self.hyperparameters, self.state = (learning_rate, search), {}

    def step(self, p, g, factor, objective):
        rate, search = self.hyperparameters
        p += bfgs(self.state, p, g, rate * factor, search, objective)
"""
_NUMPY_LBFGS = '''
class LBFGS:
    """One step as torch.optim.LBFGS(max_iter=1) takes it."""

    def __init__(self, learning_rate=1.0, history_size=100, search=False):
        self.hyperparameters, self.state = (learning_rate, history_size, search), {}

    def step(self, p, g, factor, objective):
        rate, size, search = self.hyperparameters
        memory, t = self.state, rate * factor
        pairs = memory["pairs"] = memory.get("pairs", [])[-size:]
        if abs(g).max() <= 1e-7:
            return
        if "direction" in memory:
            s, q = memory["t"] * memory["direction"], g - memory["g"]
            if s @ q > 1e-10:
                pairs = memory["pairs"] = [*pairs, (s, q, 1.0 / (s @ q))][-size:]
                memory["scale"] = (s @ q) / (q @ q)
            direction, shares = -g, []
            for s, q, r in reversed(pairs):
                shares.append((s @ direction) * r)
                direction -= shares[-1] * q
            direction *= memory.get("scale", 1.0)
            for (s, q, r), share in zip(pairs, reversed(shares)):
                direction += (share - (q @ direction) * r) * s
        else:
            direction, t = -g, t * min(1.0, 1.0 / float(abs(g).sum()))
        slope = g @ direction
        if not slope > -1e-9:
            if search:
                t = strong_wolfe(objective, p, direction, slope, t)
            p += t * direction
        memory.update(direction=direction, t=t, g=g)
'''


_LIBRARY = {
    "torch": {
        "np": "torch",
        "lstsq": 'torch.linalg.lstsq(H, g[:, None], driver="gelsd").solution[:, 0]',
        "eye": "torch.eye(len(g), dtype=g.dtype)",
    },
    "numpy": {"np": "np", "lstsq": "np.linalg.lstsq(H, g, rcond=None)[0]", "eye": "np.eye(len(g))"},
}
_PARTS: dict[tuple[str, str], tuple[str, ...]] = {
    ("newton", "torch"): (_SOLVED, _TORCH_NEWTON),
    ("newton", "numpy"): (_SOLVED, _NUMPY_NEWTON),
    ("bfgs", "torch"): (_SEARCH, _BFGS, _TORCH_BFGS),
    ("bfgs", "numpy"): (_SEARCH, _BFGS, _NUMPY_BFGS),
    ("lbfgs", "torch"): (_TORCH_LBFGS,),
    ("lbfgs", "numpy"): (_SEARCH, _NUMPY_LBFGS),
}


def curvature_code(rule: str, library: Literal["torch", "numpy"]) -> tuple[str, ...]:
    """Return the pieces of source that a rule takes, its class last; two rules may share a piece.

    They need ``math``, ``namedtuple`` and ``numpy as np``, and torch for PyTorch.
    """
    return tuple(Template(part).substitute(_LIBRARY[library]) for part in _PARTS[rule, library])
