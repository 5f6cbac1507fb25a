// Lights and buzzers: shown a little late, so that each flash is seen as it was, and told in words.

import { all } from "./coil.js";

const LATE_MS = 600; // longer than from one snapshot to the next
const STEP_MS = 40;

class Lamps {
  #shown = new Map(all("[data-lamp]").map((element) => [element.dataset.lamp, { element, changes: [], on: false }]));
  #timer = 0;

  // Take what a snapshot says. With `still` nothing blinks: the words say that it does.
  take(seen, still) {
    for (const light of seen.lights) {
      const lamp = this.#shown.get(light.name);
      const at = (wall) => seen.at - (seen.wall_s - wall) * 1000;
      lamp.changes = light.changes.map(([wall, on]) => ({ at: at(wall), on }));
      lamp.on = light.on;
      lamp.still = still && light.driver !== "buzzer";
      const looks = lamp.element.querySelector("[data-looks]");
      if (looks && looks.textContent !== seen.looks[light.name]) looks.textContent = seen.looks[light.name];
    }
    if (!this.#timer) this.#draw();
  }

  #draw = () => {
    const now = performance.now() - LATE_MS;
    let moving = false;
    for (const lamp of this.#shown.values()) {
      const next = lamp.changes.find((change) => change.at > now);
      moving ||= Boolean(next);
      const lit = lamp.still ? lamp.element.textContent.includes("blinks") || lamp.on : next ? !next.on : lamp.on;
      lamp.element.classList.toggle("lit", lit);
    }
    this.#timer = moving ? setTimeout(this.#draw, STEP_MS) : 0;
  };
}

export const lamps = new Lamps();

// --- What was heard ---------------------------------------------------------------------------------------------------

const list = document.querySelector("[data-heard]");
const KEPT = 3;
const COURSE = ["a tick", "one beep"]; // what a vend sounds like that goes well, which is seen and told already
let last = 0; // the wall second of what was told last

// Take for told what was heard before anybody looked.
export function skipHeard(seen) {
  for (const { at } of seen.heard) last = at;
}

export function tellHeard(seen, say) {
  const told = last;
  for (const { name, at, text } of seen.heard.filter((one) => one.at > told)) {
    last = at;
    const first = list.firstElementChild;
    const sentence = text[0].toUpperCase() + text.slice(1);
    if (first?.textContent === sentence) continue;
    const line = document.createElement("li");
    line.textContent = sentence;
    list.prepend(line);
    while (list.children.length > KEPT) list.lastElementChild.remove();
    if (!COURSE.some((usual) => text.startsWith(usual))) say(`The ${name}: ${text}.`);
  }
}
