// Tables that can be sorted and filtered. Without this script they stand as published.
"use strict";
const dx = {
  lang: document.documentElement.lang,
  say: JSON.parse(document.getElementById("say").textContent),

  make(tag, properties = {}, ...children) {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  },

  // Letters without tone marks, so that "thuy lam" finds "Thụy Lâm".
  fold(text) {
    return text.normalize("NFD").replace(/[\u0300-\u036f]/g, "").replace(/[đĐ]/g, "d").toLowerCase();
  },

  number(text) {
    const point = dx.lang === "@comma@" ? text.replace(/[.\s]/g, "").replace(",", ".") : text.replace(/[,\s]/g, "");
    const found = /^[+−-]?\d+(\.\d+)?/.exec(point);
    return found ? Number(found[0].replace("−", "-")) : NaN;
  },

  compare(a, b, numeric) {
    if (!numeric) return a.localeCompare(b, dx.lang);
    const [x, y] = [dx.number(a), dx.number(b)];
    return Number.isNaN(x) - Number.isNaN(y) || x - y;
  },

  sortable(table) {
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, column) => {
      const numeric = ["number", "bar", "rank"].some((kind) => head.classList.contains(kind));
      const button = dx.make("button", { type: "button", className: "control sort", title: dx.say.sort });
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const down = head.ariaSort === "ascending";
        heads.forEach((other) => { other.ariaSort = null; });
        head.ariaSort = down ? "descending" : "ascending";
        const cells = [...table.tBodies[0].rows].map((row) => [row.cells[column].textContent.trim(), row]);
        const lacking = (text) => numeric && Number.isNaN(dx.number(text));
        cells.sort(([a], [b]) => lacking(a) - lacking(b) || dx.compare(a, b, numeric) * (down ? -1 : 1));
        table.tBodies[0].append(...cells.map(([, row]) => row));
      });
    });
  },

  filterable(table) {
    const field = dx.make("input", { type: "search", className: "control filter", placeholder: dx.say.filter });
    field.setAttribute("aria-label", `${dx.say.filter}: ${table.caption ? table.caption.textContent : ""}`);
    const count = dx.make("span", { className: "control count" });
    count.setAttribute("role", "status");
    field.addEventListener("input", () => {
      const wanted = dx.fold(field.value.trim());
      const rows = [...table.tBodies[0].rows];
      rows.forEach((row) => { row.hidden = !dx.fold(row.textContent).includes(wanted); });
      count.textContent = wanted ? `${rows.filter((row) => !row.hidden).length} / ${rows.length}` : "";
    });
    table.parentElement.before(dx.make("p", { className: "control" }, field, " ", count));
  },
};
for (const table of document.querySelectorAll(".table > table")) {
  if (table.tHead && table.tBodies[0].rows.length > 7) dx.sortable(table);
  if (table.tHead && table.tBodies[0].rows.length > 15) dx.filterable(table);
}
