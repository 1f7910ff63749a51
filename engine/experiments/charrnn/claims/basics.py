"""Claims on what a char-RNN is: inputs, softmax, sampling, the sum over steps, the shared weights."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.autodiff.softmax import probabilities
from engine.autodiff.tape import backward
from engine.claim import Claim, Look, Prediction, Verdict, equal
from engine.experiments.charrnn import hello
from engine.experiments.charrnn.claims.measure import Plain, characters, drawn, rate, trained
from engine.experiments.charrnn.questions.writing import find_loop
from engine.message import _, say
from engine.nn.recurrent import Window
from engine.nn.recurrent.walker import Walker

_LEARNING, _HAND = _("Learning"), _("“hello” by hand")
_NUMBERS = _("“hello” in numbers")
_CHARACTERS = _("Recurrent nets: characters")
_HELLO: Plain = {
    "corpus": "hello",
    "cell": "rnn",
    "hidden_size": 3,
    "batch_size": 1,
    "sequence_length": 4,
    "steps": 500,
    "carry_state": False,
    "optimizer": rate(learning_rate=0.03),
    "temperature": 0.0,
}


def _learns_hello(seeds: Sequence[int]) -> Verdict:
    """N1: the first loss of an even guess is 4 ln 4; plain descent then learns to write it."""
    steps, learned, firsts, lasts = 500, 0, [], []
    lecture = float(np.asarray(hello.numbers(lecture=True)["losses"]).sum())
    for seed in seeds:
        found = hello.numbers(steps, seed)
        curve = np.asarray(found["curve"])
        firsts.append(float(curve[0]))
        lasts.append(float(curve[-1]))
        guesses = np.asarray(found["p"]).argmax(axis=1)
        learned += "".join(hello.ALPHABET[guess] for guess in guesses) == hello.TARGET
    exact = max(abs(first - 4 * np.log(4)) for first in firsts)
    return Verdict(
        "yes" if exact < 1e-12 and learned == len(seeds) else "no",
        say(
            "{learned} of {seeds} nets of three hidden units answer h, e, l, l with e, l, l, o. Their loss "
            "over the four characters fell from {first:.3f} to {last:.3f} or less. The first loss, 4 ln 4, "
            "is ours and holds by construction: Why begins at 0, so the first prediction gives every letter "
            "the same probability. With the hidden states and scores that the lecture draws, the loss is "
            "{lecture:.3f}.",
            lecture=lecture,
            learned=learned,
            seeds=len(seeds),
            first=firsts[0],
            last=max(lasts),
        ),
        say(
            "Nets that write “ello” after {steps} steps: {learned} of {seeds}.",
            steps=steps,
            learned=learned,
            seeds=len(seeds),
        ),
        equal(steps * len(seeds), "RNN"),
    )


def _picks_a_column(seeds: Sequence[int]) -> Verdict:
    """N2: Wx times a one-hot vector is a column of Wx, forward and backward."""
    worst = 0.0
    for seed in seeds:
        for cell in ("rnn", "lstm", "gru"):
            architecture, theta = drawn(cell, 9, seed)
            ids = characters(seed, 21, 3)
            one_hot = np.ascontiguousarray(np.eye(12)[ids[:-1]].transpose(0, 2, 1))
            found = []
            for x in (ids[:-1], one_hot):
                parameters = architecture.layout.parameters(theta)
                net = Window(architecture, 3, 20, np.float64)
                loss = net.loss(parameters, x, ids[1:])
                backward(loss)
                found.append(np.append(parameters.gradient, loss.value))
            worst = max(worst, float(np.abs(found[0] - found[1]).max()))
    return Verdict(
        "yes" if worst < 1e-12 else "no",
        say(
            "For {seeds} draws of an RNN, an LSTM and a GRU the losses and all gradients were computed "
            "twice: by picking columns, and by multiplying the matrix by one-hot vectors.",
            seeds=len(seeds),
        ),
        say("Picking a column or multiplying by the one-hot vector: largest difference {worst:.0e}.", worst=worst),
        equal(3 * len(seeds), _("picking columns"), _("multiplying by one-hot vectors"), unit=_("nets drawn")),
    )


_MARKOV: Plain = {
    "corpus": "markov",
    "cell": "gru",
    "hidden_size": 32,
    "sequence_length": 20,
    "steps": 600,
    "optimizer": rate(learning_rate=0.01),
}


_UNEVEN, _READ = 40, 200
"""Updates until the scores differ, and characters at which they are taken."""


def _softmax_sums_to_one(seeds: Sequence[int]) -> Verdict:
    """N3: of the same scores, softmax makes one distribution, sigmoids make V separate chances."""
    off, sums = 0.0, []
    for seed in seeds:
        simulation, _frame = trained(_MARKOV, _UNEVEN, seed=seed, hidden_size=16)
        learner = simulation.learners[0]
        scores = Walker(learner.net, learner.views).read(simulation.text.train[:_READ]).T.astype(float)
        off = max(off, float(np.abs(probabilities(scores, 0).sum(axis=0) - 1).max()))
        sums.append((1 / (1 + np.exp(-scores))).sum(axis=0))
    low, high = float(np.min(sums)), float(np.max(sums))
    return Verdict(
        "yes" if off < 1e-12 and high - low > 0.05 and not low <= 1 <= high else "no",
        say(
            "The probabilities of the softmax add up to 1, to within {off:.0e}, because it divides by the "
            "sum. Both were computed from the same scores of {seeds} nets at {read} characters of text.",
            off=off,
            seeds=len(seeds),
            read=_READ,
        ),
        say("The sigmoids add up to between {low:.2f} and {high:.2f}.", low=low, high=high),
        (
            *equal(_UNEVEN * len(seeds), "softmax", _("sigmoids")),
            *equal(_READ * len(seeds), "softmax", _("sigmoids"), unit=_("characters")),
        ),
    )


_WRITING: Plain = {
    "corpus": "hangul",
    "cell": "lstm",
    "hidden_size": 32,
    "batch_size": 16,
    "sequence_length": 25,
    "steps": 120,
    "optimizer": rate(learning_rate=0.015),
    "temperature": 0.0,
}


def _sampling_varies_argmax_loops(seeds: Sequence[int]) -> Verdict:
    """N4: at temperature 0 the text ends in a loop, at 1 it does not."""
    looping, varying, periods, kinds = 0, 0, [], []
    for seed in seeds:
        simulation, _frame = trained(_WRITING, _WRITING["steps"], seed)
        learner, rng = simulation.learners[0], np.random.default_rng(seed)
        texts = []
        for temperature in (0.0, 1.0):
            walker = Walker(learner.net, learner.views)
            written, _scores = walker.write(walker.step(simulation.text.prime), 600, temperature, rng)
            texts.append(written)
        _start, period = find_loop(texts[0])
        looping += period > 0
        varying += find_loop(texts[1])[1] == 0
        periods.append(period)
        kinds.append([len({tuple(text[i : i + 8]) for i in range(592)}) for text in texts])
    argmax, sampled = np.mean(kinds, axis=0)
    return Verdict(
        "yes" if looping == varying == len(seeds) else "half" if looping else "no",
        say(
            "With argmax {looping} of {seeds} nets ended in a loop, of {period:.0f} characters in the "
            "median. Sampled at temperature 1, {varying} of them did not loop. Each net wrote 600 "
            "characters after {steps} training steps.",
            looping=looping,
            seeds=len(seeds),
            period=float(np.median(periods)),
            varying=varying,
            steps=_WRITING["steps"],
        ),
        say(
            "Different strings of eight characters: argmax {argmax:.0f}, sampling {sampled:.0f}.",
            argmax=float(argmax),
            sampled=float(sampled),
        ),
        equal(_WRITING["steps"] * len(seeds), _("Argmax"), _("Sampling")),
    )


def _loss_and_gradient_are_sums(seeds: Sequence[int]) -> Verdict:
    """N5: the sum's gradient by differences is the sum of what each step adds."""
    worst = shares = 0.0
    for seed in seeds:
        found = {name: np.asarray(value) for name, value in hello.numbers(40, seed).items()}
        for name in hello.SHAPES:
            added = found[f"d{name}_t"].sum(axis=0)
            worst = max(worst, float(np.abs(added - found[f"numeric_d{name}"]).max()))
        parts = np.linalg.norm(found["dWhh_t"], axis=(1, 2))
        shares = max(shares, float(parts.max() / parts.sum()))
    return Verdict(
        "yes" if worst < 1e-7 else "no",
        say(
            "For each of the five weights of {seeds} nets the gradients of the four steps were added up and "
            "compared with the numeric gradient of the summed loss. No single step made up more than "
            "{share:.0%} of the gradient of Whh.",
            seeds=len(seeds),
            share=shares,
        ),
        say("Largest difference from the numeric gradient: {worst:.0e}.", worst=worst),
        equal(len(seeds), _("sum over the steps"), _("numeric gradient"), unit=_("nets drawn")),
    )


def _one_set_of_weights(seeds: Sequence[int]) -> Verdict:
    """N6: a step at a time with the same matrices is the window; h before the first character is 0."""
    worst = first = 0.0
    sizes = set()
    for seed in seeds:
        architecture, theta = drawn("rnn", 10, seed)
        views = architecture.layout.views(theta)
        ids = characters(seed, 60)
        for length in (5, 60):
            net = Window(architecture, 1, length, np.float64)
            sizes.add(architecture.layout.size)
            net.forward(views, ids[:length])
            h = np.zeros(10)
            for t in range(length):
                z = views["Wx0"][:, ids[t, 0]] + views["bx0"] + views["bh0"] + views["Wh0"] @ h
                h = np.tanh(z)
                worst = max(worst, float(np.abs(h - net.cells[0].H[t + 1, :, 0]).max()))
            start = np.tanh(views["Wx0"][:, ids[0, 0]] + views["bx0"] + views["bh0"])
            first = max(first, float(np.abs(start - net.cells[0].H[1, :, 0]).max()))
    return Verdict(
        "yes" if worst < 1e-12 and first < 1e-12 and len(sizes) == 1 else "no",
        say(
            "The same matrices, applied at every step, gave every h to within {worst:.0e}. The first h is "
            "φ(Wxh x + b), because the state before it is 0.",
            worst=worst,
        ),
        say("The weights hold {size} numbers, for 5 characters and for 60.", size=max(sizes)),
        equal(65 * len(seeds), _("step by step"), _("as a window"), unit=_("characters")),
    )


BASICS = (
    Claim(
        "N1",
        _("“hello” can be learned from four characters and one-hot inputs; the first loss is 4 ln 4."),
        _HELLO,
        _learns_hello,
        where=_("Recurrent nets: “hello” (4 ln 4 is ours)"),
        look=Look(_HAND, panels=(_NUMBERS,)),
        prediction=Prediction(
            _("Every one of four letters gets the same probability. What is the loss of four characters?"),
            ("ln 4 = 1.386", "4 ln 4 = 5.545", "0"),
            1,
        ),
        try_this=_("Choose more steps of descent: the loss falls and the predictions become right."),
    ),
    Claim(
        "N2",
        _("A one-hot input picks a column of Wxh."),
        _HELLO,
        _picks_a_column,
        where=_CHARACTERS,
        by_construction=True,
        look=Look(_HAND, panels=(_NUMBERS,)),
        prediction=Prediction(
            _("The input is a one-hot vector. How many columns of Wxh does it use?"),
            (_("one"), _("two"), _("all")),
            0,
        ),
        try_this=_("Compare the two l of “hello”: both use the same column."),
    ),
    Claim(
        "N3",
        _("Softmax probabilities add up to 1; sigmoids of the same scores do not."),
        _MARKOV,
        _softmax_sums_to_one,
        where=_CHARACTERS,
        by_construction=True,
        look=Look(_("Next character"), panels=(_("The next character"),)),
        prediction=Prediction(
            _("A net gives a score to every character. What do sigmoids of these scores add up to?"),
            (_("always 1"), _("anything")),
            1,
        ),
        try_this=_("Change the temperature: the probabilities change and still add up to 1."),
    ),
    Claim(
        "N4",
        _("Sampling gives variety; argmax ends in a loop."),
        _WRITING,
        _sampling_varies_argmax_loops,
        where=_("Recurrent nets: sampling"),
        look=Look(_LEARNING, panels=(_("What it writes"),)),
        prediction=Prediction(
            _("The net writes the likeliest character every time. What happens to the text?"),
            (_("it ends in a loop"), _("it stays varied")),
            0,
        ),
        try_this=_("Set the temperature to 1: the text no longer loops."),
    ),
    Claim(
        "N5",
        _("The loss is the sum over the steps, and the gradient of W is the sum of the gradients of the steps."),
        _HELLO,
        _loss_and_gradient_are_sums,
        where=_("Recurrent nets: back-propagation through time"),
        by_construction=True,
        look=Look(_HAND, panels=(_NUMBERS,)),
        prediction=Prediction(
            _("W is used in four steps. What is its gradient?"),
            (
                _("the gradient of the last step"),
                _("the mean of the four gradients"),
                _("the sum of the four gradients"),
            ),
            2,
        ),
        try_this=_("Compare the gradient of Whh with the numeric one beside it."),
    ),
    Claim(
        "N6",
        _("Every step uses the same W; the state before the first step is 0."),
        _HELLO,
        _one_set_of_weights,
        where=_("Recurrent nets: the recurrence"),
        by_construction=True,
        look=Look(_HAND, panels=(_NUMBERS,)),
        prediction=Prediction(
            _("A text of 60 characters instead of 5: how many more weights does the net need?"),
            (_("none"), _("twelve times as many")),
            0,
        ),
        try_this=_("Look at h before the first letter: all its units are 0."),
    ),
)
