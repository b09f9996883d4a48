"use strict";
/* Pieces of the panels. Every text goes in with textContent; nothing here builds markup from strings. */
(() => {
  const wangge = (window.wangge = window.wangge || {});
  const SVG = "http://www.w3.org/2000/svg";
  const ROWS = 200;
  const ICONS = {
    theme: "M12 3a9 9 0 1 0 0 18zM12 3a9 9 0 0 1 0 18",
    print: "M7 9V3h10v6M7 18H4v-7h16v7h-3M7 14h10v7H7z",
    search: "M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13M15.5 15.5 21 21",
    fit: "M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5",
    play: "M7 4v16l13-8z",
    pause: "M6 4h4v16H6zM14 4h4v16h-4z",
    done: "M12 2.5a9.5 9.5 0 1 0 0 19 9.5 9.5 0 0 0 0-19M7.5 12.5l3 3 6-7",
  };

  /** An element with classes, attributes, listeners (`onclick`) and children; strings become text. */
  function make(tag, { text, word, label, ...rest } = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(rest)) {
      if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
      else if (value !== undefined && value !== null) element.setAttribute(name, value);
    }
    if (text !== undefined) element.textContent = text;
    if (word) {
      element.dataset.word = word;
      element.textContent = wangge.say(word);
    }
    if (label) {
      element.dataset.wordLabel = label;
      element.setAttribute("aria-label", wangge.say(label));
    }
    element.append(...children.filter((child) => child !== null && child !== undefined));
    return element;
  }

  function icon(name) {
    const svg = document.createElementNS(SVG, "svg");
    svg.setAttribute("viewBox", "0 0 24 24");
    svg.setAttribute("aria-hidden", "true");
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", ICONS[name]);
    svg.append(path);
    return svg;
  }

  const MARKS = ["M9 3.2a5.8 5.8 0 1 0 0 11.6A5.8 5.8 0 0 0 9 3.2z", "M9 1.5 16.5 9 9 16.5 1.5 9z", "M9 1.8 16.8 15H1.2z"];

  /** The shape of a grade or severity: 0 circle, 1 diamond, 2 triangle. */
  function mark(kind, fill, name) {
    const svg = document.createElementNS(SVG, "svg");
    svg.setAttribute("viewBox", "0 0 18 18");
    svg.setAttribute("class", "mark");
    if (name) {
      svg.setAttribute("role", "img");
      svg.setAttribute("aria-label", name);
    } else svg.setAttribute("aria-hidden", "true");
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", MARKS[kind]);
    path.setAttribute("fill", fill);
    svg.append(path);
    return svg;
  }

  /** Text of files and people, apart from the direction of what stands around it. */
  const foreign = (text, tag = "bdi") => make(tag, { dir: "auto", text });

  function figures(entries) {
    return make("dl", { class: "figures" }, ...entries.map(([word, value]) => make("div", {},
      make("dt", { word }), make("dd", { text: value, class: String(value).length > 9 ? "long" : undefined }))));
  }

  /** Buttons that are on or off. `items`: `{key, text | word, count?, isOn}`. */
  function chips(items, onToggle, groupLabel) {
    return make("div", { class: "chips", role: "group", label: groupLabel }, ...items.map((item) => make("button", {
      type: "button",
      class: "chip",
      "aria-pressed": item.isOn,
      "data-key": item.key,
      disabled: item.isDisabled ? "" : undefined,
      onclick: () => onToggle(item.key),
    }, item.word ? make("bdi", { word: item.word }) : foreign(item.text),
    item.count === undefined ? null : make("span", { class: "n", text: wangge.number(item.count) }))));
  }

  function swatch(background, { isLine = false, isDashed = false, border = null } = {}) {
    const element = make("span", { class: isLine ? "swatch line" : "swatch", "aria-hidden": "true" });
    if (isDashed) element.style.borderTopStyle = "dashed";
    if (isLine) element.style.borderTopColor = background;
    else element.style.background = background;
    if (border) element.style.borderColor = border;
    return element;
  }

  function hatchSwatch(colour, rising) {
    const angle = rising ? 135 : 45;
    const faint = wangge.faint(colour, 0.14);
    return swatch(`repeating-linear-gradient(${angle}deg, ${faint} 0 4px, ${colour} 4px 5.5px)`, { border: colour });
  }

  /** Rows of `[sign, text or node, count?]`. */
  function legend(rows) {
    return make("ul", { class: "legend" }, ...rows.map(([sign, text, count]) => make("li", {}, sign,
      text instanceof Node ? text : make("span", { text }),
      count === undefined ? null : make("span", { class: "n", text: wangge.number(count) }))));
  }

  /** Classes with their bounds and how many shapes are in each. */
  function classLegend(values, bounds, digits) {
    const classes = values.map((value) => wangge.classOf(value, bounds));
    const inClass = (wanted) => classes.filter((one) => one === wanted).length;
    const rows = bounds.map((bound, i) => {
      const low = wangge.number(bound, digits);
      const text = i + 1 < bounds.length ? wangge.say("from_below", { low, high: wangge.number(bounds[i + 1], digits) }) : wangge.say("from", { low });
      return [swatch(wangge.classColour(i, bounds.length)), text, inClass(i)];
    }).reverse();
    if (inClass(-1)) rows.push([swatch(wangge.colour("map-none")), "0", inClass(-1)]);
    if (inClass(-2)) rows.push([hatchSwatch(wangge.colour("map-grid"), true), wangge.say("unknown"), inClass(-2)]);
    return legend(rows);
  }

  function ramp(colours, low, high) {
    const bar = make("div", { class: "ramp", "aria-hidden": "true" });
    bar.style.background = `linear-gradient(90deg, ${colours.join(", ")})`;
    return make("div", {}, bar, make("p", { class: "ends" }, make("span", { text: low }), make("span", { text: high })));
  }

  /** A list of buttons; `rowOf(item)` gives `{key, sign, head, value, sub, bar}`, texts shown as they are. */
  function items(list, rowOf, onPick, label) {
    const shown = list.slice(0, ROWS).map((item) => {
      const row = rowOf(item);
      const bar = row.bar ? make("span", { class: "bar-of", "aria-hidden": "true" }) : null;
      if (bar) {
        bar.style.width = `${row.bar.share * 100}%`;
        bar.style.background = row.bar.colour;
      }
      return make("li", {}, make("button", { type: "button", "data-key": row.key, onclick: () => onPick(item) },
        row.sign || make("span"),
        make("span", { class: "head" }, foreign(row.head)),
        make("span", { class: "value", text: row.value ?? "" }),
        row.sub ? make("span", { class: "sub" }, foreign(row.sub)) : null, bar));
    });
    const element = make("ul", { class: "items", label, tabindex: "0" }, ...shown);
    if (list.length > ROWS) {
      element.append(make("li", { class: "note", text: wangge.say("first_rows", { n: ROWS, all: wangge.number(list.length) }) }));
    }
    return element;
  }

  /** Mark a row and bring it into the list's view; the page itself stays where it is. */
  function setCurrent(list, key) {
    for (const button of list.querySelectorAll("button")) {
      if (button.dataset.key !== String(key)) {
        button.removeAttribute("aria-current");
        continue;
      }
      button.setAttribute("aria-current", "true");
      const [row, frame] = [button.getBoundingClientRect(), list.getBoundingClientRect()];
      if (row.top < frame.top) list.scrollTop += row.top - frame.top;
      else if (row.bottom > frame.bottom) list.scrollTop += row.bottom - frame.bottom;
    }
  }

  /** Pairs of our word and a value, as a definition list without what is missing. */
  function pairs(entries) {
    return make("dl", {}, ...entries.filter(([, value]) => value !== null && value !== undefined && value !== "")
      .flatMap(([word, value]) => [make("dt", { text: wangge.say(word) }), make("dd", {}, foreign(String(value)))]));
  }

  function nothing(word, hint) {
    return make("div", { class: "empty" }, icon("done"), make("strong", { word }), hint ? make("span", { word: hint }) : null);
  }

  /** Say something to a screen reader. */
  const announce = (text) => {
    document.getElementById("said").textContent = text;
  };

  Object.assign(wangge, {
    make, icon, mark, foreign, figures, chips, swatch, hatchSwatch, legend, classLegend, ramp, items, setCurrent, pairs, nothing, announce,
  });
})();
