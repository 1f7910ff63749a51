"""Tabs have ids: what a preset or a claim opens exists, and an address means the same in every language."""

from __future__ import annotations

import pytest

import engine
from app import describe
from app.i18n import LANGUAGES, translator
from engine.experiment import Experiment

LABORATORIES = list(engine.experiments().values())


@pytest.mark.parametrize("experiment", LABORATORIES, ids=[one.name for one in LABORATORIES])
def test_presets_and_claims_open_tabs_that_exist(experiment: Experiment) -> None:
    tabs = {panel.view for panel in experiment.panels} | {""}
    assert {preset.view for preset in experiment.presets} <= tabs
    assert {claim.look.view for claim in experiment.claims} <= tabs


@pytest.mark.parametrize("experiment", LABORATORIES, ids=[one.name for one in LABORATORIES])
def test_a_tab_has_one_id_in_every_language(experiment: Experiment) -> None:
    told = [
        [describe.panel(panel, translator(language))["view"] for panel in experiment.panels]
        for language in LANGUAGES
    ]
    assert all(ids == told[0] for ids in told)
