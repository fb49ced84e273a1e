/* What a page does by itself in the browser: a table as CSV, a command to the clipboard, the toolkit's button for files
   named as its place is, and Tab leading out of an editor as out of any other field. Asks nobody for anything. */
(() => {
  const FORMULA = /^[=+\-@\t\r\n＝＋－＠]/, NUMBER = /^-?[\d.,]+%?$/;
  const said = (cell) => {
    const walk = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT), parts = [];
    for (let at = walk.nextNode(); at; at = walk.nextNode()) {
      const digest = at.parentElement.closest("code.digest");
      parts.push((digest && digest.title) || at.textContent.trim());
    }
    return parts.filter(Boolean).join(" ").replace(/\s+/g, " ");
  };
  const quoted = (text) => {
    const safe = FORMULA.test(text) && !NUMBER.test(text) ? `'${text}` : text;
    return `"${safe.replaceAll('"', '""')}"`;
  };
  const csv = (table) =>
    "\ufeff" + [...table.rows].map((row) => [...row.cells].map((cell) => quoted(said(cell))).join(",")).join("\r\n");
  const save = (name, text) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "text/csv;charset=utf-8" }));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  };
  const name = () => {
    for (const place of document.querySelectorAll(".q-uploader[aria-label]"))
      for (const control of place.querySelectorAll("a.q-btn, .q-uploader__input"))
        control.setAttribute("aria-label", place.getAttribute("aria-label"));
  };
  new MutationObserver(name).observe(document, { childList: true, subtree: true });
  const leave = (event) => {
    if (event.key === "Tab" && event.target.closest(".cm-editor")) event.stopPropagation();
  };
  document.addEventListener("keydown", leave, true);
  document.addEventListener("click", (event) => {
    const table = event.target.closest("[data-csv]");
    if (table) save(`${table.dataset.csv}.csv`, csv(table.closest(".table").querySelector("table")));
    const copy = event.target.closest("[data-copy]");
    if (copy) {
      const text = copy.closest(".command").querySelector("code").textContent;
      const done = () => copy.classList.add("done");
      if (navigator.clipboard) navigator.clipboard.writeText(text).then(done);
    }
  });
})();
