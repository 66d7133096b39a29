// The index of the site: find an agency at once, compare agencies, addresses that lead back to both.
"use strict";
(() => {
  const pillars = JSON.parse(document.getElementById("pillars").textContent);
  const rows = [...document.querySelectorAll("tr[data-place]")];
  const found = document.getElementById("found");
  const field = document.getElementById("search");
  const panel = document.getElementById("compared");
  const picked = new Set();
  const boxes = new Map();
  const MOST = 40;

  const about = (row) => ({
    place: row.dataset.place,
    group: row.dataset.place.replace(/\/[^/]*$/, ""),
    name: row.querySelector("th").textContent,
    address: row.querySelector("th a")?.getAttribute("href"),
    cells: [...row.querySelectorAll("td[data-what]")].map((cell) => [cell.dataset.what, cell.textContent]),
    set: row.closest("section").querySelector("h3").textContent,
    folded: dx.fold(row.querySelector("th").textContent),
  });
  const agencies = rows.map(about);
  const byPlace = new Map(agencies.map((agency) => [agency.place, agency]));

  const remember = () => {
    const parts = [];
    if (field.value.trim()) parts.push(`q=${encodeURIComponent(field.value.trim())}`);
    if (picked.size) parts.push(`c=${[...picked].map(encodeURIComponent).join(",")}`);
    history.replaceState(null, "", parts.length ? `#${parts.join("&")}` : location.pathname + location.search);
  };

  const choose = (place, on) => {
    if (on) picked.add(place); else picked.delete(place);
    (boxes.get(place) || []).forEach((box) => { box.checked = on; });
    showCompared();
    remember();
  };

  const box = (agency) => {
    const one = dx.make("input", { type: "checkbox", className: "control", checked: picked.has(agency.place) });
    one.setAttribute("aria-label", `${dx.say.compare}: ${agency.name}`);
    one.addEventListener("change", () => choose(agency.place, one.checked));
    boxes.set(agency.place, [...(boxes.get(agency.place) || []).filter((b) => b.isConnected), one]);
    return one;
  };

  const called = (agency) =>
    agency.address ? dx.make("a", { href: agency.address }, agency.name) : agency.name;

  const search = () => {
    const wanted = dx.fold(field.value.trim());
    found.replaceChildren();
    if (!wanted) return;
    const hits = agencies.filter((agency) => agency.folded.includes(wanted));
    const said = hits.length ? `${dx.say.found}: ${hits.length}` : dx.say.nothing;
    found.append(dx.make("p", { className: "note" }, hits.length > MOST ? `${said} (${dx.say.first} ${MOST})` : said));
    const list = dx.make("ul", { className: "found" });
    hits.slice(0, MOST).forEach((agency) => {
      const facts = agency.cells.map(([, value]) => value).filter((value) => value !== "–").join(" · ");
      const line = dx.make("span", { className: "note" }, `${agency.set}: ${facts}`);
      list.append(dx.make("li", {}, box(agency), " ", called(agency), dx.make("br"), line));
    });
    found.append(list);
  };

  const showCompared = () => {
    panel.replaceChildren();
    panel.hidden = !picked.size;
    if (!picked.size) return;
    const clear = dx.make("button", { type: "button" }, dx.say.clear);
    clear.addEventListener("click", () => [...picked].forEach((place) => choose(place, false)));
    panel.append(dx.make("h2", {}, dx.say.compare), dx.make("p", {}, clear));
    const groups = Map.groupBy
      ? Map.groupBy([...picked].map((p) => byPlace.get(p)), (a) => a.group)
      : [...picked].map((p) => byPlace.get(p)).reduce((m, a) => m.set(a.group, [...(m.get(a.group) || []), a]), new Map());
    groups.forEach((members, group) => panel.append(comparison(members, pillars[group] || { names: [], of: {} })));
    if (groups.size > 1) panel.append(dx.make("p", { className: "note" }, dx.say.apart));
  };

  const comparison = (members, figures) => {
    const head = dx.make("tr", {}, dx.make("th", { scope: "col" }, dx.say.row));
    members.forEach((agency) => head.append(dx.make("th", { scope: "col", className: "number" }, called(agency))));
    const body = dx.make("tbody");
    const line = (name, values) => {
      const row = dx.make("tr", {}, dx.make("th", { scope: "row" }, name));
      values.forEach((value) => row.append(dx.make("td", { className: "number" }, value)));
      body.append(row);
    };
    members[0].cells.forEach(([what], i) => line(what, members.map((agency) => agency.cells[i][1])));
    figures.names.forEach((name, i) =>
      line(name, members.map((a) => (figures.of[a.place.split("/").pop()] || [])[i] || "–")));
    const table = dx.make("table", {}, dx.make("caption", {}, members[0].set), dx.make("thead", {}, head), body);
    const frame = dx.make("div", { className: "table", tabIndex: 0 }, table);
    frame.setAttribute("role", "region");
    frame.setAttribute("aria-label", `${dx.say.compare}: ${members[0].set}`);
    return frame;
  };

  rows.forEach((row, i) => row.querySelector("th").prepend(box(agencies[i]), " "));
  const start = () => {
    const asked = new URLSearchParams(location.hash.slice(1));
    field.value = asked.get("q") || "";
    (asked.get("c") || "").split(",").filter((place) => byPlace.has(place)).forEach((place) => picked.add(place));
    picked.forEach((place) => boxes.get(place).forEach((one) => { one.checked = true; }));
    const [named = ""] = asked.keys();  // of an address without "=" all of it; whatever it holds, it is read
    const target = byPlace.has(named) ? null : document.getElementById(named);
    if (target) target.querySelector("details")?.setAttribute("open", "");
    search();
    showCompared();
  };
  field.addEventListener("input", () => { search(); remember(); });
  window.addEventListener("hashchange", start);
  document.getElementById("finder").hidden = false;
  start();
})();
