/* The pages collectors work in. Without it they work too: this only puts the cursor where one is about to type. */
"use strict";
(() => {
  document.addEventListener("toggle", (event) => {
    if (!event.target.open || !event.target.matches("details.edit")) return;
    const field = event.target.querySelector("input:not([type=hidden])");
    field?.focus();
    field?.select();
  }, true);
  // Ticked documents: how many, how much of each currency, and what can be done with them.
  document.addEventListener("change", (event) => {
    const form = event.target.closest("form#pick");
    if (form) tell(form);
  });
  window.addEventListener("pageshow", () => { const form = document.getElementById("pick"); if (form) tell(form); });
  function tell(form) {
    const bar = form.querySelector(".chosen"), chosen = [...form.querySelectorAll("[name=item]:checked")];
    if (!bar) return;
    const sums = new Map();
    for (const { dataset } of chosen) {
      const [whole, part = ""] = dataset.amount.replaceAll(",", "").split("."), was = sums.get(dataset.currency) ?? { minor: 0n, digits: 0 };
      const digits = Math.max(was.digits, part.length);
      sums.set(dataset.currency, { minor: was.minor * 10n ** BigInt(digits - was.digits) + BigInt(whole + part.padEnd(digits, "0")), digits });
    }
    const said = [...sums].map(([currency, { minor, digits }]) => {
      const text = String(minor).padStart(digits + 1, "0"), whole = text.slice(0, text.length - digits).replace(/\B(?=(\d{3})+$)/g, ",");
      return `${whole}${digits ? "." + text.slice(-digits) : ""} ${currency}`;
    });
    bar.querySelector("[data-chosen]").textContent = `${chosen.length} chosen · ${said.join(" · ")}`;
    bar.hidden = !chosen.length;
  }
})();
