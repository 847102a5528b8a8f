"use strict";
// The page says what was found without this script; it opens squares and helps to find one's way. Foreign text goes
// into the document as text only.
(() => {
  const one = (selector) => document.querySelector(selector);
  const all = (selector) => [...document.querySelectorAll(selector)];
  const data = JSON.parse(one("#data").textContent);
  const grid = one(".grid");
  const rows = [...grid.tBodies[0].rows];
  const heads = [...grid.tHead.rows[0].cells].slice(1);
  const panel = one("#square");
  const form = one(".filter");
  const boxes = all(".finding").map((box) => ({ box, number: Number(box.id.slice(1)) - 1, text: "" }));
  const listed = boxes.filter(({ box }) => box.closest(".group"));
  const narrow = matchMedia("(max-width: 45rem)");
  let lanes = new Set(heads.keys()); // the columns that are shown
  let at = [0, 0]; // the square that the keyboard is on
  let open = null; // the square that the panel shows

  const make = (tag, text, fields = {}) => Object.assign(document.createElement(tag), { textContent: text }, fields);
  const square = (row, column) => rows[row].cells[column + 1];
  const findingAt = (number) => document.getElementById(`f${number}`);
  const spans = (finding) => {
    const pairs = [];
    for (let place = 2; place < finding.length; place += 2) pairs.push([finding[place], finding[place + 1]]);
    return pairs;
  };
  const inColumn = (finding, column) => spans(finding).some(([first, last]) => first <= column && column <= last);

  // What came and went in each column, in the order of the commits.
  const changes = new Map();
  for (const [row, column, introduced, fixed] of data.changes) {
    if (!changes.has(column)) changes.set(column, []);
    changes.get(column).push({ row, introduced, fixed });
  }

  const told = (row, column) => {
    const alive = new Set();
    data.findings.forEach((finding, index) => {
      if (finding[1] === 0 && inColumn(finding, column)) alive.add(index + 1);
    });
    let here = { introduced: [], fixed: [] };
    for (const change of changes.get(column) || []) {
      if (change.row > row) break;
      change.fixed.forEach((number) => alive.delete(number));
      if (change.row === row) here = change;
      else change.introduced.forEach((number) => alive.add(number));
    }
    return { ...here, carried: [...alive] };
  };

  const label = (row, column) => {
    const [said, seconds] = data.squares[row][column];
    return `${data.rows[row]}, ${data.names[column]}: ${data.said[said]}${seconds ? `, ${seconds} s` : ""}`;
  };
  const fragment = (row, column) => `#${data.rows[row]}/${encodeURIComponent(data.names[column])}`;

  // ---- the panel of one square

  const section = (title, numbers, excerpts) => {
    if (!numbers.length) return [];
    const list = document.createElement("ul");
    let left = 0;
    numbers.forEach((number, place) => {
      const box = findingAt(number);
      if (!box || place >= 100) { left += 1; return; }
      const item = make("li", "", { className: box.classList.contains("error") ? "error" : "warning" });
      const facts = box.querySelector(".facts").cloneNode(true);
      facts.append(" \u00b7 ", make("a", "in the list", { href: `#f${number}` }));
      item.append(box.querySelector(".says").cloneNode(true), facts);
      if (excerpts && place < 20) item.append(box.querySelector("pre").cloneNode(true));
      list.append(item);
    });
    if (left) list.append(make("li", `and ${left} more in results.json`));
    return [make("h3", `${title} (${numbers.length})`), list];
  };

  const buttons = (row, column) => {
    const bar = make("div", "", { className: "bar" });
    const step = (text, by) => {
      const button = make("button", text, { type: "button", disabled: !rows[row + by] });
      button.className = by < 0 ? "back" : "on";
      button.addEventListener("click", () => {
        show(row + by, column);
        panel.querySelector(`.${button.className}:enabled`)?.focus();
      });
      return button;
    };
    const close = make("button", "close", { type: "button" });
    close.addEventListener("click", () => shut());
    bar.append(step("commit before", -1), step("commit after", 1), close);
    return bar;
  };

  const fill = (row, column) => {
    const [, , log] = data.squares[row][column];
    const found = told(row, column);
    const path = data.logs[log].split("*").join(encodeURIComponent(data.names[column]));
    const known = !/^(unknown|not-run)/.test(data.said[data.squares[row][column][0]]);
    panel.replaceChildren(
      buttons(row, column),
      make("h2", `${data.rows[row]}: ${data.names[column]}`, { id: "square-title", tabIndex: -1 }),
      make("p", rows[row].cells[0].lastChild.textContent),
      make("p", data.about[row], { className: "dim" }),
      make("p", label(row, column).split(": ").slice(1).join(": "), { className: "dim" }),
    );
    if (path) {
      const line = make("p", "");
      line.append(make("a", "the whole log", { href: path }));
      panel.append(line);
    }
    panel.append(
      ...section(row ? "New with this commit" : "New", found.introduced, true),
      ...section("Fixed by this commit", found.fixed, false),
      ...(known ? section(row ? "Carried: there before this commit" : "The base's own", found.carried, found.carried.length < 6) : []),
    );
    if (known && !found.introduced.length && !found.fixed.length && !found.carried.length) {
      panel.append(make("p", "Nothing new, nothing fixed, nothing carried."));
    }
    const lines = [...data.git[row], ...data.make[column]];
    panel.append(
      make("h3", "Build it yourself"),
      make("pre", lines.join("\n"), { tabIndex: 0 }),
      make("p", `As here, in the same container: kmatrix reproduce ${data.run} ${row} '${data.names[column]}'`, { className: "dim" }),
    );
    panel.scrollTop = 0;
  };

  const show = (row, column) => {
    if (open) square(...open).classList.remove("open");
    open = [row, column];
    reach(row, column);
    square(row, column).classList.add("open");
    fill(row, column);
    history.replaceState(null, "", fragment(row, column));
    if (!panel.open) {
      if (narrow.matches) panel.showModal(); else panel.show();
    }
    document.body.classList.add("beside");
    one("#square-title").focus();
  };

  // The focus goes back to the square that was shown last, unless it is elsewhere on the page.
  const shut = (back = panel.contains(document.activeElement)) => {
    if (panel.open) panel.close();
    if (!open) return;
    const was = open;
    open = null;
    document.body.classList.remove("beside");
    square(...was).classList.remove("open");
    if (location.hash === fragment(...was)) history.replaceState(null, "", location.pathname + location.search);
    if (back) focusOn(...was);
  };
  panel.addEventListener("close", () => { if (!panel.open) shut(true); }); // by the browser: Escape on a phone, a gesture
  panel.addEventListener("click", (event) => {
    if (event.target.closest("a[href^='#f']")) shut(false);
  });

  // ---- the grid, for mouse, keyboard and screen reader

  const visible = (row, column) => !rows[row].hidden && lanes.has(column);

  // Exactly one square is in the order of the Tab key.
  const reach = (row, column) => {
    square(...at).removeAttribute("tabindex");
    at = [row, column];
    const cell = square(row, column);
    cell.tabIndex = 0;
    cell.setAttribute("aria-label", label(row, column));
  };
  const focusOn = (row, column) => {
    reach(row, column);
    square(row, column).focus();
  };

  const seek = (row, column, down, right) => {
    while (rows[row + down] && heads[column + right]) {
      row += down;
      column += right;
      if (visible(row, column)) return [row, column];
    }
    return null;
  };
  const lastOf = (row, column, down, right) => {
    let found = [row, column];
    for (let next = found; next; next = seek(...next, down, right)) found = next;
    return found;
  };

  const moves = {
    ArrowUp: (row, column) => seek(row, column, -1, 0),
    ArrowDown: (row, column) => seek(row, column, 1, 0),
    ArrowLeft: (row, column) => seek(row, column, 0, -1),
    ArrowRight: (row, column) => seek(row, column, 0, 1),
    Home: (row, column) => lastOf(row, column, 0, -1),
    End: (row, column) => lastOf(row, column, 0, 1),
    PageUp: (row, column) => lastOf(row, column, -1, 0),
    PageDown: (row, column) => lastOf(row, column, 1, 0),
  };

  const squareOf = (event) => {
    const cell = event.target.closest("td");
    return cell && [cell.parentElement.sectionRowIndex, cell.cellIndex - 1];
  };

  const onKey = (event) => {
    const here = squareOf(event);
    if (!here || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      show(...here);
    } else if (moves[event.key]) {
      event.preventDefault();
      const next = moves[event.key](...here);
      if (next) focusOn(...next);
    }
  };

  // What scrolls into view must not end up behind the heads that stay.
  const frame = () => {
    const head = grid.tHead.rows[0].cells[0].getBoundingClientRect();
    grid.parentElement.style.scrollPadding = `${head.height + 4}px 8px 8px ${head.width + 4}px`;
  };

  // ---- the filter

  const choices = (id, values) => {
    for (const value of [...new Set(values)].sort()) one(id).append(make("option", value, { value }));
  };

  const fits = () => {
    const words = one("#words").value.toLowerCase();
    const severity = one("#severity").value;
    if (words && listed.length && !listed[0].text) {
      for (const entry of listed) entry.text = entry.box.textContent.toLowerCase();
    }
    return ({ box, number, text }, columns) => (!severity || box.classList.contains(severity))
      && (!words || text.includes(words))
      && (columns.size === heads.length
        || spans(data.findings[number]).some(([first, last]) => {
          for (let column = first; column <= last; column += 1) if (columns.has(column)) return true;
          return false;
        }));
  };

  // Rows out of sight follow those in sight, some in each frame: 20,000 boxes at once take too long.
  const inSight = (row) => {
    const box = row.getBoundingClientRect();
    const frame = grid.parentElement.getBoundingClientRect();
    return box.bottom > Math.max(frame.top, 0) && box.top < Math.min(frame.bottom, innerHeight);
  };
  const arrange = (row) => {
    for (const column of heads.keys()) row.cells[column + 1].classList.toggle("away", !lanes.has(column));
  };
  const catchUp = (some) => {
    const waiting = rows.filter((row) => row.classList.contains("later"));
    for (const row of waiting.slice(0, some)) {
      arrange(row);
      row.classList.remove("later");
    }
    if (waiting.length > some) requestAnimationFrame(() => catchUp(some));
  };

  const hideColumns = (columns) => {
    const flips = [...heads.keys()].filter((column) => columns.has(column) !== lanes.has(column));
    if (!flips.length) return;
    lanes = columns;
    const far = new Set(flips.length * rows.length > 2000 ? rows.filter((row) => !inSight(row)) : []);
    for (const row of far) row.classList.add("later");
    for (const row of [grid.tHead.rows[0], ...rows]) if (!far.has(row)) arrange(row);
    if (far.size) requestAnimationFrame(() => catchUp(10));
  };

  const filter = () => {
    const arch = one("#arch").value;
    const compiler = one("#compiler").value;
    let columns = new Set(heads.keys());
    for (const column of heads.keys()) {
      if ((arch && data.arches[column] !== arch) || (compiler && data.compilers[column] !== compiler)) columns.delete(column);
    }
    const matches = fits();
    const shown = new Set();
    for (const entry of listed) {
      const fit = matches(entry, columns);
      if (entry.box.hidden === fit) entry.box.hidden = !fit;
      if (fit) shown.add(entry.number + 1);
    }
    for (const group of all(".group")) group.hidden = !group.querySelector(".finding:not([hidden])");
    let lit = new Set(rows.keys());
    if (one("#changed").checked) {
      const busy = new Set();
      lit = new Set();
      for (const [row, column, introduced, fixed] of data.changes) {
        if (columns.has(column) && [...introduced, ...fixed].some((number) => shown.has(number))) {
          busy.add(column);
          lit.add(row);
        }
      }
      columns = busy;
    }
    hideColumns(columns);
    rows.forEach((row, index) => { if (row.hidden === lit.has(index)) row.hidden = !lit.has(index); });
    one("#shown").textContent = `${shown.size} of ${listed.length} findings, ${lit.size} of ${rows.length} rows, `
      + `${columns.size} of ${heads.length} cells`;
    settle();
  };

  // The Tab key must find a square, and so must a screen reader.
  const settle = () => {
    if (visible(...at)) return;
    const row = rows.findIndex((each) => !each.hidden);
    const [column] = lanes;
    if (row >= 0 && column !== undefined) reach(row, column);
  };

  const reset = () => { form.reset(); filter(); };

  // ---- deep links: #3/CELL, #base/CELL, #SHA/CELL and #f12

  const rowOf = (name) => {
    const row = data.rows.indexOf(name === "0" ? "base" : name);
    return row >= 0 || name.length < 4 ? row : rows.findIndex((each) => each.cells[0].title.startsWith(name));
  };

  const reveal = () => {
    let hash = location.hash.slice(1);
    try { hash = decodeURIComponent(hash); } catch { return; }
    const cut = hash.indexOf("/");
    if (cut > 0) {
      const [row, column] = [rowOf(hash.slice(0, cut)), data.names.indexOf(hash.slice(cut + 1))];
      if (row < 0 || column < 0) return;
      if (!visible(row, column)) reset();
      show(row, column);
      frame();
      square(row, column).scrollIntoView({ block: "center", inline: "center" });
      return;
    }
    const target = document.getElementById(hash);
    if (!target || !target.classList.contains("finding")) return;
    if (target.hidden) reset();
    for (let node = target; node; node = node.parentElement) {
      if (node.tagName === "DETAILS") node.open = true;
    }
    target.querySelector("details").open = true;
    target.scrollIntoView();
  };

  // ---- start

  const start = () => {
    choices("#arch", data.arches);
    choices("#compiler", data.compilers);
    for (const id of ["#arch", "#compiler"]) one(id).parentElement.hidden = one(id).options.length < 3;
    form.hidden = false;
    one("#how").hidden = false;
    form.addEventListener("input", filter);
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("reset", () => setTimeout(filter));
    const openers = one(".openers");
    if (openers) {
      const toggle = (state) => listed.forEach(({ box }) => { box.querySelector("details").open = state && !box.hidden; });
      openers.hidden = false;
      one("#open").addEventListener("click", () => toggle(true));
      one("#close").addEventListener("click", () => toggle(false));
    }
    if (heads.length) {
      grid.setAttribute("role", "grid");
      grid.classList.add("live");
      grid.addEventListener("click", (event) => { const here = squareOf(event); if (here) show(...here); });
      grid.addEventListener("keydown", onKey);
      grid.addEventListener("mouseover", (event) => {
        const here = squareOf(event);
        if (here && !event.target.title) event.target.title = label(...here);
      });
      reach(0, 0);
    }
    addEventListener("resize", frame);
    addEventListener("keydown", (event) => { if (event.key === "Escape") shut(); });
    addEventListener("hashchange", reveal);
    addEventListener("beforeprint", () => {
      catchUp(rows.length);
      const few = listed.length <= 200 ? boxes : []; // or a hundred pages of logs
      few.forEach(({ box }) => { box.querySelector("details").open = true; });
    });
    filter();
    frame();
    reveal();
  };
  start();
})();
