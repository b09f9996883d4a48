"use strict";
/* Grids by kind: codes from near, details at a touch, search by code or name. */
(() => {
  const wangge = (window.wangge = window.wangge || {});
  const [NATURAL, DEDICATED, SPECIAL] = [0, 1, 2];
  const KINDS = ["natural", "dedicated", "special"];
  const CODES_FROM_ZOOM = 12.5;
  const DEDICATED_COLOUR = 2;

  /** The overlay colours in turn, without the one of dedicated grids. */
  const taskColour = (task) => (task < DEDICATED_COLOUR ? Math.max(0, task) : task + 1);

  function gridsPage({ map, numbers, texts, areas }) {
    const { make } = wangge;
    const grids = { ...numbers.grids, ...texts.grids, shapes: wangge.decodeShapes(numbers.grids.shapes) };
    const order = grids.shapes.map((shape) => shape.index).sort((a, b) => grids.kind[a] - grids.kind[b]);
    const inOrder = order.map((index) => grids.shapes[index]);
    const layers = layersOf(grids);
    const on = new Map(layers.map((layer) => [layer.key, true]));
    on.set("communities", true).set("codes", true);
    const keyOf = (index) => (grids.kind[index] === SPECIAL ? `task_${grids.task[index]}` : KINDS[grids.kind[index]]);
    const isShown = (index) => on.get(keyOf(index));
    let chosen = -1;
    let wanted = "";

    const gridSize = wangge.usualSize(grids.shapes);
    let patterns = {};
    function styleOf(index) {
      if (!isShown(index)) return null;
      const kind = grids.kind[index];
      if (kind === NATURAL) {
        const community = grids.community[index];
        const fill = community < 0 ? wangge.colour("map-none") : wangge.tint(areas.tint[community]);
        return { fill, stroke: patterns.grid, width: patterns.width };
      }
      const number = kind === DEDICATED ? DEDICATED_COLOUR : taskColour(grids.task[index]);
      const colour = wangge.overlay(number);
      return { fill: patternOf(kind === DEDICATED, number, colour), stroke: colour, width: patterns.overlay, dash: kind === SPECIAL ? [6, 3] : null };
    }

    function patternOf(isSolid, number, colour) {
      const key = `${isSolid}${number}`;
      patterns[key] ??= isSolid ? wangge.faint(colour, 0.38) : wangge.hatch(wangge.faint(colour, 0.6), { rising: number % 2 === 0 });
      return patterns[key];
    }

    const fills = new wangge.CanvasLayer("fills", 390, (context, view) => {
      patterns.grid ??= wangge.colour("map-grid");
      patterns.overlay = wangge.lineWidth(gridSize, view, { least: 0.8, most: 1.8, share: 0.05 });
      patterns.width = wangge.lineWidth(gridSize, view, { least: 0.2, most: 0.9, share: 0.03 });
      wangge.paintShapes(context, view, inOrder, styleOf);
    }).addTo(map);

    function paintCodes(context, view, taken) {
      if (!on.get("codes") || view.zoom < CODES_FROM_ZOOM) return;
      const font = `500 11.5px ${wangge.colour("type")}`;
      context.font = font;
      const labels = [];
      for (const shape of grids.shapes) {
        if (!shape.label || !isShown(shape.index) || !wangge.overlaps(shape.box, view.shown)) continue;
        const room = (shape.box[2] - shape.box[0]) * view.scale * 0.8;
        const text = fitting(context, grids.code[shape.index], room);
        if (text) labels.push({ text, at: shape.label });
      }
      wangge.paintLabels(context, view, labels, { font, colour: wangge.colour("map-code"), halo: wangge.colour("map-halo"), taken });
    }

    const base = wangge.addAreas(map, areas, { extra: paintCodes, showCommunities: () => on.get("communities") });
    const highlight = wangge.addHighlight(map);

    const describe = (index) => [
      ["code", grids.code[index]],
      ["kind", kindName(index)],
      ["community", areas.nameOf(grids.community[index])],
      ["street", areas.nameOf(areas.streetOf(grids.community[index]))],
      ["households", grids.households[index] === null ? null : wangge.number(grids.households[index])],
      ["population", grids.population[index] === null ? null : wangge.number(grids.population[index])],
      ["area", wangge.say("km2", { n: wangge.number(grids.area_m2[index] / 1e6, 3) })],
    ];

    function kindName(index) {
      const kind = wangge.say(KINDS[grids.kind[index]]);
      return grids.kind[index] === SPECIAL ? `${kind} · ${wangge.sayValue("task", grids.tasks[grids.task[index]] ?? "")}` : kind;
    }

    wangge.addTip(map, (latLng) => {
      const shape = wangge.shapeAt(inOrder, latLng, isShown);
      highlight.show(shape || grids.shapes[chosen] || null);
      if (!shape) return null;
      return [make("strong", {}, wangge.foreign(grids.name[shape.index] || grids.code[shape.index])), wangge.pairs(describe(shape.index).slice(0, 5))];
    });
    map.on("click", ({ latlng }) => {
      const shape = wangge.shapeAt(inOrder, latlng, isShown);
      if (shape) choose(shape.index, false);
    });

    function choose(index, isFar) {
      chosen = index;
      highlight.show(grids.shapes[index]);
      if (isFar) wangge.goTo(map, grids.shapes[index].box);
      drawFacts();
      wangge.announce(`${grids.code[index]} ${grids.name[index]}`);
    }

    const found = () => {
      const sought = wanted.trim().toLowerCase();
      return order.filter((index) => isShown(index)
        && (grids.code[index].toLowerCase().includes(sought) || grids.name[index].toLowerCase().includes(sought)));
    };

    const search = make("input", { type: "search", id: "search", autocomplete: "off", maxlength: "100" });
    const facts = document.getElementById("facts");
    const list = make("div", { class: "stack" });
    const card = make("div", { class: "stack" });
    search.addEventListener("input", () => {
      wanted = search.value;
      drawList();
    });
    search.addEventListener("keydown", (event) => {
      const first = list.querySelector("button");
      if (event.key === "Enter" && first) first.click();
      if (event.key === "ArrowDown" && first) {
        event.preventDefault();
        first.focus();
      }
    });
    facts.append(make("div", { class: "search" }, wangge.icon("search"), search), card, list);

    function drawFacts() {
      card.replaceChildren(...chosen < 0 ? [] : [make("section", { class: "card", id: "card" },
        make("h3", {}, wangge.foreign(grids.name[chosen] || grids.code[chosen])), wangge.pairs(describe(chosen)))]);
      drawList();
    }

    function drawList() {
      if (!wanted.trim()) return drawStreets();
      const rows = found();
      wangge.announce(wangge.say("found", { n: wangge.number(rows.length) }));
      return list.replaceChildren(make("h2", { text: wangge.say("found", { n: wangge.number(rows.length) }) }), wangge.items(rows, (index) => ({
        key: index,
        head: grids.name[index] || grids.code[index],
        sub: `${grids.code[index]} · ${kindName(index)}`,
      }), (index) => choose(index, true), "grids"));
    }

    function drawStreets() {
      const rows = areas.streets.map(({ index, box }) => ({ index, box, grids: 0, households: 0 }));
      const byStreet = new Map(rows.map((row) => [row.index, row]));
      grids.kind.forEach((kind, index) => {
        const row = byStreet.get(areas.streetOf(grids.community[index]));
        if (!row || kind !== NATURAL) return;
        row.grids += 1;
        row.households += grids.households[index] || 0;
      });
      rows.sort((a, b) => b.grids - a.grids);
      list.replaceChildren(make("h2", { word: "streets" }), wangge.items(rows, (row) => ({
        key: row.index,
        head: areas.nameOf(row.index),
        value: wangge.say("n_grids", { n: wangge.number(row.grids) }),
        sub: wangge.say("n_households", { n: wangge.number(row.households) }),
      }), (row) => wangge.goTo(map, row.box), "streets"));
    }

    function drawControls() {
      const count = (kind) => wangge.number(grids.kind.filter((other) => other === kind).length);
      const households = grids.households.reduce((sum, one, index) => sum + (grids.kind[index] === NATURAL ? one || 0 : 0), 0);
      const chip = (layer) => ({ ...layer, isOn: on.get(layer.key) });
      document.getElementById("controls").replaceChildren(
        wangge.figures([["natural_grids", count(NATURAL)], ["dedicated_grids", count(DEDICATED)], ["special_grids", count(SPECIAL)], ["households", wangge.number(households)]]),
        make("h2", { word: "layers" }),
        wangge.chips([...layers.map(chip), chip({ key: "communities", word: "communities" }), chip({ key: "codes", word: "codes" })], toggle, "layers"),
        make("h2", { word: "legend" }),
        wangge.legend(legendRows()),
      );
    }

    function legendRows() {
      const tints = [0, 1, 2, 3].map((i) => `${wangge.tint(i)} ${i * 25}% ${(i + 1) * 25}%`).join(", ");
      const rows = [[wangge.swatch(`linear-gradient(90deg, ${tints})`), wangge.say("natural_legend")]];
      for (const layer of layers) {
        if (layer.kind === DEDICATED) {
          rows.push([wangge.swatch(wangge.faint(wangge.overlay(DEDICATED_COLOUR), 0.38), { border: wangge.overlay(DEDICATED_COLOUR) }), wangge.say("dedicated")]);
        }
        if (layer.kind === SPECIAL) {
          const number = taskColour(layer.task);
          rows.push([wangge.hatchSwatch(wangge.overlay(number), number % 2 === 0), wangge.foreign(layer.text)]);
        }
      }
      rows.push([wangge.swatch(wangge.colour("map-street"), { isLine: true }), wangge.say("street_line")]);
      rows.push([wangge.swatch(wangge.colour("map-community"), { isLine: true }), wangge.say("community_line")]);
      return rows;
    }

    function toggle(key) {
      on.set(key, !on.get(key));
      drawControls();
      document.querySelector(`#controls [data-key="${key}"]`).focus();
      fills.redrawNow();
      base.lines.redrawNow();
      base.names.redrawNow();
      drawList();
    }

    return {
      draw() {
        patterns = {};
        search.placeholder = wangge.say("search_hint");
        search.setAttribute("aria-label", wangge.say("search_hint"));
        for (const layer of layers) {
          if (layer.kind === SPECIAL) layer.text = wangge.sayValue("task", grids.tasks[layer.task] ?? "") || wangge.say("special");
        }
        drawControls();
        drawFacts();
        fills.redrawNow();
      },
    };
  }

  /** The layers there are: natural, dedicated, and one for each task of special grids. */
  function layersOf(grids) {
    const layers = [];
    const has = (kind) => grids.kind.includes(kind);
    if (has(NATURAL)) layers.push({ key: "natural", word: "natural", kind: NATURAL });
    if (has(DEDICATED)) layers.push({ key: "dedicated", word: "dedicated", kind: DEDICATED });
    const tasks = new Set(grids.task.filter((task, index) => grids.kind[index] === SPECIAL));
    for (const task of [...tasks].sort((a, b) => a - b)) layers.push({ key: `task_${task}`, text: "", kind: SPECIAL, task });
    return layers;
  }

  /** The code if there is room for it, else its last six places, else nothing. */
  function fitting(context, code, room) {
    if (context.measureText(code).width <= room) return code;
    const end = code.slice(-6);
    return code.length > 6 && context.measureText(end).width <= room ? end : "";
  }

  wangge.pages = { ...wangge.pages, grids: gridsPage };
})();
