"use strict";
(() => { // sorting and filters of the summary
  const table = document.querySelector(".summary table");
  const headings = [...table.tHead.rows[0].cells];
  const rows = [...table.tBodies[0].rows];
  const collator = new Intl.Collator("en", { numeric: true });

  const keyOf = (row, column) => {
    const { value } = row.cells[column].dataset;
    return value === "" || headings[column].dataset.sort === "text" ? value : Number(value);
  };

  const sort = (column, sign) => {
    rows.sort((one, other) => {
      const [x, y] = [keyOf(one, column), keyOf(other, column)];
      if (x === "" || y === "") return (x === "") - (y === ""); // rows without a value come last in both directions
      return sign * (typeof x === "number" ? x - y : collator.compare(x, y));
    });
    table.tBodies[0].append(...rows);
  };

  headings.forEach((heading, column) => {
    heading.querySelector("button").addEventListener("click", () => {
      const ascends = heading.getAttribute("aria-sort") !== "ascending";
      headings.forEach((other) => other.removeAttribute("aria-sort"));
      heading.setAttribute("aria-sort", ascends ? "ascending" : "descending");
      sort(column, ascends ? 1 : -1);
    });
  });

  const text = document.querySelector("#the-text");
  const verdict = document.querySelector("#the-verdict"); // only if there are claims
  const status = document.querySelector("[role=status]");

  const filter = () => {
    const words = text.value.toLowerCase().split(/\s+/);
    rows.forEach((row) => {
      const content = row.textContent.toLowerCase();
      const matches = !verdict?.value || row.dataset.verdict === verdict.value;
      row.hidden = !matches || !words.every((word) => content.includes(word));
    });
    status.textContent = `${rows.filter((row) => !row.hidden).length} of ${rows.length} shown`;
  };
  text.addEventListener("input", filter);
  verdict?.addEventListener("change", filter);
  filter();
})();

(() => { // folding: a link opens its target
  const reveal = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const fold = target?.querySelector("details") ?? target?.closest("details");
    if (!fold) return;
    fold.open = true;
    target.scrollIntoView();
  };
  addEventListener("hashchange", reveal);
  document.addEventListener("click", ({ target }) => {
    if (target.closest("a[href^='#']")?.hash === location.hash) reveal(); // it was folded again since
  });
  reveal();

  const parts = [...document.querySelectorAll("#the-experiments .part > details")];
  if (parts.length > 1) {
    const button = document.createElement("button");
    button.type = "button";
    const name = () => { button.textContent = parts.every((part) => part.open) ? "Close all" : "Open all"; };
    button.addEventListener("click", () => {
      const open = !parts.every((part) => part.open);
      parts.forEach((part) => { part.open = open; });
    });
    parts.forEach((part) => part.addEventListener("toggle", name));
    name();
    document.querySelector("#the-experiments > h2").after(button);
  }
  addEventListener("beforeprint", () => parts.forEach((part) => { part.open = true; }));
})();

(() => { // figures: enlarged, and as thumbnails in the summary
  const dialog = document.querySelector("dialog");
  const box = dialog.querySelector("div");

  const enlarge = (picture) => {
    box.replaceChildren(picture.cloneNode());
    dialog.showModal();
  };

  document.addEventListener("click", ({ target }) => {
    const picture = target.closest(".zoom")?.querySelector("img");
    if (picture) enlarge(picture);
    else if (target === dialog || target.closest("dialog button")) dialog.close();
  });

  document.querySelectorAll(".summary tbody th").forEach((cell) => {
    const section = document.getElementById(cell.dataset.value);
    const pictures = [...section.querySelectorAll(".figures .zoom")].slice(0, 3);
    if (!pictures.length) return;
    const strip = document.createElement("span");
    strip.className = "thumbnails";
    strip.append(...pictures.map((picture) => picture.cloneNode(true)));
    cell.append(strip);
  });
})();
