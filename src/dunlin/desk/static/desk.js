/* Dunlin's own script. Pages work without it; with it they have keys, drafts, dialogs, toasts and live parts.
   What a page can say in its HTML:
     data-key="c"          this control answers that key ("g t" two keys in turn, "mod+enter" also while typing)
     data-row              one stop of j and k; its a[data-open] (or first link) gets the focus, so Enter opens it
     data-draft="call-7"   what is typed in this form survives a reload, until the server has taken it
     data-dialog="id"      opens that <dialog>; data-close closes the one around it
     data-copy="text"      copies the text; data-theme-next turns the theme; data-submit sends its form on change
     class="dims"          the old content dims while its new version is under way (hx-target)                        */
"use strict";
(() => {
  const one = (what, root = document) => root.querySelector(what);
  const all = (what, root = document) => [...root.querySelectorAll(what)];
  const seen = (el) => el.checkVisibility({ visibilityProperty: true }) && !el.disabled && el.getAttribute("aria-disabled") !== "true";
  const typing = (el) => el.closest("textarea, select, [contenteditable], input:not([type=checkbox], [type=radio], [type=submit], [type=button])");

  /* Toasts */
  function toast(text, kind = "info") {
    const line = one("#toast-model").content.firstElementChild.cloneNode(true);
    line.classList.add(kind);
    one("p", line).textContent = text;
    one("#toasts").append(line);
    leaves(line);
  }
  function leaves(line) {
    // Errors and undo stay until they are closed: what must be read or may be needed never runs away.
    if (line.classList.contains("bad") || one("form, a", line)) return;
    let timer = setTimeout(() => line.remove(), 6000);
    line.addEventListener("pointerenter", () => clearTimeout(timer));
    line.addEventListener("pointerleave", () => { timer = setTimeout(() => line.remove(), 3000); });
  }

  /* Keys */
  let waiting = "", waitingUntil = 0;
  function named(event) {
    const key = event.key.length === 1 ? event.key : event.key.toLowerCase();
    return (event.ctrlKey || event.metaKey ? "mod+" : "") + (event.altKey ? "alt+" : "") + key;
  }
  function answering(key) {
    const dialog = one("dialog[open]");
    const row = document.activeElement?.closest("[data-row]");
    for (const root of dialog ? [dialog] : [row, one("main"), document]) {
      const found = root && all("[data-key]", root).find((el) => el.dataset.key === key && seen(el));
      if (found) return found;
    }
    return null;
  }
  function act(el) {
    if (el.matches("input[type=radio], input[type=checkbox], a, button, summary")) { el.focus(); el.click(); }
    else { el.focus(); el.select?.(); }
  }
  function move(step) {
    const rows = all("[data-row]").filter(seen);
    if (!rows.length) return;
    const at = rows.indexOf(document.activeElement?.closest("[data-row]"));
    const row = rows[at < 0 ? (step > 0 ? 0 : rows.length - 1) : Math.min(Math.max(at + step, 0), rows.length - 1)];
    (one("a[data-open]", row) ?? one("a, button", row) ?? row).focus();
    row.scrollIntoView({ block: "nearest" });
  }
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing) return;
    const key = named(event);
    if (key === "escape") { escape(event); return; }
    const inField = typing(event.target);
    if (inField && !key.startsWith("mod+")) { fieldKeys(event, key); return; }
    if (key.startsWith("alt+")) return;
    const pair = waiting && Date.now() < waitingUntil ? `${waiting} ${key}` : "";
    waiting = "";
    const el = (pair && answering(pair)) || answering(key);
    if (el) act(el);
    else if (key === "j" || (key === "arrowdown" && event.target.closest("[data-row]"))) move(1);
    else if (key === "k" || (key === "arrowup" && event.target.closest("[data-row]"))) move(-1);
    else if (key === "?") showKeys();
    else if (key.length === 1 && one(`[data-key^="${CSS.escape(key)} "]`)) { waiting = key; waitingUntil = Date.now() + 1200; return; }
    else return;
    event.preventDefault();
  });
  function escape(event) {
    const found = one("#found");
    if (found?.childElementCount) { found.replaceChildren(); one("#search")?.focus(); }
    else if (typing(event.target) && !event.target.closest("dialog")) event.target.blur();
  }
  function fieldKeys(event, key) {
    // From the search box the arrows walk through what was found.
    if (event.target.id !== "search" || (key !== "arrowdown" && key !== "enter")) return;
    const first = one("#found a");
    if (!first) return;
    event.preventDefault();
    if (key === "enter") first.click(); else first.focus();
  }
  one("#found")?.addEventListener("keydown", (event) => {
    const links = all("#found a"), at = links.indexOf(document.activeElement);
    const to = { ArrowDown: links[at + 1], ArrowUp: links[at - 1] ?? one("#search") }[event.key];
    if (to) { to.focus(); event.preventDefault(); event.stopPropagation(); }
  });
  function showKeys() {
    const dialog = one("#keys");
    if (!dialog || dialog.open) return;
    const list = one("[data-keys-here]", dialog);
    const lines = new Map();
    for (const el of all("[data-key]").filter((el) => seen(el) && !el.closest("#keys"))) {
      const words = (el.dataset.keyLabel || el.getAttribute("aria-label") || labelOf(el)).trim().replace(/\s+/g, " ");
      if (!lines.has(el.dataset.key)) lines.set(el.dataset.key, words);
    }
    list.replaceChildren(...[...lines].map(([key, words]) => {
      const line = document.createElement("li"), what = document.createElement("span"), keys = document.createElement("span");
      what.textContent = words;
      for (const part of key.split(" ")) { const kbd = document.createElement("kbd"); kbd.textContent = part.replace("mod+", "Ctrl ").replace("enter", "Enter"); keys.append(kbd, " "); }
      line.append(what, keys);
      return line;
    }));
    dialog.showModal();
  }
  function labelOf(el) {
    const copy = (el.labels?.[0] ?? el).cloneNode(true);
    all("kbd, .count, .optional", copy).forEach((part) => part.remove());
    return copy.textContent;
  }

  /* Drafts */
  const store = sessionStorage, draftOf = (form) => `draft:${form.dataset.draft}`;
  const kept = (form) => [...form.elements].filter((el) => el.name && el.name !== "csrfmiddlewaretoken" && !["password", "hidden", "file", "submit", "button"].includes(el.type));
  function save(form) {
    store.setItem(draftOf(form), JSON.stringify(kept(form).map((el) => [el.name, el.value, el.checked ?? null])));
  }
  function restore(form) {
    const text = store.getItem(draftOf(form));
    // What the server sent back with an error is newer than the draft.
    if (!text || one("[aria-invalid=true]", form)) return;
    const values = JSON.parse(text);
    kept(form).forEach((el) => {
      const choice = el.type === "radio" || el.type === "checkbox";
      const found = values.find(([name, value]) => name === el.name && (!choice || value === el.value));
      if (!found) return;
      if (choice) el.checked = found[2]; else el.value = found[1];
    });
    form.dispatchEvent(new CustomEvent("draft:restored", { bubbles: true }));
  }
  function settleDrafts() {
    // A page came after sending: the server has it, unless it answers with a refusal; then the draft is still wanted.
    const refused = one(".toast.bad, [aria-invalid=true]");
    for (const name of Object.keys(store).filter((name) => name.startsWith("sent:"))) {
      if (!refused) store.removeItem(name.slice(5));
      store.removeItem(name);
    }
  }
  document.addEventListener("input", (event) => { const form = event.target.closest("form[data-draft]"); if (form) save(form); });
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.dataset.draft) store.setItem(`sent:${draftOf(form)}`, "1");
    const button = event.submitter;
    if (button && !form.matches("[method=dialog], [hx-post], [hx-get], [data-again]")) setTimeout(() => { button.disabled = true; });
  });

  /* Clicks: dialogs, copy, theme, closing */
  document.addEventListener("click", async (event) => {
    const el = event.target.closest("[data-dialog], [data-close], [data-copy], [data-theme-next], [data-show-keys]");
    if (!el) {
      if (event.target.matches("dialog") && !one("form[data-draft]", event.target)) event.target.close();
      if (!event.target.closest(".search")) one("#found")?.replaceChildren();
      return;
    }
    if (el.dataset.dialog) { event.preventDefault(); const dialog = document.getElementById(el.dataset.dialog); dialog.showModal(); one("[autofocus], input:not([type=hidden]), select, textarea", dialog)?.focus(); }
    else if ("showKeys" in el.dataset) showKeys();
    else if ("close" in el.dataset) (el.closest("dialog")?.close(), el.closest(".toast")?.remove());
    else if ("copy" in el.dataset) { await navigator.clipboard.writeText(el.dataset.copy); toast(`Copied ${el.dataset.copy}`, "good"); }
    else nextTheme(el);
  });
  document.addEventListener("change", (event) => { if (event.target.closest("[data-submit]")) event.target.form.requestSubmit(); });
  function nextTheme(el) {
    const root = document.documentElement, order = ["auto", "light", "dark"];
    const theme = order[(order.indexOf(root.dataset.theme ?? "auto") + 1) % 3];
    if (theme === "auto") delete root.dataset.theme; else root.dataset.theme = theme;
    document.cookie = `dunlin_theme=${theme}; path=/; max-age=31536000; samesite=lax`;
    const words = one("[data-theme-name]", el);
    if (words) words.textContent = theme;
  }

  /* Live parts */
  // Filters answer in place, so the day must be asked for with the filters of the address, not those the page came with.
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("form.as-of")) return;
    event.preventDefault();
    const asked = new URLSearchParams(location.search);
    asked.set("as_of", event.target.elements.as_of.value);
    asked.delete("page");
    location.search = asked;
  });
  // An address worth keeping names only what was chosen, and keeps the order that was clicked meanwhile.
  document.addEventListener("htmx:configRequest", (event) => {
    if (!event.detail.elt.matches("form.filters")) return;
    const { parameters } = event.detail, sort = new URLSearchParams(location.search).get("sort");
    if (sort) parameters.sort = sort;
    for (const name of Object.keys(parameters)) if (parameters[name] === "") delete parameters[name];
  });
  document.addEventListener("htmx:beforeRequest", (event) => event.detail.target.classList.add("is-waiting"));
  document.addEventListener("htmx:afterRequest", (event) => event.detail.target.classList.remove("is-waiting"));
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr } = event.detail;
    if (xhr.status < 400) return;
    const refusal = new DOMParser().parseFromString(xhr.responseText, "text/html").querySelector("[data-refusal]");
    if (refusal) toast(refusal.textContent.trim(), "bad");
    // A form that comes back with its errors is shown; nothing else that failed replaces what is on the screen.
    else if (xhr.status === 422) { event.detail.shouldSwap = true; event.detail.isError = false; }
    else toast(`That did not work (${xhr.status}). Nothing was changed; try again.`, "bad");
  });
  document.addEventListener("htmx:sendError", () => toast("The server cannot be reached. What you typed is still here.", "bad"));
  document.addEventListener("htmx:afterRequest", (event) => {
    const form = event.detail.elt.closest?.("form[data-draft]");
    if (!form) return;
    store.removeItem(`sent:${draftOf(form)}`);
    if (event.detail.successful && event.detail.requestConfig.verb !== "get") store.removeItem(draftOf(form));
  });
  document.addEventListener("htmx:load", (event) => start(event.detail.elt));

  function start(root) {
    all("form[data-draft]", root).forEach(restore);
    if (root.matches?.("form[data-draft]")) restore(root);
    all(".toast", root).forEach(leaves);
    if (root.matches?.(".toast")) leaves(root);
    all("dialog[data-show]", root).forEach((dialog) => dialog.open || dialog.showModal());
    all(".tabs", root).forEach(showChosen);
  }
  // On a narrow screen the chosen tab may lie outside the strip; only the strip moves, never the page.
  function showChosen(strip) {
    const chosen = one("[aria-current]", strip);
    if (chosen) strip.scrollLeft += chosen.getBoundingClientRect().left - strip.getBoundingClientRect().left - (strip.clientWidth - chosen.clientWidth) / 2;
  }
  settleDrafts();
  if (!window.htmx) start(document.body);
  window.dunlin = { toast };
})();
