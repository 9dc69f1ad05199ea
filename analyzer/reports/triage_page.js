"use strict";
(() => {
  const read = (id) => JSON.parse(document.getElementById(id).textContent);
  const words = read("words"), elements = read("elements"), data = read("data");
  const [NAMES, TITLE, INSTITUTION, VERSION, DATE, PAGES, TRIAGE, SCORE, SEVERITY, VERDICTS, CODE, FAILURE_ZH, FAILURE_EN, PAGE] = Array(14).keys();
  const LETTERS = { a: "adequate", p: "partial", m: "missing", n: "not_applicable" };
  const SIGNS = { a: "✓", p: "!", m: "✗", n: "–", "-": "" };
  const COLOURS = { a: [46, 139, 87], p: [240, 170, 70], m: [200, 50, 42], n: [205, 210, 215], "-": [245, 246, 247] };
  const RANKS = { return: 0, revise: 1, ready: 2, "": 3 };
  const HEIGHT = 34, BUFFER = 6, LINE = 18;
  const at = (id) => document.getElementById(id);
  const frame = at("frame"), body = at("rows"), filters = at("filters"), canvas = at("heat"), dialog = at("detail");
  const plain = data.map((row) => row[VERDICTS].toLowerCase());
  const folded = data.map((row) => [...row[NAMES], row[TITLE], row[INSTITUTION]].join("\n").toLowerCase());
  let language = document.documentElement.lang;
  let sort = { column: "file", down: false };
  let later = 0;
  let view = data.map((_, index) => index);

  const say = (key, values = {}) => (words[language][key] ?? key).replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
  const make = (tag, text, className) => {
    const node = document.createElement(tag);
    if (text !== undefined) node.textContent = text;
    if (className) node.className = className;
    return node;
  };
  const shape = (tag, attributes, ...children) => {
    const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    node.append(...children);
    return node;
  };
  const base = (name) => name.split(/[\\/]/).pop();
  const outcome = (row) => (row[CODE] ? "failed" : row[TRIAGE]);
  const outcomeWord = (row) => say(row[CODE] ? "index_failed" : `triage_${row[TRIAGE]}`);

  // --- columns and order
  const columns = [
    ["file", (row) => base(row[NAMES][0])], ["outcome", (row) => RANKS[row[TRIAGE]]], ["score", (row) => (row[CODE] ? -1 : row[SCORE])],
    ["title", (row) => row[TITLE]], ["institution", (row) => row[INSTITUTION]], ["date", (row) => row[DATE]], ["pages", (row) => row[PAGES]],
  ];
  const RANK_OF_LETTER = { m: 0, p: 1, a: 2, n: 3, "-": 4 };
  const keyOf = (column) => {
    if (typeof column === "number") return (row, index) => RANK_OF_LETTER[plain[index][column]];
    return columns.find(([name]) => name === column)[1];
  };
  const collator = new Intl.Collator(undefined, { numeric: true });
  const orders = new Map();
  const orderOf = (column) => {
    if (!orders.has(column)) {
      const keys = data.map(keyOf(column)), order = data.map((_, index) => index);
      order.sort((one, other) => (typeof keys[one] === "number" ? keys[one] - keys[other] : collator.compare(keys[one], keys[other])) || one - other);
      orders.set(column, order);
    }
    return orders.get(column);
  };

  // --- filter
  const wanted = () => Object.fromEntries(new FormData(filters));
  const arrange = () => {
    const want = wanted(), text = want.words.trim().toLowerCase().split(/\s+/).filter(Boolean);
    const element = want.element === "" ? -1 : Number(want.element);
    const verdict = want.verdict, least = want.least === "" ? -1 : Number(want.least), most = want.most === "" ? 101 : Number(want.most);
    const order = orderOf(sort.column);
    view = [];
    for (let position = 0; position < order.length; position++) {
      const index = order[sort.down ? order.length - 1 - position : position], row = data[index];
      if (want.outcome && outcome(row) !== want.outcome) continue;
      if (want.severity && row[SEVERITY] !== want.severity) continue;
      if ((least > -1 || most < 101) && (row[CODE] || row[SCORE] < least || row[SCORE] > most)) continue;
      if ((want.since && !(row[DATE] >= want.since)) || (want.until && !(row[DATE] && row[DATE] <= want.until))) continue;
      if (want.review && !/[A-Z]/.test(row[VERDICTS])) continue;
      if (verdict || element >= 0) {
        const letters = element >= 0 ? plain[index][element] : plain[index];
        if (verdict ? !letters.includes(verdict) : "-n".includes(letters)) continue;
      }
      if (text.length && !text.every((part) => folded[index].includes(part))) continue;
      view.push(index);
    }
    frame.scrollTop = 0;
    drawRows();
    at("shown").textContent = say("index_shown", { shown: view.length, total: data.length });
    drawTotals();
    clearTimeout(later); // the table first: pictures follow when it stands on the screen
    later = setTimeout(() => { drawScores(); drawGaps(); drawHeat(); }, 30);
  };

  // --- table: only the rows in sight exist
  const cell = (text, className) => make("td", text, className);
  const drawnRow = (index, position) => {
    const row = data[index], line = make("tr");
    line.setAttribute("aria-rowindex", position + 2);
    const name = cell(), open = make("button", base(row[NAMES][0]) + (row[NAMES].length > 1 ? ` (+${row[NAMES].length - 1})` : ""));
    open.title = row[NAMES][0];
    open.addEventListener("click", () => tell(index));
    name.append(open);
    const result = cell();
    result.append(make("span", outcomeWord(row), `tag ${outcome(row)}`));
    line.append(name, result, cell(row[CODE] ? "" : `${row[SCORE]} %`, "number"));
    if (row[CODE]) {
      const sentence = cell(language === "zh" ? row[FAILURE_ZH] : row[FAILURE_EN]);
      sentence.colSpan = 4;
      sentence.title = sentence.textContent;
      line.append(sentence);
    } else {
      for (const column of [TITLE, INSTITUTION, DATE]) {
        const words = cell(row[column]);
        words.title = row[column];
        line.append(words);
      }
      line.append(cell(row[PAGES], "number"));
    }
    elements.forEach((element, number) => {
      const letter = row[VERDICTS][number], verdict = plain[index][number], box = cell(undefined, "cell");
      if (LETTERS[verdict]) {
        const mark = make("span", SIGNS[verdict], `mark ${LETTERS[verdict]}${letter === verdict ? "" : " look"}`);
        mark.title = `${element[language]}: ${verdictWords[verdict]}${letter === verdict ? "" : ` (${say("index_review")})`}`;
        box.append(mark);
      }
      line.append(box);
    });
    return line;
  };
  const space = (height) => {
    const line = make("tr", undefined, "space"), filler = make("td");
    filler.colSpan = columns.length + elements.length;
    filler.style.height = `${height}px`;
    line.append(filler);
    return line;
  };
  let drawn = "";
  const drawRows = (force = true) => {
    const first = Math.max(0, Math.floor(frame.scrollTop / HEIGHT) - BUFFER);
    const last = Math.min(view.length, Math.ceil((frame.scrollTop + frame.clientHeight) / HEIGHT) + BUFFER);
    if (!force && drawn === `${first}-${last}`) return;
    drawn = `${first}-${last}`;
    const lines = [space(first * HEIGHT)];
    for (let position = first; position < last; position++) lines.push(drawnRow(view[position], position));
    lines.push(space((view.length - last) * HEIGHT));
    body.replaceChildren(...lines);
    at("table").setAttribute("aria-rowcount", view.length + 1);
  };
  const drawHeads = () => {
    const head = (column, name, className) => {
      const node = make("th", undefined, className), press = make("button", name);
      node.scope = "col";
      press.title = name;
      if (sort.column === column) node.setAttribute("aria-sort", sort.down ? "descending" : "ascending");
      press.addEventListener("click", () => {
        sort = { column, down: sort.column === column && !sort.down };
        drawHeads();
        arrange();
      });
      node.append(press);
      return node;
    };
    at("heads").replaceChildren(
      ...columns.map(([name]) => head(name, say(`index_column_${name}`), `w-${name}`)),
      ...elements.map((element, number) => head(number, element[language], "cell w-cell")),
    );
  };

  // --- one document
  const list = (title, names) => {
    if (!names.length) return [];
    const items = make("ul");
    items.append(...names.map((name) => make("li", name)));
    return [make("h3", title), items];
  };
  const tell = (index) => {
    const row = data[index], letters = [...row[VERDICTS]];
    const having = (test) => elements.filter((_, number) => test(letters[number])).map((element) => element[language]);
    const facts = [row[INSTITUTION], row[VERSION] && say("index_version", { version: row[VERSION] }), row[DATE], row[CODE] ? "" : say("index_pages", { pages: row[PAGES] })];
    const parts = [make("h2", row[TITLE] || base(row[NAMES][0])), make("p", facts.filter(Boolean).join(" · "), "faint")];
    const verdict = make("p");
    verdict.append(make("span", outcomeWord(row) + (row[CODE] ? "" : ` · ${row[SCORE]} %`), `tag ${outcome(row)}`));
    parts.push(verdict);
    if (row[CODE]) parts.push(make("p", language === "zh" ? row[FAILURE_ZH] : row[FAILURE_EN], "sentence"));
    parts.push(
      ...list(say("verdict_missing"), having((letter) => "mM".includes(letter))), ...list(say("verdict_partial"), having((letter) => "pP".includes(letter))),
      ...list(say("index_review"), having((letter) => /[A-Z]/.test(letter))), ...list(say("index_files"), row[NAMES]),
    );
    const tools = make("p", undefined, "tools");
    const link = (text, address) => {
      const anchor = make("a", text);
      anchor.href = address;
      tools.append(anchor);
    };
    if (row[PAGE]) link(say("index_open_page"), row[PAGE]);
    if (row[NAMES][0].startsWith("/")) link(say("index_open_pdf"), `file://${row[NAMES][0].split("/").map(encodeURIComponent).join("/")}`);
    parts.push(tools);
    at("about").replaceChildren(...parts);
    dialog.showModal();
  };

  // --- pictures
  const drawTotals = () => {
    const counts = { "": data.length, ready: 0, revise: 0, return: 0, failed: 0 };
    for (const row of data) counts[outcome(row)]++;
    const chosen = filters.elements.outcome.value;
    at("totals").replaceChildren(...Object.entries(counts).map(([name, count]) => {
      const press = make("button", undefined, name || "every");
      press.type = "button";
      press.setAttribute("aria-pressed", chosen === name);
      press.append(make("b", count), name === "" ? say("index_all") : name === "failed" ? say("index_failed") : say(`triage_${name}`));
      press.addEventListener("click", () => { filters.elements.outcome.value = name; arrange(); });
      return press;
    }));
  };
  const drawScores = () => {
    const bins = Array(10).fill(0);
    for (const index of view) if (!data[index][CODE]) bins[Math.min(9, Math.floor(data[index][SCORE] / 10))]++;
    const most = Math.max(1, ...bins);
    at("scores").setAttribute("aria-label", bins.map((count, bin) => `${bin * 10}–${bin * 10 + 10} %: ${count}`).join(", "));
    at("scores").replaceChildren(...bins.map((count, bin) => {
      const bar = make("div"), height = (120 * count) / most;
      bar.append(make("span", count || ""), shape("svg", { viewBox: `0 0 10 ${Math.max(height, 0.5)}`, height: Math.max(height, 0.5), preserveAspectRatio: "none" },
        shape("rect", { width: 10, height: 120, class: "fill-plain" })), make("span", `${bin * 10}–${bin * 10 + 10}`, "faint"));
      return bar;
    }));
  };
  const drawGaps = () => {
    const missing = new Int32Array(elements.length), partial = new Int32Array(elements.length);
    for (const index of view) {
      const letters = plain[index];
      for (let number = 0; number < elements.length; number++) {
        const letter = letters[number];
        if (letter === "m") missing[number]++;
        else if (letter === "p") partial[number]++;
      }
    }
    const order = elements.map((_, number) => number).filter((number) => missing[number] + partial[number]);
    order.sort((one, other) => missing[other] - missing[one] || partial[other] - partial[one]);
    const total = Math.max(1, view.length);
    at("gaps").replaceChildren(...order.flatMap((number) => {
      const name = make("button", elements[number][language]);
      name.type = "button";
      name.title = name.textContent;
      name.addEventListener("click", () => { filters.elements.element.value = number; filters.elements.verdict.value = "m"; arrange(); });
      const bar = shape("svg", { viewBox: "0 0 100 10", preserveAspectRatio: "none" },
        shape("rect", { width: (100 * missing[number]) / total, height: 10, class: "fill-missing" }),
        shape("rect", { x: (100 * missing[number]) / total, width: (100 * partial[number]) / total, height: 10, class: "fill-partial" }));
      return [name, bar, make("span", say("index_gap_counts", { missing: missing[number], partial: partial[number] }), "faint")];
    }));
  };
  const drawHeat = () => {
    const width = Math.max(1, Math.min(view.length, Math.floor(canvas.clientWidth || 800)));
    canvas.width = width;
    canvas.height = Math.max(1, elements.length);
    canvas.style.height = `${elements.length * LINE}px`;
    const pen = canvas.getContext("2d"), picture = pen.createImageData(width, canvas.height);
    const sums = new Float64Array(width * canvas.height * 3), counts = new Int32Array(width);
    view.forEach((index, position) => {
      const column = Math.floor((position * width) / view.length), letters = plain[index];
      counts[column]++;
      for (let number = 0; number < elements.length; number++) {
        const colour = COLOURS[letters[number]], place = (number * width + column) * 3;
        sums[place] += colour[0]; sums[place + 1] += colour[1]; sums[place + 2] += colour[2];
      }
    });
    for (let place = 0; place < width * canvas.height; place++) {
      const count = counts[place % width] || 1;
      for (let part = 0; part < 3; part++) picture.data[place * 4 + part] = sums[place * 3 + part] / count;
      picture.data[place * 4 + 3] = 255;
    }
    pen.putImageData(picture, 0, 0);
  };
  const place = (event) => Math.min(view.length - 1, Math.floor((event.offsetX / canvas.clientWidth) * view.length));
  canvas.addEventListener("click", (event) => { frame.scrollTop = place(event) * HEIGHT; drawRows(); frame.scrollIntoView({ block: "nearest" }); });
  canvas.addEventListener("mousemove", (event) => {
    const row = data[view[place(event)]], element = elements[Math.min(elements.length - 1, Math.floor(event.offsetY / LINE))];
    if (row && element) {
      const letter = row[VERDICTS][elements.indexOf(element)].toLowerCase();
      canvas.title = `${base(row[NAMES][0])} · ${element[language]}: ${LETTERS[letter] ? say(`verdict_${LETTERS[letter]}`) : outcomeWord(row)}`;
    }
  });

  // --- words
  const choices = (name, options) => {
    const box = filters.elements[name], before = box.value;
    box.replaceChildren(...options.map(([value, text]) => {
      const option = make("option", text);
      option.value = value;
      return option;
    }));
    box.value = before;
  };
  let verdictWords = {};
  const drawWords = () => {
    verdictWords = Object.fromEntries(Object.entries(LETTERS).map(([letter, name]) => [letter, say(`verdict_${name}`)]));
    document.documentElement.lang = language;
    document.title = say("index_title");
    for (const node of document.querySelectorAll("[data-say]")) node.textContent = say(node.dataset.say);
    const every = ["", say("index_every")];
    choices("outcome", [every, ...["ready", "revise", "return"].map((name) => [name, say(`triage_${name}`)]), ["failed", say("index_failed")]]);
    choices("element", [every, ...elements.map((element, number) => [number, element[language]])]);
    choices("verdict", [every, ...["m", "p", "a", "n"].map((letter) => [letter, say(`verdict_${LETTERS[letter]}`)])]);
    choices("severity", [every, ...["critical", "major", "minor"].map((name) => [name, say(`severity_${name}`)])]);
    at("heatnames").replaceChildren(...elements.map((element) => {
      const name = make("div", element[language]);
      name.title = element[language];
      return name;
    }));
    canvas.setAttribute("aria-label", say("index_heat"));
    frame.setAttribute("aria-label", say("index_table"));
    drawHeads();
  };
  for (const node of document.querySelectorAll("[data-name]")) node.textContent = words[node.dataset.name].page_language_name;
  for (const choice of document.getElementsByName("language")) {
    choice.checked = choice.value === language;
    choice.addEventListener("change", () => { language = choice.value; drawWords(); arrange(); });
  }
  filters.addEventListener("input", arrange);
  filters.addEventListener("reset", () => setTimeout(arrange));
  filters.addEventListener("submit", (event) => event.preventDefault());
  frame.addEventListener("scroll", () => drawRows(false), { passive: true });
  addEventListener("resize", () => { drawRows(); drawHeat(); });
  drawWords();
  arrange();
})();
