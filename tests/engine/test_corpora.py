"""Laws of the texts, of the entropies claimed for them, and of the counting baselines."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest

from engine.data import languages, tasks
from engine.data.corpora import CORPORA, LARGEST_TEXT, clean, encode, split
from engine.data.ngram import ngram_surprises
from engine.params import Refusal


@pytest.mark.parametrize("corpus", CORPORA.values(), ids=CORPORA)
def test_a_corpus_is_the_same_each_time_and_comes_back_from_its_numbers(corpus: Any) -> None:
    text = corpus.make()
    assert text == corpus.make()
    alphabet, ids = encode(text[:5000])
    assert alphabet.decode(ids) == text[:5000]
    assert len(alphabet) == len(set(text[:5000]))


@pytest.mark.parametrize("name", ["english", "source"])
def test_texts_of_python_are_a_megabyte(name: str) -> None:
    assert len(CORPORA[name].make()) == 1_000_000


def test_split_holds_out_the_last_tenth_in_one_piece() -> None:
    train, held_out = split(np.arange(1005))
    np.testing.assert_array_equal(np.concatenate([train, held_out]), np.arange(1005))
    assert len(held_out) == 100


def brute_ngram(train: list[int], held_out: list[int], V: int, order: int) -> float:
    text = train + held_out
    grams = Counter(tuple(train[i : i + order]) for i in range(len(train) - order + 1))
    contexts = Counter(gram[:-1] for gram in grams.elements())
    losses = []
    for i in range(len(train), len(text)):
        gram = tuple(text[i - order + 1 : i + 1])
        losses.append(-np.log((grams[gram] + 0.1) / (contexts[gram[:-1]] + 0.1 * V)))
    return float(np.mean(losses))


@pytest.mark.parametrize("V", [3, 40, 5000])
def test_ngram_losses_are_those_of_counting_by_hand(V: int) -> None:
    rng = np.random.default_rng(V)
    text = (rng.zipf(1.3, 600) % V).tolist()
    found = ngram_surprises(np.array(text[:500]), np.array(text[500:]), V).mean(axis=1)
    expected = [brute_ngram(text[:500], text[500:], V, order) for order in range(1, 6)]
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_nothing_has_no_surprises() -> None:
    assert ngram_surprises(np.array([1, 2]), np.array([], int), 3).shape == (5, 0)


def test_three_letters_of_the_markov_chain_reach_its_entropy_and_fewer_do_not() -> None:
    alphabet, ids = encode(languages.markov())
    losses = ngram_surprises(*split(ids), len(alphabet), 3).mean(axis=1)
    entropy = languages.markov_entropy()
    assert losses[2] == pytest.approx(entropy, rel=0.01)
    assert losses[1] > 1.2 * entropy


def test_markov_entropy_is_the_mean_surprise_of_its_own_rule() -> None:
    ids = np.array([languages.LETTERS.index(c) for c in languages.markov(100_000, seed=9)])
    surprise = -np.log(languages.markov_table()[ids[:-2], ids[1:-1], ids[2:]])
    assert surprise.mean() == pytest.approx(languages.markov_entropy(), abs=5 * surprise.std() / len(ids) ** 0.5)


def test_brackets_entropy_is_the_mean_surprise_of_its_own_rule() -> None:
    text = languages.brackets(200_000, seed=9)
    stack: list[str] = []
    total = 0.0
    closing = dict(languages.PAIRS)
    for place, character in enumerate(text):
        fresh = place == 0 or text[place - 1] == "\n"
        if character == "\n":
            assert not stack
            continue
        opens = character in closing
        if fresh:
            total += np.log(3)
        elif len(stack) < languages.DEEPEST:
            total -= np.log(languages.OPENING / 3 if opens else 1 - languages.OPENING)
        if opens:
            stack.append(closing[character])
        else:
            assert stack.pop() == character
    assert total / len(text) == pytest.approx(languages.brackets_entropy(), rel=0.01)


@pytest.mark.parametrize("name", ["exclusive_or", "arithmetic", "dates", "hangul"])
def test_entropy_of_a_language_of_lines_is_that_of_its_choices(name: str) -> None:
    lines = {
        "exclusive_or": lambda: languages.EXCLUSIVE_OR,
        "arithmetic": languages._sums,
        "dates": languages._days,
        "hangul": languages._sentences,
    }[name]()
    assert len(set(lines)) == len(lines)
    text = CORPORA[name].make()
    rate = text.count("\n") * np.log(len(lines)) / len(text)
    assert rate == pytest.approx(CORPORA[name].entropy(), rel=0.01)


def test_sums_are_right_and_dates_are_dates() -> None:
    for line in languages.arithmetic(2000).splitlines():
        task, result = line.split("=")
        a, b = (int(part) for part in task.replace("+", " ").replace("-", " ").split())
        assert int(result) == (a + b if "+" in task else a - b)
    for line in languages.dates(2000).splitlines():
        day, _month, year, _equals, iso = line.split()
        assert iso.startswith(f"{year}-")
        assert iso.endswith(f"-{int(day):02d}")


def test_korean_particles_fit_their_nouns() -> None:
    for sentence in languages.hangul(5000).splitlines():
        subject, *_, thing, _verb = sentence.split()
        assert subject[-1] == ("은" if languages._closed(subject[:-1]) else "는")
        assert thing[-1] == ("을" if languages._closed(thing[:-1]) else "를")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no text yet"),
        ("x", "only one character"),
        ("\x00\x01\x02x", "only one character"),
        ("a\ud800b", "half of a pair"),
        ("\x00\x01" * 500, "control characters"),
        ("가" * (LARGEST_TEXT // 3 + 1), "at most 5 MB"),
    ],
)
def test_a_bad_text_is_refused_with_a_sentence(text: str, words: str) -> None:
    with pytest.raises(Refusal, match=words):
        clean(text)


def test_line_ends_become_plain_and_stray_control_characters_go() -> None:
    assert clean("a\r\nb\rc\td\x00") == "a\nb\nc\td"


def test_too_many_different_characters_are_refused() -> None:
    with pytest.raises(Refusal, match="7000 different characters"):
        encode("".join(map(chr, range(0x3400, 0x3400 + 7000))))


def test_unknown_characters_are_reported_once() -> None:
    known, unknown = encode("abc")[0].encode("cab?a?")
    assert known.tolist() == [2, 0, 1, 0]
    assert unknown == "?"


def test_adding_problem_sums_its_two_marked_numbers() -> None:
    inputs, targets = tasks.adding(np.random.default_rng(0), 50, 4000, np.float64)
    np.testing.assert_allclose((inputs[:, 0] * inputs[:, 1]).sum(axis=0), targets)
    np.testing.assert_array_equal(inputs[:25, 1].sum(axis=0), 1)
    np.testing.assert_array_equal(inputs[25:, 1].sum(axis=0), 1)
    assert np.mean((targets - 1) ** 2) == pytest.approx(tasks.ADDING_BASELINE, rel=0.05)
