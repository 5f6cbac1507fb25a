// A locker: how its door, its label and its card stand, and what is told when they change.

const items = (number) => (number === 1 ? "1 item" : `${number} items`);

function state({ opened, count, capacity }) {
  if (opened) return "open";
  return count ? (count === capacity ? "full" : items(count)) : "empty";
}

export function drawLocker(element, locker) {
  element.classList.toggle("opened", locker.opened);
  element.classList.toggle("stocked", locker.count > 0);
  element.querySelector("[data-locker-says]").textContent = state(locker);
  element.querySelector("[data-locker-holds]").textContent = `, ${items(locker.count)} inside`;
  const door = document.querySelector(`[data-locker-door="${locker.slot}"]`);
  door.value = locker.opened ? "0" : "1";
  door.textContent = locker.opened ? `Close ${locker.slot}` : `Open ${locker.slot} with the key`;
}

// Return a sentence about what happened to a locker between two snapshots; none if nothing did.
export function tellLocker(from, to) {
  if (!from.opened && to.opened) return `${to.slot} is open.`;
  if (to.count < from.count) return `${from.opened ? "Somebody took" : "You took"} ${items(from.count - to.count)} out of ${to.slot}.`;
  if (to.count > from.count) return `${to.slot} has ${items(to.count)} now.`;
  if (from.opened && !to.opened) return to.count ? `${to.slot} is closed. ${items(to.count)} inside.` : `${to.slot} is closed and empty.`;
  if (to.motions > from.motions) return `The bolt of ${to.slot} was pulled.`;
  return "";
}
