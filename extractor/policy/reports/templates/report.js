"use strict";
(() => {
  const form = document.getElementById("filters");
  const all = (query, root = document) => [...root.querySelectorAll(query)];

  // Sorting: each heading of a sortable table becomes a button.
  const key = (row, column) => {
    const cell = row.cells[column];
    const text = cell.dataset.sort ?? cell.textContent.trim();
    const number = text === "" || text === "–" ? NaN : Number(text.replace(/[,%\s]/g, ""));
    return { text, number, empty: text === "" || text === "–" };
  };
  const compare = (one, other, down) => {
    if (one.empty || other.empty) return one.empty - other.empty;
    const numbers = !Number.isNaN(one.number) && !Number.isNaN(other.number);
    const order = numbers ? one.number - other.number : one.text.localeCompare(other.text, undefined, { numeric: true });
    return down ? -order : order;
  };
  for (const table of all("table.sortable")) {
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const before = head.getAttribute("aria-sort");
        const down = before ? before === "ascending" : head.classList.contains("number");
        heads.forEach((other) => other.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        const body = table.tBodies[0];
        const rows = [...body.rows].map((row) => [key(row, column), row]);
        rows.sort((one, other) => compare(one[0], other[0], down));
        body.append(...rows.map(([, row]) => row));
      });
    });
  }

  // Filters: they hide rows of the queue, and findings.
  if (form) {
    const rows = all("table.queue tbody tr");
    const cards = all("article.card");
    const shown = document.getElementById("shown");
    const texts = new Map([...rows, ...cards].map((one) => [one, one.textContent.toLowerCase()]));
    const apply = () => {
      const asked = new FormData(form);
      const words = asked.get("text").toLowerCase().split(/\s+/).filter(Boolean);
      const fits = (one) =>
        words.every((word) => texts.get(one).includes(word)) &&
        ["severity", "verdict", "currency"].every((name) => !asked.get(name) || one.dataset[name] === asked.get(name)) &&
        (!asked.get("rules") || one.dataset.rules.split(" ").includes(asked.get("rules")));
      for (const one of [...rows, ...cards]) one.hidden = !fits(one);
      for (const group of all(".cards")) {
        const none = all("article.card", group).every((card) => card.hidden);
        group.hidden = none;
        group.previousElementSibling.hidden = none;
      }
      const left = rows.filter((row) => !row.hidden).length;
      shown.textContent = left === rows.length ? `${left} claims` : `${left} of ${rows.length} claims`;
    };
    form.hidden = false;
    form.addEventListener("input", apply);
    form.addEventListener("change", apply); // not every browser tells of a choice by input
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("reset", () => setTimeout(apply));
    apply();
  }

  // On paper nothing can be unfolded.
  addEventListener("beforeprint", () => all("#dismissed details").forEach((one) => (one.open = true)));
})();
