"""What a test asks a page, in the page's own language.

Chromium runs these for the driver also where the page itself may run none.
"""

from __future__ import annotations

_COLOURS = """
const context = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
context.globalCompositeOperation = "copy";
const parsed = new Map();
// Through a canvas, since a colour may be written in any of CSS's ways.
const parse = (text) => {
  if (!parsed.has(text)) {
    context.fillStyle = text;
    context.fillRect(0, 0, 1, 1);
    const [r, g, b, alpha] = context.getImageData(0, 0, 1, 1).data;
    parsed.set(text, [r, g, b, alpha / 255]);
  }
  return parsed.get(text);
};
const over = (top, below, alpha = top[3]) =>
  [0, 1, 2].map((n) => top[n] * alpha + below[n] * (1 - alpha));
const luminance = (colour) => {
  const [r, g, b] = colour.map((part) => {
    const c = part / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const contrast = (one, other) => {
  const lights = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (lights[1] + 0.05) / (lights[0] + 0.05);
};
const dark = matchMedia("(prefers-color-scheme: dark)").matches
  && getComputedStyle(document.documentElement).colorScheme.includes("dark");
const canvas = dark ? [18, 18, 18] : [255, 255, 255];
const behind = (element) => {
  if (!element) return canvas;
  return over(parse(getComputedStyle(element).backgroundColor), behind(element.parentElement));
};
const opacity = (element) =>
  element ? Number(getComputedStyle(element).opacity) * opacity(element.parentElement) : 1;
"""

LUMINANCE = _COLOURS + "return luminance(behind(document.body));"
"""The relative luminance of the page's background (WCAG 2.2), from 0 to 1."""

CONTRAST = (
    _COLOURS
    + """
const weak = new Set();
const judge = (element, style, text) => {
  const below = behind(element);
  const colour = parse(element instanceof SVGElement ? style.fill : style.color);
  const found = contrast(over(colour, below, colour[3] * opacity(element)), below);
  const size = parseFloat(style.fontSize);
  const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
  if (found < (large ? 3 : 4.5)) {
    const classes = element.getAttribute("class") || "";
    weak.add(`${found.toFixed(2)}: ${element.tagName}.${classes} ${text.slice(0, 30)}`);
  }
};
const seen = (element) =>
  element.checkVisibility({ checkVisibilityCSS: true })
  && !element.matches(":disabled, :disabled *");
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
  const element = walker.currentNode.parentElement;
  const text = walker.currentNode.textContent.trim();
  if (!text || element.closest("option, script, style, noscript") || !seen(element)) continue;
  judge(element, getComputedStyle(element), text);
}
for (const element of document.querySelectorAll("input:not([type=hidden]), select, textarea")) {
  if (!seen(element)) continue;
  judge(element, getComputedStyle(element), "its value");
  if (element.placeholder) judge(element, getComputedStyle(element, "::placeholder"), "its hint");
}
return [...weak];
"""
)
"""Text that is too weak (WCAG 2.2, SC 1.4.3): its contrast, its element and its beginning."""

WIDTHS = """
const root = document.scrollingElement;
const wide = [...document.body.querySelectorAll("*")]
  .filter((element) => element.getBoundingClientRect().right > root.clientWidth + 1)
  .slice(0, 5).map((element) => `${element.tagName}.${element.className}`);
return { page: root.scrollWidth, window: screen.width, wide: wide };
"""
"""How wide the page and the window are, and what is wider."""

_FOCUSABLE = """
const usable = [...document.querySelectorAll(
  "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex]"
)].filter((element) => {
  if (element.tabIndex < 0 || element.disabled || !element.checkVisibility()) return false;
  // Of radio buttons that belong together, the Tab key reaches one.
  if (element.type !== "radio") return true;
  const group = [...document.getElementsByName(element.name)];
  return element === (group.find((one) => one.checked) || group[0]);
});
const named = (element) => `${element.tagName} `
  + (element.getAttribute("href") || element.name || element.textContent.trim().slice(0, 40));
"""

WATCH_FOCUS = (
    _FOCUSABLE
    + """
document.activeElement.blur();
window.scrollTo(0, 0);
const stops = window.indelibleStops = [];
document.addEventListener("focusin", (event) => {
  const style = getComputedStyle(event.target);
  const outlined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
  const box = event.target.getBoundingClientRect();
  stops.push({
    number: usable.indexOf(event.target),
    what: named(event.target),
    shown: (outlined || style.boxShadow !== "none") && box.width > 0 && box.height > 0,
  });
});
return usable.map(named);
"""
)
"""Begin to note where the focus goes; returns what a keyboard has to reach, in its order."""

STOPS = "return window.indelibleStops;"
"""Where the focus has been since, and whether one could see it there."""

INJECTED = """
const found = [...document.querySelectorAll("#injected, base, meta[http-equiv=refresh], iframe")]
  .map((element) => element.outerHTML.slice(0, 80));
for (const element of document.querySelectorAll("*")) {
  for (const { name, value } of element.attributes) {
    const obeyed = !name.startsWith("data-") && !["value", "title", "aria-label"].includes(name);
    if (/^on/.test(name) || (obeyed && /^\\s*javascript:/i.test(value))) {
      found.push(`${name}=${value}`);
    }
    if (name === "style" && element.closest("main")) found.push(`style=${value}`);
  }
}
for (const script of document.scripts) {
  if (!script.src && script.type !== "application/json") found.push("an inline script");
}
if (window.hit !== undefined) found.push("a script that has run");
if (getComputedStyle(document.body).display === "none") found.push("a style");
return found;
"""
"""What of a stored value has become more than text."""

ATTEMPTS = r"""
const done = arguments[0];
const add = (html) => {
  const part = document.createRange().createContextualFragment(html);
  document.body.append(part);
};
window.attempts = [];
const note = (what) => window.attempts.push(what);
addEventListener("message", () => note("a frame"));
add("<script>window.attempts.push('a script')</" + "script>");
add("<img src='/nothing' onerror='window.attempts.push(`a handler`)'>");
add("<style>#attempt { position: fixed; }</style><p id='attempt'></p>");
add("<p id='attribute' style='position: fixed'></p>");
add("<iframe srcdoc='<script>parent.postMessage(1)</" + "script>'></iframe>");
add("<base href='https://elsewhere.example/'>");
const isFixed = (id) => getComputedStyle(document.getElementById(id)).position === "fixed";
if (isFixed("attempt")) note("a style");
if (isFixed("attribute")) note("a style in an attribute");
if (!document.baseURI.startsWith(location.origin)) note("an address for all links");
fetch("https://elsewhere.example/").catch(() => 0);
setTimeout(() => done(window.attempts), 50);
"""
"""Tries what an attacker would do in a page; returns what the browser has obeyed."""

WAITING = """
const part = document.querySelector("[hx-trigger=load]");
return part && part.outerHTML.slice(0, 80);
"""
"""What the page is about to load by itself; null if there is nothing."""

BOX = """
const { top, height } = document.querySelector(arguments[0]).getBoundingClientRect();
const edge = 12;
return {
  x: 0, y: Math.max(0, top + scrollY - edge), width: screen.width, height: height + 2 * edge,
};
"""
"""Where an element stands in the page, with a little around it and as wide as the screen."""

EVENTS = """
return [...document.querySelectorAll("[data-event]")]
  .map((element) => element.getAttribute("data-event"));
"""

LACKING = """
const lacking = [];
if (!document.documentElement.lang) lacking.push("its language");
if (document.querySelectorAll("h1").length !== 1) lacking.push("one heading above all");
if (!document.querySelector("main")) lacking.push("a main part");
const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
const twice = ids.filter((id, place) => ids.indexOf(id) !== place);
if (twice.length) lacking.push(`one element only for each id: ${twice}`);
return lacking;
"""
"""What a page needs so that a screen reader finds its way."""
