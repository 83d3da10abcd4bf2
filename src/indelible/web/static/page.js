// The page works without this. It puts times into the browser's own zone, and lets the arrow keys
// go through a list.
"use strict";
(() => {
  const root = document.documentElement;

  // Written as the server writes them: 2026-03-01 09:00:00.
  const local = (moment, precision) => {
    const two = (number) => String(number).padStart(2, "0");
    let text = `${moment.getFullYear()}-${two(moment.getMonth() + 1)}-${two(moment.getDate())} `
      + `${two(moment.getHours())}:${two(moment.getMinutes())}`;
    if (precision !== "minutes") text += `:${two(moment.getSeconds())}`;
    if (precision === "milliseconds") text += `.${String(moment.getMilliseconds()).padStart(3, "0")}`;
    return text;
  };

  const fill = (part) => {
    if (!root.hasAttribute("data-zone-unknown")) return;
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    for (const element of part.querySelectorAll("time[data-local]")) {
      const moment = new Date(element.dateTime);
      if (!Number.isNaN(moment.getTime())) {
        element.textContent = local(moment, element.dataset.precision);
        element.removeAttribute("data-local");
      }
    }
    for (const element of part.querySelectorAll("[data-zone-name]")) element.textContent = zone;
  };

  const offerZone = () => {
    if (!root.hasAttribute("data-zone-unknown")) return;
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    if (!zone) return;
    const input = document.getElementById("zone");
    if (input) input.value = zone;
    const path = `${root.dataset.root}` || "/";
    document.cookie = `indelible_zone=${zone}; path=${path}; max-age=31536000; samesite=strict`;
  };

  // Only while the focus is inside the list, so that no key means something else elsewhere.
  const move = (event) => {
    const down = event.key === "ArrowDown";
    if (!(down || event.key === "ArrowUp") || event.altKey || event.ctrlKey || event.metaKey) return;
    const row = document.activeElement && document.activeElement.closest(".events > li");
    if (!row) return;
    const next = down ? row.nextElementSibling : row.previousElementSibling;
    const link = next && next.querySelector("a");
    if (link) {
      event.preventDefault();
      link.focus();
    }
  };

  fill(document);
  offerZone();
  document.addEventListener("keydown", move);
  document.addEventListener("htmx:afterSettle", () => fill(document));
  // What could not be loaded in place is opened as the page that it is.
  for (const name of ["htmx:responseError", "htmx:sendError"]) {
    document.addEventListener(name, (event) => {
      const link = event.detail.elt;
      if (link instanceof HTMLAnchorElement) window.location.assign(link.href);
    });
  }
})();
