/* The pages collectors work in. Without it they work too: this only puts the cursor where one is about to type. */
"use strict";
(() => {
  document.addEventListener("toggle", (event) => {
    if (!event.target.open || !event.target.matches("details.edit")) return;
    const field = event.target.querySelector("input:not([type=hidden])");
    field?.focus();
    field?.select();
  }, true);
})();
