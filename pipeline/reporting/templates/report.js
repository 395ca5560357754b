"use strict";
(() => {
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
  const verdict = document.querySelector("#the-verdict");
  const status = document.querySelector("[role=status]");

  const filter = () => {
    const words = text.value.toLowerCase().split(/\s+/);
    rows.forEach((row) => {
      const content = row.textContent.toLowerCase();
      const matches = !verdict.value || row.dataset.verdict === verdict.value;
      row.hidden = !matches || !words.every((word) => content.includes(word));
    });
    status.textContent = `${rows.filter((row) => !row.hidden).length} of ${rows.length} shown`;
  };
  text.addEventListener("input", filter);
  verdict.addEventListener("change", filter);
  filter();

  const dialog = document.querySelector("dialog");
  document.addEventListener("click", ({ target }) => {
    const picture = target.closest(".zoom")?.querySelector("img");
    if (picture) {
      dialog.querySelector("div").replaceChildren(picture.cloneNode());
      dialog.showModal();
    } else if (target === dialog || target.closest("dialog button")) {
      dialog.close();
    }
  });
})();
