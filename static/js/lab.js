// @ts-check
// A laboratory's page: the laboratory and what shows it, wired together. It knows panel kinds and schemas, never a
// laboratory's name.

import { withTexts } from "./address.js";
import { hideBanner } from "./banners.js";
import { createControls } from "./controls.js";
import { boot as bootBlock, t } from "./i18n.js";
import { Laboratory } from "./laboratory.js";
import { buildColumns, byId, listenToKeys, openPreset, sayProblems, sayStill, sayTextMissing, watchConnection } from "./page.js";
import { Painter } from "./painter.js";
import { Stage } from "./stage.js";
import { Still } from "./still.js";
import { PageMemory } from "./state.js";
import { Transport } from "./transport.js";
import "./theme.js";

/** @import { Boot, PageState, Problem } from "./types.d.ts" */

const boot = /** @type {Boot} */ (bootBlock);
const transport = new Transport(byId("transport"), boot);
const lab = new Laboratory(boot, transport);
const stage = new Stage(lab, { stage: byId("stage"), row: byId("rows"), side: byId("side"), tabs: byId("tabs") });
const painter = new Painter(lab, stage, transport);
new Still(lab, sayStill);
const memory = new PageMemory(boot.name, boot.defaults);
const controls = createControls(byId("controls"), boot.schema, { ...boot.defaults, ...boot.params }, {
  t, series: (i) => lab.series(i), lab, starts: boot.presets.map((preset) => ({ title: preset.title, open: () => openPreset(lab, preset) })),
  onChange: (changes, how) => lab.change(changes, how),
});

/** The address says what the page shows. */
function remember() {
  const state = lab.state();
  if (state) memory.write(state);
}

/** The control that has the focus tells what was typed last: it does when it loses it. */
function tellTyped() {
  const box = document.activeElement;
  if (box instanceof HTMLElement && byId("controls").contains(box)) box.blur();
}

/** How many addresses were opened. */
let opened = 0;

/** Set everything as an address says. @param {PageState} state */
async function open({ params, changes, view, step }) {
  opened += 1;
  const turn = opened;
  const { kept, ...looks } = view;
  const { texts, missing } = await memory.texts(kept);
  if (turn !== opened) return;
  if (missing.length) sayTextMissing();
  await lab.open({ params: withTexts(params, texts), changes, view: looks, step });
}

/**
 * Do something at each event of a type.
 * @param {EventTarget} target @param {string} type @param {(detail: any) => void} act
 */
function on(target, type, act) {
  target.addEventListener(type, (event) => act(/** @type {CustomEvent} */ (event).detail));
}

on(lab, "params", () => {
  controls.update(lab.shown);
  memory.want(lab.wanted);
});
on(lab, "look", () => stage.show());
on(lab, "shown", () => transport.setIdle(!stage.moves));
on(lab, "scene", () => {
  byId("stage-wait")?.remove();
  stage.scene();
});
on(lab, "history", () => {
  byId("stage-wait")?.remove();
  painter.touchHistory(true);
  document.documentElement.dataset.lab = "running";
});
on(lab, "grow", () => painter.touchHistory(false));
on(lab, "step", () => painter.touchStep());
on(lab, "still", () => painter.touchStep());
on(lab, "state", (entry) => {
  const state = entry && lab.state(entry.step);
  if (state) memory.enter(state, entry.push);
  else remember();
});
on(lab, "taken", () => {
  memory.want(lab.wanted);
  if (lab.faulty) return;
  controls.showProblems([]);
  hideBanner("problems");
});
on(lab, "problems", (/** @type {{problems: Problem[], upload?: boolean}} */ { problems, upload }) => {
  byId("stage-wait")?.remove();
  const others = controls.showProblems(problems);
  if (others.length) sayProblems(others, upload);
  else hideBanner("problems");
});
on(window, "theme", () => {
  controls.refresh();
  stage.each("theme");
});
on(window, "popstate", () => {
  tellTyped();
  const state = memory.moved ? memory.read() : null; // a jump within the page changes nothing
  if (state) open(state);
});
on(document, "visibilitychange", () => { if (document.hidden) lab.keep(); });
on(window, "pagehide", () => {
  tellTyped();
  memory.leave();
});
watchConnection(lab.session);
listenToKeys(transport);
buildColumns(lab, { memory, pictures: () => stage.pictures(), link: () => {
  remember();
  return memory.link();
} });
painter.begin((now) => lab.tick(now));
const [sent, left] = [memory.sent(), memory.left()];
if (left && !sent) lab.addEventListener("taken", () => open(left), { once: true }); // the server first takes what the address says: if this is refused, that stays
open(sent ?? { params: { ...boot.defaults, ...boot.params }, changes: boot.changes, view: boot.view, step: boot.step || null }).then(() => lab.recover());
