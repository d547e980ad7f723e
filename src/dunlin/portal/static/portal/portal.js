// The portal works without this. It adds buttons that copy, and keeps a form from being sent twice by an impatient finger.
"use strict";

function offerToCopy(text) {
  if (!navigator.clipboard) return; // only over an encrypted connection, or on this machine
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy";
  button.textContent = text.dataset.copy;
  button.setAttribute("aria-label", `${text.dataset.copy}: ${text.dataset.what}`);
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(text.dataset.value);
    button.textContent = text.dataset.copied;
    button.setAttribute("aria-label", text.dataset.copied);
    setTimeout(() => {
      button.textContent = text.dataset.copy;
      button.setAttribute("aria-label", `${text.dataset.copy}: ${text.dataset.what}`);
    }, 3000);
  });
  text.after(button);
}

document.querySelectorAll("[data-copy]").forEach(offerToCopy);

document.querySelectorAll("form[method=post]").forEach((form) => {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  });
});

// Coming back with the browser's button shows the page as it was left: it may be sent again.
window.addEventListener("pageshow", () => {
  document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent);
});
