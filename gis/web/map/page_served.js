"use strict";
/* Areas coloured by the share of them that grids serve; what no grid covers is hatched upon them. */
(() => {
  const wangge = (window.wangge = window.wangge || {});
  const LEVELS = ["districts", "streets", "communities"];
  const MEASURES = ["area", "households", "buildings"];
  const BOUNDS = [0, 0.5, 0.8, 0.95, 0.99, 1]; // all but the last class are open above
  const TRIANGLE = 2;
  const SMALL = 14; // pixels: what is smaller gets a mark

  function servedPage({ map, numbers, texts, areas }) {
    const { make } = wangge;
    const shapes = wangge.decodeShapes(numbers.shapes);
    const rest = { ...numbers.rest, shapes: wangge.decodeShapes(numbers.rest.shapes) };
    const names = texts.shapes.name.map((name, index) => name || texts.shapes.code[index]);
    let group = 0;
    let measure = "area";
    let chosen = -1;
    let list = null;

    const partsOf = (index, wanted = measure) => numbers.groups[group][wanted].map((column) => column[index]);
    /** The share of an area that is served, or null where there is nothing to share. */
    function shareOf(index, wanted = measure) {
      const [served, whole] = partsOf(index, wanted);
      return whole > 0 ? served / whole : null;
    }
    const isKnown = (wanted) => shapes.some(({ index }) => shareOf(index, wanted) !== null);
    const classOf = (share) => BOUNDS.findLastIndex((bound) => share >= bound);
    const colourOf = (index) => wangge.classColour(classOf(shareOf(index)), BOUNDS.length);
    /** Rounded down: 100 % is said only of what is served wholly. */
    const percent = (share) => (share === null ? wangge.say("unknown") : `${wangge.number(Math.floor(share * 1e4) / 100, 2)} %`);
    const isShown = (part) => rest.group[part] === group;
    const partsIn = (index) => rest.area.map((_, part) => part).filter((part) => isShown(part) && rest.area[part] === index);
    const uncoveredIn = (index) => partsIn(index).reduce((sum, part) => sum + rest.area_dm2[part] / 100, 0);

    const size = wangge.usualSize(shapes);
    const fills = new wangge.CanvasLayer("fills", 390, (context, view) => {
      const unknown = wangge.hatch(wangge.colour("map-grid"), { ground: wangge.colour("map-none") });
      const stroke = wangge.colour("map-halo");
      const width = wangge.lineWidth(size, view, { least: 0.2, most: 0.9, share: 0.03 });
      wangge.paintShapes(context, view, shapes, (index) => ({ fill: shareOf(index) === null ? unknown : colourOf(index), stroke, width }));
    }).addTo(map);
    const places = new wangge.CanvasLayer("rest", 410, (context, view) => {
      const stroke = wangge.colour("bad");
      const fill = wangge.hatch(stroke, { gap: 5, width: 1 });
      wangge.paintShapes(context, view, rest.shapes, (part) => (isShown(part) ? { fill, stroke, width: 1.2 } : null));
      for (const shape of rest.shapes) if (isShown(shape.index)) paintMark(context, view, shape, stroke);
    }).addTo(map);
    wangge.addAreas(map, areas, { showCommunities: () => LEVELS[numbers.level] === "communities" });
    const highlight = wangge.addHighlight(map);

    function paintMark(context, view, { box, label }, colour) {
      if (!label || Math.max(box[2] - box[0], box[3] - box[1]) * view.scale > SMALL) return;
      wangge.paintMark(context, view, label, { kind: TRIANGLE, radius: 6, colour });
    }

    const describe = (index) => MEASURES.filter(isKnown).map((name) => {
      const [served, whole] = partsOf(index, name);
      const counts = name === "area" ? "" : ` (${wangge.say("n_of_all", { n: wangge.number(served), all: wangge.number(whole) })})`;
      return [`by_${name}`, `${percent(shareOf(index, name))}${counts}`];
    });

    wangge.addTip(map, (latLng) => {
      const shape = wangge.shapeAt(shapes, latLng);
      highlight.show(shape || shapes[chosen] || null);
      if (!shape) return null;
      const part = wangge.shapeAt(rest.shapes, latLng, isShown);
      const left = part ? `${wangge.areaText(rest.area_dm2[part.index] / 100)} · ${wangge.say("wide", { n: wangge.number(rest.width_mm[part.index] / 1000, 2) })}` : null;
      return [make("strong", {}, wangge.foreign(names[shape.index])), wangge.pairs([["code", texts.shapes.code[shape.index]], ...describe(shape.index), ["uncovered", left]])];
    });
    map.on("click", ({ latlng }) => {
      const shape = wangge.shapeAt(shapes, latlng);
      if (shape) choose(shape.index, false);
    });

    function choose(index, isFar) {
      chosen = index;
      highlight.show(shapes[index]);
      if (isFar) wangge.goTo(map, shapes[index].box, { maxZoom: 16 });
      wangge.setCurrent(list, index);
      wangge.announce(`${names[index]} ${percent(shareOf(index))}`);
    }

    function groupName({ kind, task }) {
      if (kind === "all") return wangge.say("all_grids");
      if (kind !== "special") return wangge.say(`${kind}_grids`);
      return task ? wangge.sayValue("task", task) : wangge.say("special_without_task");
    }

    function legendRows() {
      const shares = shapes.map(({ index }) => shareOf(index));
      const text = (i) => (i + 1 === BOUNDS.length ? percent(1) : wangge.say("from_below", { low: percent(BOUNDS[i]), high: percent(BOUNDS[i + 1]) }));
      const rows = BOUNDS.map((_, i) => [wangge.swatch(wangge.classColour(i, BOUNDS.length)), text(i), shares.filter((share) => share !== null && classOf(share) === i).length]).reverse();
      const unknown = shares.filter((share) => share === null).length;
      if (unknown) rows.push([wangge.hatchSwatch(wangge.colour("map-grid"), true), wangge.say("unknown"), unknown]);
      return [...rows, [wangge.hatchSwatch(wangge.colour("bad"), true), wangge.say("uncovered"), rest.group.filter((one) => one === group).length]];
    }

    function drawControls() {
      const sums = shapes.reduce(([a, b], { index }) => {
        const [served, whole] = partsOf(index);
        return [a + (served || 0), b + (whole || 0)];
      }, [0, 0]);
      const isFull = ({ index }) => shareOf(index) === 1;
      document.getElementById("controls").replaceChildren(
        wangge.figures([["share_served", percent(sums[1] > 0 ? sums[0] / sums[1] : null)], [LEVELS[numbers.level], wangge.number(shapes.length)],
          ["fully_served", wangge.number(shapes.filter(isFull).length)], ["not_fully_served", wangge.number(shapes.filter((shape) => !isFull(shape)).length)]]),
        make("h2", { word: "grids_of" }),
        wangge.chips(texts.groups.map((one, i) => ({ key: `group:${i}`, text: groupName(one), isOn: i === group })), (key) => change(key, () => { group = Number(key.split(":")[1]); }), "grids_of"),
        make("h2", { word: "measure" }),
        wangge.chips(MEASURES.map((name) => ({ key: name, word: `by_${name}`, isOn: name === measure, isDisabled: !isKnown(name) })), (key) => change(key, () => { measure = key; }), "measure"),
        make("h2", { word: "legend" }),
        wangge.legend(legendRows()),
        make("p", { class: "note", word: "served_note" }),
      );
    }

    function change(key, set) {
      set();
      draw();
      document.querySelector(`#controls [data-key="${key}"]`).focus();
    }

    function drawList() {
      const facts = document.getElementById("facts");
      if (!shapes.length) {
        facts.replaceChildren(wangge.nothing("no_areas", "no_areas_hint"));
        return;
      }
      const rank = (index) => shareOf(index) ?? 2;
      const order = shapes.map(({ index }) => index).sort((a, b) => rank(a) - rank(b) || uncoveredIn(b) - uncoveredIn(a));
      const ranks = new Map(order.map((index, at) => [index, at + 1]));
      list = wangge.items(order, (index) => ({
        key: index,
        sign: make("span", { class: "rank", text: String(ranks.get(index)) }),
        head: names[index],
        value: percent(shareOf(index)),
        sub: partsIn(index).length ? wangge.say("uncovered_parts", { area: wangge.areaText(uncoveredIn(index)), n: wangge.number(partsIn(index).length) }) : "",
        bar: { share: shareOf(index) || 0, colour: colourOf(index) },
      }), (index) => choose(index, true), "worst_first");
      facts.replaceChildren(make("h2", { word: "worst_first" }), list);
      if (chosen >= 0) wangge.setCurrent(list, chosen);
    }

    function draw() {
      drawControls();
      drawList();
      fills.redrawNow();
      places.redrawNow();
    }

    return { draw };
  }

  wangge.pages = { ...wangge.pages, served: servedPage };
})();
