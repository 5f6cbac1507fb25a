// A coil: where its items and loops of wire are drawn. The same sums as in drawing.py, which draws it at first.

const { back, leads, before } = document.getElementById("machine").dataset;
const [BACK, LEADS, BEFORE] = [back, leads, before].map(Number);

export const all = (selector, root = document) => [...root.querySelectorAll(selector)];

function layers(angle, items, capacity) {
  const scale = (depth) => BACK ** (depth / capacity);
  const placed = items.map((depth) => ({ kind: "pack", depth, scale: scale(depth) }));
  for (let loop = 0; loop < capacity + 2; loop++) {
    const front = loop - LEADS - angle;
    if (front + 1 <= 0 || front >= capacity) continue;
    const shown = Math.min(1, front < 0 ? 1 + front : capacity - front);
    const offset = front < 0 ? 0 : shown - 1;
    placed.push({ kind: "loop", depth: front + BEFORE, scale: scale(front), shown, offset });
  }
  return placed.sort((a, b) => b.depth - a.depth);
}

export function use(kind, name) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", "use");
  element.setAttribute("href", `#${kind}-${name}`);
  element.setAttribute("class", kind);
  return element;
}

export function drawCoil(slot, angle, items) {
  const depth = slot.querySelector(".depth");
  const spare = { pack: all(".pack", depth), loop: all(".loop", depth) };
  const wanted = layers(angle, items, Number(slot.dataset.capacity));
  const drawn = wanted.map((layer) => {
    const element = spare[layer.kind].shift() ?? use(layer.kind, layer.kind === "pack" ? depth.dataset.kind : slot.dataset.capacity);
    element.setAttribute("transform", `scale(${layer.scale.toFixed(4)})`);
    if (layer.kind === "loop") {
      element.setAttribute("stroke-dasharray", layer.shown < 1 ? `${layer.shown.toFixed(3)} 2` : "none");
      element.setAttribute("stroke-dashoffset", layer.offset.toFixed(3));
    }
    return element;
  });
  const unchanged = drawn.length === depth.children.length && drawn.every((one, at) => one === depth.children[at]);
  if (!unchanged) depth.replaceChildren(...drawn);
}

// Return a coil `part` (0 to 1) of the way between two snapshots of it.
export function between(from, to, part) {
  const turned = (((to.angle - from.angle) % 1) + 1) % 1;
  const forward = turned > 0.9 ? 0 : turned; // a coil never turns back: that much is rounding
  const gone = Math.max(0, from.items.length - to.items.length);
  return {
    angle: (from.angle + forward * part) % 1,
    items: to.items.map((depth, at) => {
      const was = from.items[at + gone];
      return was === undefined ? depth : was + (depth - was) * part;
    }),
  };
}
