/* SPDX-License-Identifier: Apache-2.0
 * What pages do beyond htmx: buttons that copy. Every page works without this file. */
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  await navigator.clipboard.writeText(button.dataset.copy);
  const status = button.querySelector("[data-copied]");
  if (!status) return;
  status.textContent = button.dataset.copied;
  setTimeout(() => { status.textContent = ""; }, 2000);
});
