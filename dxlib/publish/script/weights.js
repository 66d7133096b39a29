// Try your own weights: the main rows' weights move, the ranking beside the official one follows. Nothing is sent.
"use strict";
for (const frame of document.querySelectorAll(".trial[data-trial]")) {
  const given = JSON.parse(frame.dataset.trial);
  const OFFICIAL = 100;
  const written = (x, digits) => x.toLocaleString(dx.lang, { minimumFractionDigits: digits, maximumFractionDigits: digits });
  const factors = given.pillars.map(() => OFFICIAL);

  // Score of an agency: the mean of its shares under its own weights, each times the factor; then bonus and penalty.
  const score = (row, moved) => {
    const own = given.weights[row.w];
    let [sum, whole] = [0, 0];
    own.forEach((weight, k) => { sum += weight * moved[k] * row.s[k]; whole += weight * moved[k]; });
    if (!(whole > 0)) return NaN;
    const reached = sum / whole + row.x;
    return given.clamped ? Math.min(Math.max(reached, 0), 1) : reached;
  };

  // What decides a place: 12 decimals of the share, or the points as published.
  const deciding = (value, row) => {
    const scale = given.decimals === null ? 1e12 : row.m * 10 ** given.decimals;
    return Math.floor(value * scale + 0.5 + 1e-7);
  };

  const ranked = (moved) => {
    const rows = given.rows.map((row) => ({ ...row, score: score(row, moved) }));
    rows.forEach((row) => { row.key = deciding(row.score, row); });
    rows.forEach((row) => {
      row.rank = Number.isNaN(row.score) ? NaN
        : 1 + rows.filter((other) => other.l === row.l && other.key > row.key).length;
    });
    return rows.sort((a, b) => (a.l < b.l ? -1 : a.l > b.l ? 1 : a.rank - b.rank || a.r - b.r));
  };

  const body = dx.make("tbody");
  const heads = dx.make("tr");
  [["rank", "rank_new"], ["rank", "rank_official"], ["name", "agency"], ["number", "moved"], ["number", "score"]].forEach(
    ([kind, key]) => heads.append(dx.make("th", { scope: "col", className: kind }, dx.say[key])));
  const table = dx.make("table", {}, dx.make("caption", {}, dx.say.trial_table), dx.make("thead", {}, heads), body);
  const scroll = dx.make("div", { className: "table tall", tabIndex: 0 }, table);
  scroll.setAttribute("role", "region");
  scroll.setAttribute("aria-label", dx.say.trial_table);
  const status = dx.make("p", { className: "sentence" });
  status.setAttribute("role", "status");
  const outputs = [];
  const sliders = [];

  const show = () => {
    const moved = factors.map((factor) => factor / OFFICIAL);
    const whole = given.pillars.reduce((sum, pillar, k) => sum + pillar.weight * moved[k], 0);
    outputs.forEach((output, k) => {
      output.textContent = `${written(whole ? (100 * given.pillars[k].weight * moved[k]) / whole : 0, 1)} %`;
      sliders[k].setAttribute("aria-valuetext", output.textContent);
    });
    const rows = ranked(moved);
    body.replaceChildren(...rows.map((row) => {
      const step = row.r - row.rank;
      const sign = step > 0 ? `▲ ${step}` : step < 0 ? `▼ ${-step}` : "–";
      const line = dx.make("tr", {},
        dx.make("td", { className: "rank" }, Number.isNaN(row.rank) ? "–" : String(row.rank)),
        dx.make("td", { className: "rank" }, String(row.r)),
        dx.make("th", { scope: "row", className: "name" }, row.l ? `${row.n} (${row.l})` : row.n),
        dx.make("td", { className: "number" }, sign),
        dx.make("td", { className: "number" }, Number.isNaN(row.score) ? "–" : `${written(100 * row.score, 2)} %`));
      return line;
    }));
    const changed = rows.filter((row) => row.r !== row.rank).length;
    const first = rows.filter((row) => row.rank === 1).map((row) => row.n).join(", ");
    status.textContent = factors.every((factor) => factor === OFFICIAL) ? dx.say.trial_official
      : dx.say.trial_changed.replace("{n}", changed).replace("{all}", rows.length).replace("{first}", first);
  };

  const remember = () => {
    const official = factors.every((factor) => factor === OFFICIAL);
    history.replaceState(null, "", official ? location.pathname + location.search : `#w=${factors.join(",")}`);
  };

  const panel = dx.make("div", { className: "control sliders" });
  given.pillars.forEach((pillar, k) => {
    const slider = dx.make("input", { type: "range", min: "0", max: "300", step: "5", value: String(OFFICIAL) });
    const output = dx.make("output");
    slider.addEventListener("input", () => { factors[k] = Number(slider.value); show(); remember(); });
    sliders.push(slider);
    outputs.push(output);
    panel.append(dx.make("label", {}, dx.make("span", {}, pillar.name), slider, output));
  });
  const reset = dx.make("button", { type: "button", className: "control" }, dx.say.trial_reset);
  const set = (values) => {
    values.forEach((value, k) => { factors[k] = value; sliders[k].value = String(value); });
    show();
  };
  reset.addEventListener("click", () => { set(factors.map(() => OFFICIAL)); remember(); });
  frame.append(panel, reset, status, scroll);

  const asked = (/^#w=([\d,]+)$/.exec(location.hash) || ["", ""])[1].split(",").map(Number);
  set(asked.length === factors.length && asked.every((value) => value >= 0 && value <= 300) ? asked : factors.slice());
}
