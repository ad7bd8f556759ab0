/* SPDX-License-Identifier: Apache-2.0
 * What pages do beyond htmx: buttons that copy, and instants in the reader's own time zone. Every page
 * works without this file; instants are then in UTC, and say so. */
(() => {
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    await navigator.clipboard.writeText(button.dataset.copy);
    const status = button.querySelector("[data-copied]");
    if (!status) return;
    status.textContent = button.dataset.copied;
    setTimeout(() => { status.textContent = ""; }, 2000);
  });

  /* The page's language, spoken as the reader's browser does where it knows it. */
  const page = document.documentElement.lang;
  const mine = navigator.languages.find((l) => l.split("-")[0] === page) ?? page;
  const language = mine === "en" ? "en-GB" : mine;
  const short = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" });
  const long = new Intl.DateTimeFormat(language, { dateStyle: "full", timeStyle: "long" });
  const relative = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
  const units = [["day", 86400], ["hour", 3600], ["minute", 60]];

  const set = (node, text) => { if (node.textContent !== text) node.textContent = text; };
  const served = Date.parse(document.documentElement.dataset.now);
  const skew = served ? served - Date.now() : 0; /* of the reader's clock */
  const distance = (at) => {
    const seconds = (at - Date.now() - skew) / 1000;
    const [unit, size] = units.find(([, s]) => Math.abs(seconds) >= s) ?? units[2];
    return relative.format(Math.trunc(seconds / size), unit);
  };

  /* A part of the page that is new, or was swapped, is in UTC again. */
  const localise = () => {
    for (const node of document.querySelectorAll("time[datetime]")) {
      const at = new Date(node.dateTime);
      set(node, short.format(at));
      node.title = long.format(at);
    }
    for (const node of document.querySelectorAll("[data-distance]"))
      set(node, `(${distance(new Date(node.dataset.distance))})`);
  };
  const watch = new MutationObserver(() => {
    localise();
    watch.takeRecords(); /* its own changes */
  });
  localise();
  watch.observe(document.body, { subtree: true, childList: true, characterData: true });
  setInterval(localise, 60000);

  /* A form is sent once, however often its button is clicked; again when it was not answered. */
  const mayBeSent = (form) => delete form.dataset.sent;
  document.addEventListener("submit", (event) => {
    if ("sent" in event.target.dataset) event.preventDefault();
    event.target.dataset.sent = "";
    setTimeout(mayBeSent, 5000, event.target);
  });
  addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach(mayBeSent));

  /* The stream of a page ends when its reader is signed out, or the thing is gone: then the page itself
   * says so. Anything else passes, and the stream is asked for again. */
  for (const name of ["htmx:sse:error", "htmx:response:error"]) {
    document.addEventListener(name, ({ target, detail }) => {
      const status = detail.status ?? detail.ctx?.response.status;
      if (target.id === "live" && [401, 404].includes(status)) location.reload();
    });
  }
})();
