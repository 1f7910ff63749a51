"""Every test function, one entry each, in the order of the menu."""

from __future__ import annotations

from engine.message import _
from engine.surfaces.surface import Bowl, Domain, Point, Surface


def _square(half: float) -> Domain:
    return (-half, half), (-half, half)


def _signs(x: float, y: float) -> tuple[Point, ...]:
    """Return a point and its mirror image at the origin."""
    return (x, y), (-x, -y)


ENTRIES = (
    Surface(
        name="beale",
        title=_("Beale's function"),
        text="(1.5 - x + x*y)**2 + (2.25 - x + x*y**2)**2 + (2.625 - x + x*y**3)**2",
        domain=_square(4.5),
        start=(3.0, 3.0),
        minima=((3.0, 0.5),),
        saddles=((0.0, 1.0), (0.10053793732415839, -2.6445135850231245)),
        note=_("Steep walls, a flat valley, and a saddle at (0, 1) between the start and the minimum."),
        source="E. M. L. Beale 1958, On an iterative method of finding a local minimum",
    ),
    Surface(
        name="rosenbrock",
        title=_("Rosenbrock's banana"),
        text="(1 - x)**2 + 100*(y - x**2)**2",
        domain=((-2.0, 2.0), (-1.0, 3.0)),
        start=(-1.2, 1.0),
        minima=((1.0, 1.0),),
        note=_("Finding the curved valley is easy; following its nearly flat floor is not."),
        source="H. H. Rosenbrock 1960, An automatic method for finding the greatest or least value",
    ),
    Surface(
        name="himmelblau",
        title=_("Himmelblau's function"),
        text="(x**2 + y - 11)**2 + (x + y**2 - 7)**2",
        domain=_square(6.0),
        start=(1.5, 0.0),
        minima=(
            (3.0, 2.0),
            (-2.805118086952745, 3.131312518250573),
            (-3.779310253377747, -3.283185991286170),
            (3.584428340330492, -1.848126526964404),
        ),
        saddles=(
            (3.385154183607021, 0.07385187983774924),
            (0.08667750455539631, 2.884254701174776),
            (-3.0730257507643897, -0.08135304428796748),
            (-0.12796134673068008, -1.9537149802445766),
        ),
        note=_("Four minima, equally deep: which one a racer reaches depends on its rule."),
        source="D. M. Himmelblau 1972, Applied Nonlinear Programming",
    ),
    Surface(
        name="six_hump_camel",
        title=_("Six-hump camel"),
        text="(4 - 2.1*x**2 + x**4/3)*x**2 + x*y + (-4 + 4*y**2)*y**2",
        domain=((-3.0, 3.0), (-2.0, 2.0)),
        start=(-2.2, 1.4),
        minima=_signs(0.08984201310031806, -0.7126564030207396),
        local_minima=(
            *_signs(-1.7036067149699812, 0.7960835686726251),
            *_signs(-1.6071047529201974, -0.5686514548841314),
        ),
        saddles=(
            (0.0, 0.0),
            *_signs(-1.1092053368047863, 0.7682680925095399),
            *_signs(1.638067984189779, 0.22867406904439416),
            *_signs(-1.296070267167109, -0.6050843880386585),
        ),
        note=_("Six minima; the two in the middle are the deepest."),
        source="L. C. W. Dixon & G. P. Szegő 1978, Towards Global Optimisation 2",
    ),
    Surface(
        name="rastrigin",
        title=_("Rastrigin's egg box"),
        text="20 + x**2 - 10*cos(2*pi*x) + y**2 - 10*cos(2*pi*y)",
        domain=_square(5.12),
        start=(-3.3, 2.6),
        minima=((0.0, 0.0),),
        note=_("About a hundred local minima; plain gradient descent ends in one near the start."),
        source="L. A. Rastrigin 1974, Systems of Extremal Control",
    ),
    Surface(
        name="ackley",
        title=_("Ackley's funnel"),
        text="-20*exp(-0.2*sqrt(0.5*(x**2 + y**2))) - exp(0.5*(cos(2*pi*x) + cos(2*pi*y))) + e + 20",
        domain=_square(5.0),
        start=(-3.4, 2.6),
        minima=((0.0, 0.0),),
        note=_("A funnel with ripples; at its minimum it has a tip, where no gradient exists."),
        source="D. H. Ackley 1987, A Connectionist Machine for Genetic Hillclimbing",
    ),
    Surface(
        name="booth",
        title=_("Booth's function"),
        text="(x + 2*y - 7)**2 + (2*x + y - 5)**2",
        domain=_square(10.0),
        start=(-8.0, -6.0),
        minima=((1.0, 3.0),),
        note=_("A rotated bowl, nine times as curved one way as the other."),
        source="Booth; as in M. Jamil & X.-S. Yang 2013, arXiv:1308.4008, no. 17",
    ),
    Surface(
        name="matyas",
        title=_("Matyas' function"),
        text="0.26*(x**2 + y**2) - 0.48*x*y",
        domain=_square(10.0),
        start=(-8.0, 4.0),
        minima=((0.0, 0.0),),
        note=_("A long gentle trough: the gradient is small everywhere along it."),
        source="J. Matyas 1965, Random optimization",
    ),
    Surface(
        name="styblinski_tang",
        title=_("Styblinski and Tang's function"),
        text="(x**4 - 16*x**2 + 5*x + y**4 - 16*y**2 + 5*y)/2",
        domain=_square(5.0),
        start=(0.4, 4.5),
        minima=((-2.903534027771177, -2.903534027771177),),
        local_minima=(
            (-2.903534027771177, 2.746802770990837),
            (2.746802770990837, -2.903534027771177),
            (2.746802770990837, 2.746802770990837),
        ),
        saddles=(
            (-2.903534027771177, 0.1567312567803401),
            (0.1567312567803401, -2.903534027771177),
            (0.1567312567803401, 2.746802770990837),
            (2.746802770990837, 0.1567312567803401),
        ),
        note=_("Four minima of three depths: the nearest one need not be the deepest."),
        source="M. A. Styblinski & T.-S. Tang 1990, Experiments in nonconvex optimization",
    ),
    Surface(
        name="mccormick",
        title=_("McCormick's function"),
        text="sin(x + y) + (x - y)**2 - 1.5*x + 2.5*y + 1",
        domain=((-1.5, 4.0), (-3.0, 4.0)),
        start=(3.0, -2.0),
        minima=((-0.5471975511965976, -1.5471975511965976),),
        local_minima=((2.5943951023931953, 1.5943951023931953),),
        saddles=((1.5471975511965976, 0.5471975511965976),),
        note=_("Waves run along a valley; the next trough outside the picture is deeper still."),
        source="G. P. McCormick 1976, Computability of global solutions to nonconvex programs",
    ),
    Surface(
        name="goldstein_price",
        title=_("Goldstein and Price's function"),
        text="(1 + (x + y + 1)**2*(19 - 14*x + 3*x**2 - 14*y + 6*x*y + 3*y**2))"
        "*(30 + (2*x - 3*y)**2*(18 - 32*x + 12*x**2 + 48*y - 36*x*y + 27*y**2))",
        domain=_square(2.0),
        start=(1.6, 0.6),
        minima=((0.0, -1.0),),
        local_minima=((-0.6, -0.4), (1.8, 0.2), (1.2, 0.8)),
        saddles=((-0.4, -0.6), (1.2, -0.2), (1.4, 0.6), (0.6, 0.4)),
        note=_("Values from 3 to a million: no single learning rate suits all of it. Try logarithmic colours."),
        source="A. A. Goldstein & J. F. Price 1971, On descent from local minima",
    ),
    Bowl(
        name="quadratic",
        title=_("A bowl with a condition number"),
        text="0.5*(x**2 + 100*y**2)",
        domain=((-10.0, 10.0), (-4.0, 4.0)),
        start=(-9.0, 2.0),
        minima=((0.0, 0.0),),
        note=_(
            "κ times as curved across as along. The learning rate has to suit the steep direction, so "
            "progress along the other is slow."
        ),
        source="G. Goh 2017, Why Momentum Really Works, Distill, doi:10.23915/distill.00006",
    ),
    Surface(
        name="saddle",
        title=_("A saddle"),
        text="x**2 - y**2",
        domain=_square(2.0),
        start=(1.5, 0.001),
        minima=(),
        saddles=((0.0, 0.0),),
        note=_("Down one way, up the other. On the ridge the gradient leads to the saddle, not past it."),
        source="The plainest function with an indefinite Hessian",
    ),
    Surface(
        name="monkey_saddle",
        title=_("The monkey saddle"),
        text="x**3 - 3*x*y**2",
        domain=_square(2.0),
        start=(1.4, 0.02),
        minima=(),
        saddles=((0.0, 0.0),),
        note=_("Three ways down; at the saddle gradient and Hessian are both zero, so it is flat as well."),
        source="D. Hilbert & S. Cohn-Vossen 1932, Anschauliche Geometrie",
    ),
    Surface(
        name="valley",
        title=_("A shallow minimum beside a deep one"),
        text="x**4/4 - x**3/15 - 0.92*x**2 - 0.64*x + (y - 0.4*sin(2*x))**2",
        domain=((-2.6, 2.6), (-2.0, 2.0)),
        start=(-2.4, 0.5),
        minima=((1.6, -0.02334965737103195),),
        local_minima=((-1.0, -0.3637189707302727),),
        saddles=((-0.4, -0.28694243635980915),),
        note=_("A low ridge separates a shallow minimum from a deep one; with momentum a racer can cross it."),
        source="Made for this page: the slope along the valley is (x+1)(x+0.4)(x-1.6)",
    ),
    Surface(
        name="plateau",
        title=_("A hole in a plateau"),
        text="1 - exp(-(x**2 + 2*y**2)/3)",
        domain=_square(4.0),
        start=(-3.0, 2.2),
        minima=((0.0, 0.0),),
        note=_("Far from the hole the gradient is almost 0: plain gradient descent hardly moves there."),
        source="Made for this page: a Gaussian well, the shape of a saturated unit's loss",
    ),
)
