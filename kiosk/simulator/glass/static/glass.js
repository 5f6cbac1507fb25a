// Keeps the drawn machine as the simulated one is: asks for snapshots, and draws what lies between two of them.

import { all, between, drawCoil, use } from "./coil.js";
import { lamps, skipHeard, tellHeard } from "./lamps.js";
import { drawLocker, tellLocker } from "./locker.js";

const machine = document.getElementById("machine");
const told = document.querySelector("[data-told]");
const [BUSY_MS, IDLE_MS, AWAY_MS] = [55, 350, 1000];
const BLINK_MS = 260;
const PASSES_BEAM_AT = 0.83;
const still = matchMedia("(prefers-reduced-motion: reduce)");
const slots = new Map(all("[data-slot]").map((element) => [element.dataset.slot, element]));

let before = null; // the last two snapshots, with when they came
let latest = null;
let timer = 0;
let frame = 0;
let away = false;
const inTray = []; // kinds of the items that were seen falling
const falls = new Map(); // falling items that are drawn, by slot and order

const items = (number) => (number === 1 ? "1 item" : `${number} items`);

function say(text) {
  if (told.textContent !== text) told.textContent = text;
}

// --- Between two snapshots ----------------------------------------------------------------------------------------

function draw(now) {
  frame = 0;
  const part = Math.min(1, (now - latest.at) / Math.max(1, latest.at - before.at));
  latest.coils.forEach((coil, at) => {
    const from = before.coils[at];
    if (!coil.turning && !from.turning && from.count === coil.count && !latest.fresh) return;
    if (still.matches && coil.turning && from.count === coil.count) return;
    const seen = still.matches ? coil : between(from, coil, part);
    drawCoil(slots.get(coil.slot), seen.angle, seen.items);
  });
  if (!still.matches) drawFalls(part);
  if (part < 1) frame = requestAnimationFrame(draw);
}

function places() {
  const counted = new Map();
  const name = (item) => {
    const number = (counted.get(item.slot) ?? 0) + 1;
    counted.set(item.slot, number);
    return `${item.slot} ${number}`;
  };
  return new Map(latest.falling.map((item) => [name(item), item]));
}

function drawFalls(part) {
  const now = places();
  for (const [name, item] of now) if (!falls.has(name)) falls.set(name, newFall(item.slot));
  for (const [name, fall] of falls) {
    const target = now.get(name)?.progress ?? 1;
    fall.shown = Math.max(fall.shown, fall.from + (target - fall.from) * part);
    place(fall);
    if (part < 1) continue;
    fall.from = fall.shown;
    if (now.has(name)) continue;
    fall.element.remove();
    falls.delete(name);
  }
  showTray();
}

function newFall(slot) {
  const coil = slots.get(slot).querySelector(".coil");
  const kind = coil.querySelector(".depth").dataset.kind;
  const element = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  element.setAttribute("class", "falling");
  element.setAttribute("viewBox", "-60 80 120 132");
  element.append(use("pack", kind));
  const [box, frameBox] = [coil.getBoundingClientRect(), machine.getBoundingClientRect()];
  const high = Math.min(box.height, (box.width * 132) / 120);
  const wide = (high * 120) / 132;
  element.setAttribute("width", wide);
  element.setAttribute("height", high);
  machine.append(element);
  const hatch = document.querySelector(".hatch").getBoundingClientRect();
  const left = box.left + (box.width - wide) / 2 - frameBox.left - machine.clientLeft;
  const top = box.bottom - high - frameBox.top - machine.clientTop;
  return { element, left, top, drop: hatch.bottom - box.bottom - 20, from: 0, shown: 0 };
}

function place(fall) {
  const down = fall.drop * fall.shown ** 2;
  const tilt = 24 * fall.shown ** 2;
  fall.element.style.transform = `translate(${fall.left}px, ${fall.top + down}px) rotate(${tilt}deg)`;
  if (fall.shown >= PASSES_BEAM_AT && !fall.blinked) {
    fall.blinked = true;
    blink();
  }
}

// --- What stands beside the coils ---------------------------------------------------------------------------------

const beam = document.querySelector("[data-beam]");
let blinkEnds = 0;

function blink() {
  blinkEnds = performance.now() + BLINK_MS;
  showBeam();
  setTimeout(showBeam, BLINK_MS + 10);
}

function showBeam() {
  if (!beam || !latest?.beam) return;
  // What is drawn lags a little behind: a falling item breaks the beam when it is drawn there.
  const broken = falls.size ? performance.now() < blinkEnds : latest.beam.broken || performance.now() < blinkEnds;
  const fault = { beam_dead: "dead", beam_blocked: "blocked" }[latest.beam.fault];
  beam.dataset.beam = `drop beam ${fault ?? (broken ? "broken" : "clear")}`;
  beam.querySelector("[data-beam-says]").textContent = beam.dataset.beam;
}

function showCoil(coil) {
  const slot = slots.get(coil.slot);
  slot.classList.toggle("turning", coil.turning);
  slot.querySelector("[data-count]").textContent = coil.count;
  showCard(coil);
}

function showLocker(locker) {
  drawLocker(slots.get(locker.slot), locker);
  showCard(locker);
}

function showCard(seen) {
  document.querySelector(`[data-count-of="${seen.slot}"]`).textContent = seen.count;
  document.querySelector(`[data-chip="${seen.slot}"]`).classList.toggle("wrong", seen.faults.length > 0);
  const form = document.querySelector(`[data-slot-faults="${seen.slot}"]`);
  const tags = seen.faults.map((fault) => {
    const tag = document.createElement("span");
    tag.className = "fault";
    tag.textContent = form.querySelector(`[value="${fault}"]`).dataset.short;
    return tag;
  });
  slots.get(seen.slot).querySelector("[data-tags]").replaceChildren(...tags);
  setSwitches(form, (value) => seen.faults.includes(value));
}

function showPart(part) {
  const form = document.querySelector(`[data-part-faults="${CSS.escape(part.name)}"]`);
  setSwitches(form, (value) => part.faults.includes(value));
}

function setSwitches(form, on) {
  if (form.dataset.sending) return;
  for (const input of all("input", form)) input.checked = on(input.value);
}

function showMachine(seen) {
  const stuck = seen.buttons.filter((button) => button.stuck).map((button) => `button_stuck:${button.name}`);
  const faults = [...seen.faults, ...stuck, ...(seen.door_open ? ["door_open"] : [])];
  setSwitches(document.querySelector("[data-machine-faults]"), (value) => faults.includes(value));
  for (const button of seen.buttons) {
    document.querySelector(`[data-button="${CSS.escape(button.name)}"]`).toggleAttribute("data-down", button.pressed);
  }
  machine.classList.toggle("open", Boolean(seen.door_open));
  for (const button of all("[data-needs-door]")) button.disabled = seen.door_open === false;
  for (const hint of all("[data-door-hint]")) hint.hidden = seen.door_open !== false;
  const door = document.querySelector("[data-door]");
  if (door) [door.value, door.textContent] = seen.door_open ? ["0", "Close the door"] : ["1", "Open the door"];
  lamps.take(seen, still.matches);
  showHeat(seen.temperature);
  showTray();
  showBeam();
}

function showHeat(celsius) {
  if (celsius === null) return;
  for (const output of all("[data-celsius]")) output.textContent = `${celsius.toFixed(1)} °C`;
  document.querySelector("[data-mercury]").setAttribute("d", `M24 36V${Math.min(34, Math.max(10, 34 - celsius / 3))}`);
  const slider = document.querySelector("[data-heat]");
  if (document.activeElement !== slider) slider.value = celsius;
}

function showTray() {
  const tray = document.querySelector("[data-tray]");
  if (!tray) return; // lockers have none
  const inAir = places();
  const landing = [...falls.keys()].filter((name) => !inAir.has(name)).length; // in the tray, but not drawn there yet
  const count = Math.max(0, latest.tray - landing);
  if (Number(tray.dataset.tray) === count && tray.dataset.live) return;
  tray.dataset.live = "1";
  tray.dataset.tray = count;
  tray.disabled = count === 0;
  tray.querySelector("[data-tray-says]").textContent = count ? `Take ${items(count)}` : "The tray is empty";
  while (inTray.length < count) inTray.unshift("box");
  inTray.splice(0, inTray.length - count - inAir.size - landing);
  tray.querySelector("[data-pile]").replaceChildren(
    ...inTray.slice(0, count).slice(-8).map((kind) => {
      const element = document.createElementNS("http://www.w3.org/2000/svg", "svg");
      element.setAttribute("viewBox", "-30 150 60 62");
      element.append(use("pack", kind));
      return element;
    }),
  );
}

// --- What is told ---------------------------------------------------------------------------------------------------

const begun = new Map(); // how many items were in a coil when it began to turn

function tell(from, to) {
  to.coils.forEach((coil, at) => {
    const was = from.coils[at];
    if (coil.turning && !was.turning) begun.set(coil.slot, coil.count);
    const fell = coil.turning || was.turning || coil.motions > was.motions ? was.count - coil.count : 0;
    for (let one = 0; one < fell; one++) inTray.push(slots.get(coil.slot).querySelector(".depth").dataset.kind);
    if (fell > 0) say(fell === 1 ? `An item fell from ${coil.slot}.` : `${items(fell)} fell from ${coil.slot}.`);
    else if (coil.turning && !was.turning) say(`${coil.slot} turns.`);
    else if (was.turning && !coil.turning && coil.count === begun.get(coil.slot)) say(`${coil.slot} stopped. Nothing fell.`);
    else if (coil.count !== was.count) say(`${coil.slot} has ${items(coil.count)} now.`);
  });
  to.lockers.forEach((locker, at) => {
    const told = tellLocker(from.lockers[at], locker);
    if (told) say(told);
  });
  tellHeard(to, say);
  if (from.tray > 0 && to.tray === 0) say("You took everything out of the tray.");
  if (from.door_open !== to.door_open) say(to.door_open ? "The door is open." : "The door is closed.");
}

// --- Asking and doing -----------------------------------------------------------------------------------------------

async function look() {
  clearTimeout(timer);
  let wait = AWAY_MS;
  try {
    const answer = await fetch("/snapshot.json", { signal: AbortSignal.timeout(10000) });
    if (!answer.ok) throw new Error(answer.statusText);
    take(await answer.json());
    wait = moves(latest) || moves(before) ? BUSY_MS : IDLE_MS;
  } catch {
    away = true;
    say("The machine has no power. Waiting for it to come back.");
  }
  machine.classList.toggle("dark", away);
  if (!document.hidden) timer = setTimeout(look, wait);
}

const moves = (seen) => seen.falling.length > 0 || seen.coils.some((coil) => coil.turning);

function take(seen) {
  seen.at = performance.now();
  seen.fresh = !latest || away;
  if (away) say("The machine is back.");
  away = false;
  before = latest && !seen.fresh ? latest : { ...seen, at: seen.at - 1 };
  if (latest && !seen.fresh) tell(latest, seen);
  else skipHeard(seen);
  latest = seen;
  seen.coils.forEach(showCoil);
  seen.lockers.forEach(showLocker);
  seen.others.forEach(showPart);
  showMachine(seen);
  if (!frame) frame = requestAnimationFrame(draw);
}

async function send(form, button) {
  form.dataset.sending = "1";
  try {
    const answer = await fetch(form.action, {
      method: "POST",
      headers: { Accept: "application/json" },
      body: new URLSearchParams(new FormData(form, button)),
    });
    if (!answer.ok) say(await answer.text());
    else if (button?.dataset.is) say(`You pressed the ${button.dataset.is}.`);
    else if (form.matches(".cut")) say("The power goes in the next turn.");
    else if (form.matches(".pad")) say(`You pressed ${button.getAttribute("aria-label").toLowerCase()} of the ${form.dataset.pad}.`);
    else if (form.matches(".keypad")) {
      say(`Typed at the ${form.dataset.keypad}: ${form.elements.text.value}`);
      form.reset();
    }
  } catch {
    say("The machine does not answer.");
  }
  delete form.dataset.sending;
  look();
}

function showChosen() {
  const chosen = location.hash.replace("#slot-", "");
  const chips = all("[data-chip]");
  const current = chips.find((chip) => chip.dataset.chip === chosen) ?? chips[0];
  for (const chip of chips) chip === current ? chip.setAttribute("aria-current", "true") : chip.removeAttribute("aria-current");
}

document.documentElement.classList.add("js");
document.addEventListener("submit", (event) => {
  event.preventDefault();
  send(event.target, event.submitter);
});
document.addEventListener("change", (event) => event.target.form.matches(".keypad") || send(event.target.form));
document.addEventListener("visibilitychange", () => document.hidden || look());
addEventListener("hashchange", showChosen);
showChosen();
look();
