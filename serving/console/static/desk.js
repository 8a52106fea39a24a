// Keys and small courtesies of the review desk. Every page works without this file.
"use strict";

(() => {
  const one = (selector) => document.querySelector(selector);
  const typing = (element) => element.closest("input:not([type=radio]), textarea, select, [contenteditable]") !== null;

  // Whoever speaks to the browser, or presses letters by accident, turns the keys off (WCAG 2.2, 2.1.4). A browser that
  // remembers nothing for this site forgets the choice with the page.
  const OFF = "fairlead.keys-off";
  const remembered = () => { try { return localStorage.getItem(OFF) !== null; } catch { return false; } };
  const remember = (off) => {
    try { if (off) localStorage.setItem(OFF, "yes"); else localStorage.removeItem(OFF); } catch { /* see above */ }
  };
  let keysOff = false;
  function turnKeys(off) {
    keysOff = off;
    document.documentElement.classList.toggle("keys-off", off);
    const box = one("#keys-on");
    if (box) box.checked = !off;
  }
  turnKeys(remembered());

  function moveInQueue(step) {
    const links = [...document.querySelectorAll(".row-link")];
    if (links.length === 0) return;
    const here = links.indexOf(document.activeElement);
    const next = here < 0 ? (step > 0 ? 0 : links.length - 1) : Math.min(Math.max(here + step, 0), links.length - 1);
    links[next].focus();
    links[next].scrollIntoView({ block: "nearest" });
  }

  // Opens one of the three forms and goes to its first field; approving needs none, so to its button.
  function openForm(name) {
    const form = one(`#${name}`);
    if (!form) return;
    form.open = true;
    const first = name === "approve" ? "button[type=submit]" : name === "reject" ? "select" : "input[type=radio]";
    form.querySelector(first).focus();
    form.scrollIntoView({ block: "nearest" });
  }

  const keys = {
    j: () => moveInQueue(1),
    k: () => moveInQueue(-1),
    a: () => openForm("approve"),
    r: () => openForm("reject"),
    o: () => openForm("override"),
    n: () => one("#next-case")?.click(),
    q: () => one("#to-queue")?.click(),
    "?": () => one("#keys")?.showModal(),
  };

  document.addEventListener("keydown", (event) => {
    if (keysOff) return;
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat && !"jk".includes(event.key)) return;
    if (typing(event.target) || one("dialog[open]") || !Object.hasOwn(keys, event.key)) return;
    event.preventDefault();
    keys[event.key]();
  });

  one("#keys-on")?.addEventListener("change", (event) => {
    turnKeys(!event.target.checked);
    remember(keysOff);
  });

  document.addEventListener("click", (event) => {
    if (event.target.closest(".keys-open")) one("#keys").showModal();
    const shortcut = event.target.closest(".act-bar a");
    if (shortcut) {
      event.preventDefault();
      openForm(shortcut.hash.slice(1));
    }
  });

  // One decision is posted once, however often the button is pressed. Disabled only after the form was read: what a
  // disabled button says is not sent.
  document.addEventListener("submit", (event) => {
    const buttons = event.target.method === "post" ? event.target.querySelectorAll("button") : [];
    setTimeout(() => { for (const button of buttons) button.disabled = true; });
  });
  // Coming back by the browser's history shows the page as it was left: make its buttons usable again.
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) for (const button of document.querySelectorAll("button[disabled]")) button.disabled = false;
  });

  // A refresh that fails must not replace the list, and must not go unnoticed.
  const lost = (is) => { const notice = one(".lost"); if (notice) notice.hidden = !is; };
  document.addEventListener("htmx:error", () => lost(true));
  document.addEventListener("htmx:before:swap", (event) => {
    const status = event.detail?.ctx?.response?.status ?? 200;
    lost(status >= 400);
    if (status >= 400) event.preventDefault();
  });

  one(".banner[tabindex]")?.focus({ preventScroll: true });
})();
